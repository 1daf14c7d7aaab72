import Fixtures
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Separation of duties at a sign-in with a directory's password")
struct DirectoryDutyTests {
    private typealias House = EntitlementHouse

    private static let roles = """
        roles:
          - { name: Creator, permissions: [] }
          - { name: Approver, permissions: [] }
        mappings:
          - { provider: corp, role: Creator, when: { attribute: kind, equals: creator } }
          - { provider: corp, role: Approver, when: { attribute: kind, equals: approver } }
        """

    private struct Desk: Sendable {
        let house: House
        let directory: WatchedDirectory
        let person: FixturePerson

        /// Says in the directory what kind of employee somebody is.
        func become(_ kind: String) async throws {
            try await directory.server.change(
                "dn: \(person.dn)\nchangetype: modify\nreplace: employeeType\nemployeeType: \(kind)\n")
        }

        func signIn() async throws -> WebPerson {
            let web = WebPerson(house.api.client)
            try await web.open(WebPerson.gateway + "/login")
            try await web.submit("identifier", WatchedDirectory.identifier(person.login, on: web.page))
            try await web.submit("password", ["password": person.password])
            return web
        }

        func isIn(_ web: WebPerson) -> Bool { web.url == WebPerson.gateway + "/account" }

        /// Expects that their password lets them in.
        func enter() async throws {
            var web = try await signIn()
            // After a refused one the next try has to wait for a second.
            for _ in 0..<20 where web.page.contains("Please wait a second") {
                try await Task.sleep(for: .milliseconds(300))
                web = try await signIn()
            }
            #expect(isIn(web), "\(web.url): \(web.page.suffix(1_500))")
        }

        func access() async throws -> Set<String> {
            Set(try await house.items("access?person=\(person.login)").compactMap { $0["entitlement_id"]?.string })
        }

        func stored() async throws -> AttributeValue? {
            try await house.api.send(.get, "/api/v1/people/\(person.login)").body?["attributes"]?["kind"]
        }

        /// Makes an entitlement that comes with a role.
        func entitlement(_ name: String, with role: String) async throws -> String {
            let id = try await house.entitlement(name)
            let bound = try await house.api.send(.put, House.base + "entitlements/\(id)/roles/\(role)")
            #expect(bound.status == 200, "\(bound.text)")
            return id
        }
    }

    private func serve(_ body: @escaping @Sendable (Desk) async throws -> Void) async throws {
        let directory = try await WatchedDirectory()
        defer { directory.server.stop() }
        let person = try #require(directory.fixture.person("carol"))
        let running = try await directory.gateway(extra: Self.roles, attributes: "kind: employeeType")
        try await running.serveHouse { try await body(Desk(house: $0, directory: directory, person: person)) }
    }

    @Test("S1-75 attributes that lead to what one may not hold together let nobody in, until somebody exempts them")
    func attributes() async throws {
        try await serve { desk in
            let create = try await desk.entitlement("Create", with: "Creator")
            let approve = try await desk.entitlement("Approve", with: "Approver")
            let rule = try await desk.house.rule([create, approve])
            try await desk.become("creator")
            try await desk.enter()
            #expect(try await desk.access() == [create])
            // One for the other, as attributes are, is no breach.
            try await desk.become("approver")
            try await desk.enter()
            #expect(try await desk.access() == [approve])
            // What was given by hand stays, so what the directory says next would break the rule.
            try await desk.become("none")
            try await desk.enter()
            #expect(try await desk.house.assign(approve, to: desk.person.login).status == 201)
            try await desk.become("creator")
            let refused = try await desk.signIn()
            #expect(!desk.isIn(refused))
            #expect(refused.page.contains("access that one person may not have together"))
            #expect(try await desk.access() == [approve])
            #expect(try await desk.stored() == "none")
            let events = try await desk.house.api.send(.get, "/api/v1/audit/events?type=login.refused&limit=10")
            let told = events.body?["items"]?.list?.last?["facts"]?["code"]
            #expect(told == "login.separation_of_duties", "\(events.text)")
            let exempted = try await desk.house.api.govern(
                "grant_exemption",
                [
                    "exemption_id": "00000000-0000-7000-8000-000000000009", "sod_rule_id": .string(rule),
                    "entity_type": "person", "entity_id": .string(try await desk.house.person(desk.person.login)),
                    "reason": "Approved by CFO for Q4 close",
                ])
            #expect(exempted != .null)
            try await desk.enter()
            #expect(try await desk.access() == [create, approve])
            // What stands already stands in nobody's way, without the exemption too.
            try await desk.house.api.govern(
                "revoke_exemption", ["exemption_id": "00000000-0000-7000-8000-000000000009"])
            try await desk.enter()
        }
    }

    @Test("whoever comes for the first time with attributes that break a rule is not made")
    func newcomer() async throws {
        try await serve { desk in
            let create = try await desk.entitlement("Create", with: "Creator")
            let alone = try await desk.house.entitlement("Approve")
            _ = try await desk.house.rule([create, alone], ["conflict_type": "inclusive"])
            try await desk.become("creator")
            #expect(!desk.isIn(try await desk.signIn()))
            #expect(try await desk.house.api.send(.get, "/api/v1/people/\(desk.person.login)").status == 404)
            try await desk.become("none")
            try await desk.enter()
        }
    }
}
