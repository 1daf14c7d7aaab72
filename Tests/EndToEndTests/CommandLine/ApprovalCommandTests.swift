import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("Approvals and workflows from the command line", .timeLimit(.minutes(5)))
struct ApprovalCommandTests {
    private static func parse(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }

    /// A service account with a role, and a file with its key.
    private static func speaker(_ name: String, role: String?, _ installed: Installed) async throws -> String {
        try await installed.done("service-account", "add", name)
        if let role { try await installed.done("role", "assign", role, name, "--service-account") }
        let made = try parse(await installed.done("api-key", "add", name, "cli", "--json"))
        let key = try #require(made["token"]?.string)
        let file = installed.folder + "/\(name).key"
        try key.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
        return file
    }

    @Test(
        "S4-16 a template is made of a file, and whoever has a role and a key approves, rejects, delegates, overrides")
    func story() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let template = installed.folder + "/workflow.yaml"
            try """
            name: one owner
            stages: [ { name: owners, approver_roles: [ Analyst ], min_approvals: 1, timeout_hours: 4 } ]
            """.write(toFile: template, atomically: true, encoding: .utf8)
            let made = try Self.parse(await installed.done("workflow", "create", template, "--json"))
            let workflow = try #require(made["id"]?.string)
            #expect(try await installed.done("workflow", "list").contains("one owner"))
            #expect(try await installed.done("workflow", "show", workflow).contains("owners"))
            let second = try await Self.speaker("second", role: "Admin", installed)
            let stranger = try await Self.speaker("stranger", role: nil, installed)
            try await installed.done("user", "add", "ada")
            let erp = try #require(
                try Self.parse(await installed.done("entitlement", "add-application", "ERP", "--json"))["id"]?.string)
            func ask(_ name: String) async throws -> String {
                let sign = try #require(
                    try Self.parse(await installed.done("entitlement", "add", erp, name, "low", "--json"))["id"]?.string
                )
                let asked = try Self.parse(
                    await installed.done("entitlement", "request", sign, "--person", "ada", "--json"))
                return try #require(asked["approval"]?["id"]?.string)
            }
            let one = try await ask("One")
            let refused = try await installed.run("approval", "approve", one, "--key-file", stranger)
            #expect(refused.status == 1, "\(refused.output)")
            #expect(
                try await installed.run("approval", "approve", one).status == 2, "nobody in particular approves nothing"
            )
            let approved = try await installed.done(
                "approval", "approve", one, "--key-file", second, "--comment", "seen")
            #expect(approved.contains("approved"))
            #expect(try await installed.done("approval", "history", one).contains("seen"))
            let two = try await ask("Two")
            let rejected = try await installed.done(
                "approval", "reject", two, "--key-file", second, "--comment", "not needed")
            #expect(rejected.contains("rejected"))
            let three = try await ask("Three")
            let until = (Timestamp(seconds: Int64(Date().timeIntervalSince1970)) + .hours(1)).rfc3339
            try await installed.done(
                "approval", "delegate", three, "--service-account", "stranger", "--until", until, "--key-file", second)
            #expect(
                try await installed.done("approval", "approve", three, "--key-file", stranger).contains("approved"))
            let four = try await ask("Four")
            let short = try await installed.run(
                "approval", "override", four, "--key-file", second, "--reason", "now", "--alone")
            #expect(short.status == 1)
            let done = try await installed.done(
                "approval", "override", four, "--key-file", second, "--reason", "the site is down", "--alone")
            #expect(done.contains("overridden"))
            let five = try await ask("Five")
            #expect(try await installed.done("approval", "invite", five).contains("/approvals/outside/"))
        }
    }
}
