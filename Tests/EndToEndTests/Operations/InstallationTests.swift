import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("From init to the first administrator, as an operator does it")
struct InstallationTests {
    @Test func initWritesPrivateFilesAndRefusesToOverwrite() async throws {
        let installed = try await Installed()
        for (file, mode) in [
            ("conf", 0o700), ("conf/master.key", 0o400),
            ("conf/master.key.recovery", 0o400), ("data-heads", 0o700),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: installed.folder + "/" + file)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(file)")
        }
        #expect(installed.recoveryCode.count == 69)
        #expect(installed.announcement.components(separatedBy: installed.recoveryCode).count == 2)
        let again = try await GatehouseProgram.run([
            "init", installed.folder + "/conf", "--public-url", "https://localhost",
        ])
        #expect(again.status == 1 && again.error.contains("is not empty"))
        let wrong = try await GatehouseProgram.run([
            "init", installed.folder + "/other", "--public-url", "ftp://example.org",
        ])
        #expect(wrong.status == 2)
        #expect(!FileManager.default.fileExists(atPath: installed.folder + "/other"))
    }

    @Test func theFirstStartShowsOneLinkOnceAndItMakesTheAdministrator() async throws {
        let installed = try await Installed()
        let before = try await installed.run("doctor")
        #expect(before.status == 0, "\(before.output)\(before.error)")
        let file = installed.data + "/setup-link"
        let link = try await installed.serving { program in
            let log = try program.text()
            #expect(log.contains("setup-link") && !log.contains("/login/link/"))
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o400)
            return try Installed.link(in: String(contentsOfFile: file, encoding: .utf8))
        }
        // It stands until it is used; a second start makes no other.
        try await installed.serving { program in
            let log = try program.text()
            #expect(!log.contains("set-up link"))
            let kept = try Installed.link(in: String(contentsOfFile: file, encoding: .utf8))
            #expect(kept == link)
            try await AdministratorWalk(installed).setUp(link)
            let late = try installed.browser()
            try await late.open(link)
            #expect(late.status == 410)
            let doctor = try await installed.run("doctor")
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.error)")
        }
        try await installed.serving { program in
            let log = try program.text()
            #expect(!log.contains("set-up link"))
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
