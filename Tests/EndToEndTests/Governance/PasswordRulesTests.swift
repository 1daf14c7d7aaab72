import Fixtures
import Foundation
import Gateway
import Identity
import Testing
import Vocabulary

/// The password policy of the policy domain document, at the page where people change theirs.
@Suite("A security policy governs passwords")
struct PasswordRulesTests {
    private static let password = "a long enough local one"

    /// The document's rule, with the number that its description says.
    private static func rule() throws -> (rule: AttributeValue, length: Int) {
        let text = try GovernedStage.corpus("seed-000")["library"]?["policy"]?["description"]?.string ?? ""
        let length = try #require(Int(text.filter(\.isNumber)))
        let rule: AttributeValue = [
            "id": "password-length", "effect": "deny", "actions": ["set_password"],
            "resources": ["types": ["password"]], "when": ["less_than": ["context.length": .integer(Int64(length))]],
        ]
        return (rule, length)
    }

    private static func enforce(_ api: TestAPI) async throws -> AttributeValue {
        let library = try GovernedStage.corpus("seed-000")["library"]
        guard case .object(var creation)? = library?["policy"] else { return .null }
        let id: AttributeValue = "00000000-0000-7000-8000-000000000012"
        creation["policy_id"] = id
        try await api.govern("create", .object(creation))
        try await api.govern("add_rule", ["policy_id": id, "rule_id": id, "rule": try rule().rule])
        try await api.govern("approve", ["policy_id": id])
        try await api.govern("activate", ["policy_id": id])
        return id
    }

    private static func open(_ logins: [String], clock: @escaping @Sendable () -> Timestamp) async throws -> TestGateway
    {
        let running = try await TestGateway.open(
            passwords: "minimum_length: 8, minimum_length_with_mfa: 8, history: 0",
            extra: "providers: [ { id: local, type: local, name: Password } ]", clock: clock)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for login in logins {
            var edit = PersonEdit()
            edit.login = login
            let made = try await running.gateway.people.create(edit, by: caller)
            #expect(
                try await running.gateway.credentials.setPassword(
                    SecretText(password), of: made.id, mustChange: false, by: caller) == .changed)
        }
        return running
    }

    /// Signs in and changes the password; whether it was accepted.
    private static func change(_ login: String, to candidate: String, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": password])
        try await web.open(WebPerson.gateway + "/account/password")
        try await web.submit("repeated", ["current": password, "password": candidate, "repeated": candidate])
        return web
    }

    @Test(
        "S0-14 S0-26 S0-63 twelve characters bite at /account, and the exemption of a service account lifts it until it ends"
    )
    func twelveCharacters() async throws {
        let length = try Self.rule().length
        let short = String("Zq8!fjw0-Lm7#Vx2".prefix(length - 1)), enough = String("Zq8!fjw0-Lm7#Vx2".prefix(length))
        let moment = MovedClock(try #require(Timestamp(rfc3339: "2025-11-08T10:00:00Z")))
        let running = try await Self.open(["ada", "backup-service"]) { moment.value }
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let exempted = try await gateway.people.person(named: "backup-service", in: caller.tenant).id
        try await running.serve { api in
            let policy = try await Self.enforce(api)
            let refused = try await Self.change("ada", to: short, api)
            #expect(refused.page.contains("A rule of your organization refuses it: password-length."))
            #expect(try await Self.change("ada", to: enough, api).page.contains("Your password is changed"))
            #expect(try await Self.change("backup-service", to: short, api).page.contains("password-length"))
            let exemption = try GovernedStage.corpus("seed-000")["library"]?["exemption"]
            let days = Int(try #require(exemption?["days"]?.integer))
            try await api.govern(
                "grant_exemption",
                [
                    "exemption_id": "00000000-0000-7000-8000-0000000000e1", "policy_id": policy,
                    "entity_id": .string(exempted.description), "reason": exemption?["reason"] ?? .null,
                    "granted_by": exemption?["granted_by"] ?? .null,
                    "expires_at": .string((moment.value + .days(days)).rfc3339),
                ])
            let lifted = try await Self.change("backup-service", to: short, api)
            #expect(lifted.page.contains("Your password is changed"))
            moment.advance(.days(days))
            let verdict = try await gateway.credentials.check(SecretText(short), for: exempted, in: caller.tenant)
            #expect(verdict.violations == [.forbidden(rule: "password-length")])
        }
    }
}
