import Foundation
import Testing
import Vocabulary

@Suite("Backup, check and export work beside a running server, and the control socket knows its callers")
struct BesideServerTests {
    @Test func theServerGoesOnWritingMeanwhile() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            for number in 0..<20 { try await installed.done("user", "add", "before-\(number)") }
            async let writing: Void = {
                for number in 0..<20 { try await installed.done("user", "add", "meanwhile-\(number)") }
            }()
            async let backup = installed.done("db", "backup", installed.folder + "/beside.db")
            async let check = installed.done("db", "check")
            async let export = installed.done("audit", "export", installed.folder + "/beside.export")
            _ = try await (writing, backup, export)
            #expect(try await check.contains("sound"))
            // A head may have been signed behind what was exported, so the newest one is for the export after it.
            try await installed.done("audit", "export", installed.folder + "/after.export")
            for arguments in [["/beside.export"], ["/after.export", "--checkpoint", installed.heads]] {
                let verified = try await GatehouseProgram.run(
                    ["audit", "verify", installed.folder + arguments[0]] + arguments.dropFirst())
                #expect(verified.status == 0, "\(verified.error)")
            }
            let again = try await installed.run("db", "backup", installed.folder + "/beside.db")
            #expect(again.status == 1 && again.error.contains("already a file"))
            #expect(try await installed.done("user", "list").contains("meanwhile-19"))
        }
        let proof = try await installed.run("doctor", "--prove-restore", installed.folder + "/beside.db")
        #expect(proof.status == 0, "\(proof.output)")
    }

    @Test func theJournalNamesTheUserBehindTheSocketAndOthersAreRefused() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("user", "add", "somebody")
            let events = try await installed.done("audit", "list", "--type", "person.created")
            #expect(events.contains("os:\(getuid())"))
            guard getuid() == 0 else { return }
            // A mode that somebody changed by mistake lets nobody in.
            chmod(installed.data, 0o755)
            chmod(installed.folder, 0o755)
            chmod(installed.data + "/control.sock", 0o777)
            let curl = ["-s", "-w", "%{http_code}", "--unix-socket", installed.data + "/control.sock"]
            let url = "http://gatehouse.localhost/api/v1/people"
            let own = try await GatehouseProgram.run("/usr/bin/curl", curl + [url], environment: [:])
            #expect(own.output.hasSuffix("200"))
            let stranger = try await GatehouseProgram.run(
                "/usr/bin/setpriv", ["--reuid=65534", "--clear-groups", "--", "/usr/bin/curl"] + curl + [url],
                environment: [:])
            #expect(stranger.output.hasSuffix("403"), "\(stranger.output)\(stranger.error)")
            #expect(!stranger.output.contains("somebody"))
        }
    }
}
