import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("The command line looks after governed policies")
struct GovernanceCommandTests {
    private static let id = "550e8400-e29b-41d4-a716-446655440000"

    @Test("S0-51 S0-54 S0-58 a policy is drafted, ruled, approved, activated, read and told with its history")
    func life() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let payload = installed.folder + "/create.json"
            let create = try GovernedStage.corpus("seed-000")["create"] ?? .null
            try CanonicalJSON.encode(create).write(toFile: payload, atomically: true, encoding: .utf8)
            let made = try await installed.done("governance", "run", "create", "--file", payload)
            #expect(made.hasPrefix("policy \(Self.id), version 1: policy.created."))
            let rule = installed.folder + "/rule.yaml"
            try "rule: { id: no-deletion, effect: deny, actions: [delete] }".write(
                toFile: rule, atomically: true, encoding: .utf8)
            try await installed.done(
                "governance", "run", "add_rule", "--file", rule, "policy_id=\(Self.id)", "rule_id=\(Self.id)")
            try await installed.done(
                "governance", "run", "approve", "policy_id=\(Self.id)", "reason=The auditor asked for it.")
            try await installed.done("governance", "run", "activate", "policy_id=\(Self.id)")
            let list = try await installed.done("governance", "list", "--state", "active")
            #expect(list.contains("Data Retention Policy") && list.contains("mandatory"))
            #expect(try await installed.done("governance", "list", "--state", "draft") == "none\n")
            #expect(try await installed.done("governance", "show", Self.id).contains("no-deletion"))
            let history = try await installed.done("governance", "history", Self.id)
            #expect(history.contains("PolicyRuleAdded") && history.contains("reason: The auditor asked for it."))
            #expect(history.contains("    state: draft → approved"))
            try await installed.done("user", "add", "ada")
            let denied = try await installed.done("decide", "ada", "delete", "page:1")
            #expect(denied.hasPrefix("deny") && denied.contains("governed:\(Self.id)@4/no-deletion"), "\(denied)")
            let unknown = try await installed.run("governance", "run", "explode")
            #expect(unknown.status == 2)
            let early = try await installed.run("governance", "run", "archive", "policy_id=\(Self.id)")
            #expect(early.status == 1 && early.error.contains("It is active"))
        }
    }

    @Test("S4-29 S3-37 documents of both other styles are imported as drafts")
    func imports() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let alerts = installed.folder + "/alerts.json", secrets = installed.folder + "/secrets.json"
            let documents = [
                (alerts, try GovernedStage.corpus("seed-003")["policy"]),
                (secrets, try GovernedStage.corpus("seed-004")["policies"]?.list?.first),
            ]
            for (file, document) in documents {
                try CanonicalJSON.encode(document ?? .null).write(toFile: file, atomically: true, encoding: .utf8)
            }
            let bundle = installed.folder + "/bundle.json"
            try #"{"version": 1, "governed_policies": []}"#.write(toFile: bundle, atomically: true, encoding: .utf8)
            let named = try await installed.run("governance", "import", bundle, "--name", "Both")
            #expect(named.status == 1 && named.error.contains("for one document"), "\(named.error)")
            try await installed.done("governance", "import", alerts, "--name", "Alerts", "--enforcement", "critical")
            try await installed.done("governance", "import", secrets)
            let list = try await installed.done("governance", "list", "--state", "draft")
            #expect(list.contains("Alerts") && list.contains("critical") && list.contains("No Hardcoded Secrets"))
            #expect(try await installed.done("governance", "sets") == "none\n")
            #expect(try await installed.done("governance", "exemptions", "--state", "active") == "none\n")
        }
    }
}
