import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// The enterprise governance document's quick start: what its five examples do, done here one after the other.
@Suite("The quick start of the enterprise governance document", .timeLimit(.minutes(3)))
struct QuickStartTests {
    private static let people = "/api/v1/people"

    private static func open() async throws -> TestGateway {
        let wanted = try GovernedStage.corpus("seed-004")["configuration"]
        let production = wanted?["require_approval_for_production"]?.bool == true
        let enforced = wanted?["enforce_policies"]?.bool == true
        return try await TestGateway.open(
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                governance: { require_approval_for_production: \(production), enforce_policies: \(enforced) }
                roles: [ { name: Healer, permissions: [ { action: evaluate, type: decision } ] } ]
                """)
    }

    /// Makes the document's user with role, department and password; answers the id.
    private static func makeUser(_ api: TestAPI, _ gateway: Gateway) async throws -> String {
        let user = try #require(try GovernedStage.corpus("seed-004")["user"])
        let made = try await api.send(
            .post, people,
            [
                "login": user["username"] ?? .null, "mail": user["email"] ?? .null,
                "display_name": user["full_name"] ?? .null, "department": user["department"] ?? .null,
            ])
        #expect(made.status == 201, "\(made.text)")
        let id = try #require(made.body?["id"]?.string)
        for role in GovernedStage.words(user["roles"]) {
            let grant: AttributeValue = ["person": .string(id), "role": .string(role.capitalized)]
            #expect(try await api.send(.post, "/api/v1/assignments", grant).status == 201)
        }
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let person = try #require(PersonID(id)), password = try #require(user["password"]?.string)
        let verdict = try await gateway.credentials.setPassword(
            SecretText(password), of: person, mustChange: false, by: caller)
        #expect(verdict == .changed)
        return id
    }

    private static func signIn(_ api: TestAPI, _ login: String, _ password: String) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": password])
        return web
    }

    @Test(
        "S4-09 S4-10 S4-11 S4-12 the document's user is created, signs in with the password it shows, is updated, and deactivated for good"
    )
    func user() async throws {
        let running = try await Self.open()
        let gateway = running.gateway
        try await running.serve { api in
            let id = try await Self.makeUser(api, gateway), path = Self.people + "/" + id
            let shown = try await api.send(.get, path)
            #expect(shown.body?["login"] == "john.doe" && shown.body?["mail"] == "john.doe@company.com")
            #expect(shown.body?["display_name"] == "John Doe" && shown.body?["department"] == "Engineering")
            let held = try await api.send(.get, "/api/v1/assignments?person=" + id)
            #expect(held.body?["items"]?.list?.count == 1)
            let web = try await Self.signIn(api, "john.doe", "SecurePassword123!")
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.status == 200 && web.page.contains("John Doe"))
            let wrong = try await Self.signIn(api, "john.doe", "SecurePassword123")
            #expect(!wrong.page.contains("John Doe"))

            let tag = try #require(shown.headers[.eTag])
            let changed = try await api.send(.patch, path, ["department": "Research"], headers: [.ifMatch: tag])
            #expect(changed.status == 200 && changed.body?["department"] == "Research")
            #expect(try await api.send(.patch, path, ["department": "x"], headers: [.ifMatch: tag]).status == 412)

            #expect(try await api.send(.post, path + "/disable").status == 204)
            try await web.open(WebPerson.gateway + "/account")
            #expect(!web.page.contains("John Doe"), "the session ends with the account")
            let late = try await Self.signIn(api, "john.doe", "SecurePassword123!")
            try await late.open(WebPerson.gateway + "/account")
            #expect(!late.page.contains("John Doe"))
            let told = try await api.send(.get, "/api/v1/audit/events?type=person.")
            let types = (told.body?["items"]?.list ?? []).compactMap { $0["type"]?.string }
            #expect(Set(types).isSuperset(of: ["person.created", "person.changed", "person.disabled"]), "\(types)")
        }
    }

    @Test(
        "S4-25 S4-26 S4-27 S4-29 S4-48 S4-52 S4-62 its action waits for an approval in production, its first policy denies a secret, and its report is a page"
    )
    func actions() async throws {
        let running = try await Self.open()
        let gateway = running.gateway
        let healer = try await GovernedStage.key(gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            _ = try await Self.makeUser(api, gateway)
            let seed = try GovernedStage.corpus("seed-004")
            try await api.enforce(rule: ["id": "everything", "effect": "allow"], 9)
            let policy = try await api.enforce(seed["policies"]?.list?.first ?? .null)
            let stored = try await api.send(.get, "/api/v1/governance/policies/" + (policy.string ?? ""))
            #expect(stored.body?["name"] == "No Hardcoded Secrets" && stored.body?["state"] == "active")
            func evaluate(_ changes: [String: AttributeValue]) async throws -> AttributeValue {
                var request = try #require(seed["request"]?.object)
                request.merge(changes.merging(["requested_by": "john.doe"]) { old, _ in old }) { _, new in new }
                let answer = try await api.send(
                    .post, "/api/v1/governance/evaluate", .object(request), token: healer)
                #expect(answer.status == 200, "\(answer.text)")
                return answer.body ?? .null
            }
            let waiting = try await evaluate([:])
            #expect(waiting["allowed"] == false && waiting["approval_required"] == true)
            let approval = try #require(waiting["approval_request_id"]?.string)
            let shown = try await api.send(.get, "/api/v1/governance/approvals/" + approval)
            #expect(shown.body?["state"] == "pending")
            let path = "/api/v1/governance/approvals/\(approval)/approve"
            #expect(try await api.send(.post, path, ["comment": "Go."]).status == 200)
            #expect(try await evaluate([:])["allowed"] == true)
            let secret = try await evaluate(["patch_content": "password = \"hunter2\"", "environment": "staging"])
            #expect(secret["allowed"] == false && secret["approval_required"] == false)
            #expect(secret["policy_violations"] == ["check-for-passwords"])
            #expect(try await evaluate(["environment": "staging"])["allowed"] == true)
            try await Self.report(api, seed)
        }
    }

    private static func report(_ api: TestAPI, _ seed: AttributeValue) async throws {
        let base = "/api/v1/compliance/assessments"
        let wanted = GovernedStage.words(seed["configuration"]?["compliance_frameworks"])
        #expect(wanted == ["soc2", "hipaa"])
        let made = try await api.send(.post, base, ["frameworks": .list(wanted.map { .string($0) })])
        #expect(made.status == 201, "\(made.text)")
        let entries = made.body?["items"]?.list ?? []
        #expect(entries.compactMap { $0["framework"]?.string }.sorted() == wanted.sorted())
        let one = entries.first { $0["framework"] == seed["report"]?["framework"] }
        let id = try #require(one?["id"]?.string), format = try #require(seed["report"]?["format"]?.string)
        let page = try await api.send(.get, "\(base)/\(id)/\(format)")
        #expect(page.headers[.contentType]?.hasPrefix("text/html") == true && page.text.contains("SOC 2"))
    }
}
