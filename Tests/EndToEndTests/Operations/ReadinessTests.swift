import Fetch
import Foundation
import Testing
import Vocabulary

/// A store whose rules do not compile was written by an older version: here, by a hand at the database.
@Suite("A tenant whose rules do not compile is seen from outside")
struct ReadinessTests {
    private static let policy = """
        version: 1
        policies:
          - { id: door, effect: allow, subjects: any, actions: [open], resources: { types: [door] } }
        """

    /// Stores the same rule under a second name, past every check.
    private static func spoil(_ installed: Installed) async throws {
        let outcome = try await GatehouseProgram.run(
            "/usr/bin/sqlite3",
            [
                installed.data + "/gatehouse.db",
                "INSERT INTO policy_document SELECT randomblob(16), tenant, 'twin', document, digest, managed_by, version,"
                    + " updated_at FROM policy_document WHERE name = 'door'",
            ], environment: [:])
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    private static func ask(_ browser: FormBrowser, _ installed: Installed) async throws -> (Int, String) {
        try await browser.request(.get, "https://localhost:\(installed.port)/readyz")
        return (browser.status, browser.page)
    }

    @Test func readyzIs503OnceNoTenantDecidesAndAgain200WhenItIsMended() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let file = installed.folder + "/door.yaml"
            try Self.policy.write(toFile: file, atomically: true, encoding: .utf8)
            try await installed.done("policy", "put", file, "--name", "door")
            #expect(try await installed.ask("/readyz").status == 200)
        }
        try await Self.spoil(installed)
        try await installed.serving { _ in
            let browser = try installed.browser()
            let (status, page) = try await Self.ask(browser, installed)
            #expect(status == 503 && page.contains("\"denying\""), "\(page)")
            #expect(page.contains("main") && !page.contains("twin"), "why is for administrators: \(page)")
            let inside = try await installed.ask("/readyz")
            #expect(inside.status == 503 && inside.text.contains("twin"), "\(inside.text)")
            #expect(try await installed.ask("/healthz").status == 200)
            #expect(Exposition(try await installed.ask("/metrics").text)["gatehouse_tenants_denying"] == 1)

            // While another tenant decides, the node stays in: taking it out would take that one out too.
            try await installed.done("tenant", "add", "other", "Other")
            let (beside, list) = try await Self.ask(browser, installed)
            #expect(beside == 200 && list.contains("denying") && list.contains("main"), "\(list)")
            try await installed.done("tenant", "disable", "other")
            #expect(try await Self.ask(browser, installed).0 == 503)

            try await installed.done("policy", "delete", "twin")
            let (mended, well) = try await Self.ask(browser, installed)
            #expect(mended == 200 && !well.contains("denying"), "\(well)")
            #expect(Exposition(try await installed.ask("/metrics").text)["gatehouse_tenants_denying"] == 0)
        }
    }

    /// Sets how large a file the running server may write (RLIMIT_FSIZE): past it a write fails as on a full volume.
    private static func limitFiles(of program: ServingProgram, to bytes: String) async throws {
        let outcome = try await GatehouseProgram.run(
            "/usr/bin/prlimit", ["--pid", String(program.identifier), "--fsize=\(bytes):"], environment: [:])
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    @Test func readyzIs503WhileNoChangeCanBeStoredAndAgain200WhenOneCan() async throws {
        let installed = try await Installed()
        try await installed.serving { program in
            let browser = try installed.browser()
            #expect(try await Self.ask(browser, installed).0 == 200)
            try await Self.limitFiles(of: program, to: "4096")
            #expect(try await installed.run("tenant", "add", "other", "Other").status == 1)

            let (status, page) = try await Self.ask(browser, installed)
            #expect(status == 503 && page.contains("\"not_writing\"") && page.contains("\"storage.io\""), "\(page)")
            #expect(!page.contains("cause"), "why is for administrators: \(page)")
            let inside = try await installed.ask("/readyz")
            #expect(inside.status == 503 && inside.text.contains("\"cause\""), "\(inside.text)")
            #expect(try await installed.ask("/healthz").status == 200)
            #expect(Exposition(try await installed.ask("/metrics").text)["gatehouse_storage_writable"] == 0)

            try await Self.limitFiles(of: program, to: "unlimited")
            let deadline = ContinuousClock.now + .seconds(20)
            while try await Self.ask(browser, installed).0 != 200, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(200))
            }
            let (mended, well) = try await Self.ask(browser, installed)
            #expect(mended == 200 && !well.contains("storage."), "\(well)")
            try await installed.done("tenant", "add", "other", "Other")
        }
    }
}
