import Fixtures
import Foundation
import HTTPTypes
import Identity
import Testing
import Vocabulary

@testable import Gateway

// S4-78: anomaly alerts on logins, from the outside.
@Suite("What stands out about a sign-in is what policies, people and operators see", .timeLimit(.minutes(3)))
struct SignInAnomalyTests {
    private static let password = "a sufficiently long passphrase"
    private static let server = "trusted_proxies: [127.0.0.0/8]"
    private static let networks = """
        providers:
          - { id: local, name: Local, type: local }
        anomalies:
          networks:
            - { name: berlin, ranges: [192.0.2.0/24], latitude: 52.52, longitude: 13.40 }
            - { name: lisbon, ranges: [198.51.100.0/24], latitude: 38.72, longitude: -9.14 }
        """

    /// A gateway with Ada in it, who may read pages unless her sign-in stands out.
    private static func running(
        trusted: Bool = true, _ body: @Sendable @escaping (TestAPI, Gateway) async throws -> Void
    ) async throws {
        let running = try await TestGateway.open(
            server: trusted ? server : "", extra: networks)
        let gateway = running.gateway
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            let ada = try await gateway.people.person(named: "ada", in: caller.tenant)
            #expect(
                try await gateway.credentials.setPassword(
                    SecretText(password), of: ada.id, mustChange: false, by: caller) == .changed)
            let rules: AttributeValue = [
                [
                    "id": "pages", "effect": "allow", "subjects": "any", "actions": ["read"],
                    "resources": ["types": ["page"]],
                ],
                [
                    "id": "not-from-anywhere", "effect": "deny", "subjects": "any", "actions": ["read"],
                    "resources": ["types": ["page"]],
                    "when": [
                        "any": [
                            ["contains": ["session.anomalies": "impossible_travel"]],
                            ["contains": ["session.anomalies": "new_device"]],
                        ]
                    ],
                ],
            ]
            let stored = try await api.send(.put, "/api/v1/policies/p", ["version": 1, "policies": rules])
            #expect(stored.status == 200, "\(stored.text)")
            try await body(api, gateway)
        }
    }

    /// Signs in anew, in the browser as it is: what it is known by stays.
    private static func signIn(_ person: WebPerson) async throws {
        if person.page.contains("action=\"/logout\"") { try await person.submit(to: "/logout", [:]) }
        try await person.open(WebPerson.gateway + "/login")
        try await person.submit("identifier", ["identifier": "ada"])
        try await person.submit("password", ["password": password])
        #expect(person.url.hasSuffix("/account"), "\(person.page.suffix(300))")
    }

    private static func question(_ session: Session) -> AttributeValue {
        [
            "session": .string(session.id.description), "action": "read", "resource_type": "page",
            "resource": "/handbook",
        ]
    }

    private static func newest(_ gateway: Gateway) async throws -> Session {
        let tenant = try #require(gateway.tenants.defaultTenant?.id)
        let ada = try await gateway.people.person(named: "ada", in: tenant)
        return try #require(gateway.sessions.sessions(of: ada.id, in: tenant).max { $0.createdAt < $1.createdAt })
    }

    @Test func aPolicyForbidsWhatTheExplanationTheAccountTheJournalAndTheMetricsShow() async throws {
        try await Self.running { api, gateway in
            let first = WebPerson(api.client)
            try await Self.signIn(first)
            let usual = Self.question(try await Self.newest(gateway))
            #expect(try await api.send(.post, "/api/v1/decide", usual).body?["decision"] == true)
            // Another browser, from another country, a moment later.
            let second = WebPerson(api.client)
            second.address = "198.51.100.7"
            first.address = "192.0.2.7"
            try await Self.signIn(first)
            try await Self.signIn(second)
            let session = try await Self.newest(gateway)
            #expect(session.anomalies == [.impossibleTravel, .newDevice])
            let decided = try await api.send(.post, "/api/v1/decide", Self.question(session))
            #expect(decided.body?["decision"] == false)
            #expect(decided.body?["context"]?["reason_codes"]?.list?.first == "denied_by_rule")
            let why = try await api.send(.post, "/api/v1/explain", Self.question(session))
            #expect(why.body?["authentication"]?["anomalies"] == ["impossible_travel", "new_device"])
            #expect(second.page.contains("Recent sign-ins") && second.page.contains("From a new browser"))
            #expect(second.page.contains("From the network lisbon"))
            let listed = try await api.send(.get, "/api/v1/people/ada/sign-ins?limit=1")
            #expect(listed.body?["items"]?.list?.first?["network"] == "lisbon")
            #expect(listed.body?["next"] != nil)
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.anomaly_found")
            #expect(events.body?["items"]?.list?.map { $0["facts"]?["kind"] } == ["impossible_travel", "new_device"])
            #expect(!events.text.contains("lisbon") && !events.text.contains("198.51"))
            let families = try await gateway.metrics()
            let found = families.first { $0.name == "gatehouse_login_anomalies_total" }
            let counts = (found?.series ?? []).map { "\($0.labels["kind"] ?? "") \($0.value)" }
            #expect(counts.contains("new_device number(1.0)") && counts.contains("unusual_hour number(0.0)"))
        }
    }

    @Test func whereTheProxyIsNotTrustedNobodySaysWhereTheyAre() async throws {
        try await Self.running(trusted: false) { api, gateway in
            let person = WebPerson(api.client)
            person.address = "192.0.2.7"
            try await Self.signIn(person)
            person.address = "198.51.100.7"
            try await Self.signIn(person)
            #expect(try await Self.newest(gateway).anomalies == [])
            #expect(person.page.contains("From a network without a name"))
        }
    }

    @Test func whatABrowserAddsToTheForwardedAddressIsNotBelieved() async throws {
        try await Self.running { api, gateway in
            let person = WebPerson(api.client)
            person.address = "192.0.2.7"
            try await Self.signIn(person)
            // The proxy writes the address it saw behind what the browser sent: the last one counts.
            person.address = "198.51.100.7, 192.0.2.8"
            try await Self.signIn(person)
            #expect(try await Self.newest(gateway).anomalies == [])
            person.address = "192.0.2.7, 198.51.100.7"
            try await Self.signIn(person)
            #expect(try await Self.newest(gateway).anomalies == [.impossibleTravel])
        }
    }

    @Test func aDeniedRuleReadsNothingWhereNoSessionIsNamed() async throws {
        try await Self.running { api, _ in
            let byName: AttributeValue = [
                "subject": "ada", "action": "read", "resource_type": "page", "resource": "/handbook",
            ]
            // Nothing is known of a sign-in: a deny that asks stands in the way.
            let unknown = try await api.send(.post, "/api/v1/decide", byName)
            #expect(unknown.body?["decision"] == false)
            let key: AttributeValue = [
                "token": .string(api.token), "action": "read", "resource_type": "page", "resource": "/handbook",
            ]
            #expect(try await api.send(.post, "/api/v1/decide", key).body?["decision"] == true)
            // What a request says of a session is not the session's.
            let forged: AttributeValue = [
                "subject": "ada", "action": "read", "resource_type": "page", "resource": "/handbook",
                "context": ["session": ["anomalies": []]],
            ]
            #expect(try await api.send(.post, "/api/v1/decide", forged).body?["decision"] == false)
        }
    }
}
