import Fetch
import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("Reports by the command line", .timeLimit(.minutes(3)))
struct ReportCommandTests {
    private static func json(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }

    @Test(
        "S4-60 S4-61 S4-62 an assessment is made, exported, verified offline and made again, beside a server that backs up"
    )
    func story() async throws {
        let installed = try await Installed()
        func file(_ name: String) -> String { installed.folder + "/" + name }
        let id = try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            #expect(try await installed.done("report", "frameworks").contains("pci_dss"))
            let status = try await installed.done("report", "status", "soc2")
            #expect(status.contains("CC6.2") && status.contains("backups: No backup is recorded."))
            // A backup beside the server is in the journal, and evidence from then on.
            try await installed.done("db", "backup", file("backup.db"))
            #expect(try await installed.done("report", "status", "soc2").contains("backups: The newest backup is"))
            let proof = try await installed.run("doctor", "--prove-restore", file("backup.db"))
            #expect(proof.output.contains("restores under that key"), "\(proof.output)\(proof.error)")
            let status2 = try await installed.done("report", "status", "soc2")
            #expect(status2.contains("recovery_tests: A backup was shown to restore"))

            let made = try Self.json(try await installed.done("report", "assess", "soc2", "--json"))
            let id = try #require(made.list?.first?["id"]?.string)
            for (format, words) in [
                ("html", "<h1>SOC 2</h1>"), ("csv", "framework,edition"), ("json", "\"framework\":\"soc2\""),
                ("oscal", "assessment-results"), ("signed", "payloadType"),
            ] {
                try await installed.done("report", "export", id, "--format", format, "--output", file("soc2.\(format)"))
                #expect(try String(contentsOfFile: file("soc2.\(format)"), encoding: .utf8).contains(words))
            }
            let again = try await installed.run(
                "report", "export", id, "--format", "csv", "--output", file("soc2.csv"))
            #expect(again.status == 1 && again.error.contains("already a file"))
            #expect(try await installed.done("report", "reproduce", id).contains("same bytes"))
            #expect(try await installed.done("report", "list", "--framework", "soc2").contains(id))
            #expect(try await installed.done("report", "show", id).contains("CC6.1"))
            let unknown = try await installed.run("report", "status", "soc3")
            #expect(unknown.status == 1)
            return id
        }
        // Anywhere, without the server and its keys.
        let signed = file("soc2.signed")
        let good = try await GatehouseProgram.run(["report", "verify", signed, "--checkpoint", installed.heads])
        #expect(good.status == 0 && good.output.contains("as it was signed"), "\(good.error)")
        #expect(!good.output.contains("not proven"))
        let untold = try await GatehouseProgram.run(["report", "verify", signed])
        #expect(untold.status == 0 && untold.output.contains("is not proven"))
        let other = try await GatehouseProgram.run(
            ["report", "verify", signed, "--key", "00000000-0000-0000-0000-000000000001"])
        #expect(other.status == 1 && other.error.contains("not the one that was named"))
        let text = try String(contentsOfFile: signed, encoding: .utf8)
        let changed = text.replacing("\"payload\":\"eyJ", with: "\"payload\":\"eyK")
        #expect(changed != text)
        try changed.write(toFile: signed, atomically: true, encoding: .utf8)
        let broken = try await GatehouseProgram.run(["report", "verify", signed])
        #expect(broken.status == 1 && broken.error.contains("changed"))
        // And without a running server, by the same command.
        #expect(try await installed.done("report", "reproduce", id).contains("same bytes"))
    }
}
