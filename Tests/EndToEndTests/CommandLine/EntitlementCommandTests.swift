import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("The command line looks after entitlements, duties and risk")
struct EntitlementCommandTests {
    private static func id(_ text: String) throws -> String {
        try #require(try StrictJSON.parse(Array(text.utf8))["id"]?.string)
    }

    @Test("entitlements are made, given, refused by a rule, exempted, scanned, scored and taken away")
    func story() async throws {
        let installed = try await Installed()
        let seed = try EntitlementHouse.corpus()
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            let erp = try Self.id(
                await installed.done("entitlement", "add-application", "ERP", "--type", "on_premise", "--json"))
            #expect(try await installed.done("entitlement", "applications").contains("ERP"))
            func make(_ name: String, _ risk: String) async throws -> String {
                try Self.id(await installed.done("entitlement", "add", erp, name, risk, "--json"))
            }
            let approve = try await make("AP approver", "low"), create = try await make("AP creator", "medium")
            try await installed.done("entitlement", "change", approve, "--description", "Approves", "--delegable")
            #expect(try await installed.done("entitlement", "show", approve).contains("Approves"))
            #expect(try await installed.done("entitlement", "list", "--name", "creator").contains(create))
            let name = try #require(seed["sod_rule"]?["name"]?.string)
            let rule = try Self.id(
                await installed.done(
                    "sod", "add", name, "exclusive", "critical", "--entitlement", approve, "--entitlement", create,
                    "--json"))
            #expect(try await installed.done("sod", "list", "--status", "active").contains(name))
            let why = try #require(seed["assignment"]?["justification"]?.string)
            let given = try Self.id(
                await installed.done(
                    "entitlement", "assign", approve, "--person", "ada", "--justification", why, "--json"))
            #expect(try await installed.done("sod", "check", "--person", "ada", "--entitlement", create).hasPrefix("✗"))
            let refused = try await installed.run("entitlement", "assign", create, "--person", "ada")
            #expect(refused.status == 1 && refused.error.contains(name))
            let reason = try #require(seed["exemption"]?["justification"]?.string)
            try await installed.done("sod", "exempt", rule, "ada", "--reason", reason)
            #expect(try await installed.done("sod", "exemptions", "--person", "ada").contains(rule))
            #expect(try await installed.done("sod", "check", "--person", "ada", "--entitlement", create).hasPrefix("✓"))
            try await installed.done("entitlement", "assign", create, "--person", "ada")
            #expect(try await installed.done("sod", "scan").contains("0 violations"))
            #expect(try await installed.done("sod", "violations") == "none\n")
            #expect(try await installed.done("risk", "score", "--person", "ada").contains("score"))
            #expect(try await installed.done("risk", "record", "--person", "ada").hasPrefix("15, low"))
            #expect(try await installed.done("risk", "history", "--person", "ada").contains("15"))
            try await installed.done("risk", "configure", "--model", "cumulative", "--low", "5")
            #expect(try await installed.done("risk", "settings").contains("cumulative"))
            #expect(try await installed.done("entitlement", "access", "--person", "ada").contains(create))
            try await installed.done("entitlement", "revoke", given, "--reason", "moved")
            #expect(try await installed.done("entitlement", "assignments", "--status", "revoked").contains(given))
            #expect(try await installed.done("entitlement", "audit", "--action", "revoked").contains(approve))
            try await installed.done("sod", "change", rule, "--status", "inactive")
            try await installed.done("sod", "delete", rule)
            try await installed.done("entitlement", "bind", approve, "Analyst")
            try await installed.done("entitlement", "unbind", approve, "Analyst")
            try await installed.done("entitlement", "delete", approve)
            #expect(try await installed.run("entitlement", "show", approve).status == 1)
            #expect(try await installed.run("entitlement", "assign", create).status == 2)
        }
    }

    @Test("access is asked for and shown, and waits for somebody with a name and a role")
    func requests() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            let erp = try Self.id(await installed.done("entitlement", "add-application", "ERP", "--json"))
            let sign = try Self.id(await installed.done("entitlement", "add", erp, "Sign", "low", "--json"))
            let asked = try await installed.done("entitlement", "request", sign, "--person", "ada", "--json")
            let answer = try StrictJSON.parse(Array(asked.utf8))
            let approval = try #require(answer["approval"]?["id"]?.string)
            #expect(try await installed.done("approval", "list", "--state", "pending").contains(approval))
            #expect(try await installed.done("approval", "show", approval).contains("Admin"))
            #expect(try await installed.done("workflow", "list") == "none\n")
            #expect(try await installed.done("entitlement", "access", "--person", "ada") == "none\n")
        }
    }
}
