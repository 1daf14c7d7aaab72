import Fixtures
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// Where the people of a directory stand in the organization: what the directory does not describe is for administrators
/// to say, and what they say reaches policies, birthrights and reviews.
@Suite("People of a directory in the organization", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(2)))
struct DirectoryPlaceTests {
    private typealias House = EntitlementHouse

    private struct Desk: Sendable {
        let house: House
        let directory: WatchedDirectory
        let gateway: Gateway
        var api: TestAPI { house.api }

        func sync() async throws -> AttributeValue? {
            let ran = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
            #expect(ran.body?["state"] == "done", "\(ran.text)")
            return ran.body?["counts"]
        }

        func person(_ login: String) async throws -> AttributeValue? {
            try await api.send(.get, "/api/v1/people/\(login)").body
        }

        func change(_ login: String, _ edit: AttributeValue, token: String?? = .none) async throws -> TestAPI.Answer {
            try await api.send(.patch, "/api/v1/people/\(login)", edit, token: token, headers: [.ifMatch: "*"])
        }

        func unit(_ level: String, _ name: String, under parent: String? = nil) async throws -> String {
            var body: [String: AttributeValue] = ["level": .string(level), "name": .string(name)]
            body["parent"] = parent.map { .string($0) }
            let made = try await api.send(.post, "/api/v1/organization-units", .object(body))
            return try #require(made.body?["id"]?.string)
        }

        /// Says in the directory what the attribute of an entry is; nil takes it away.
        func say(_ attribute: String, _ value: String?, of login: String) async throws {
            let dn = try #require(directory.fixture.person(login)).dn
            let line = value.map { "\(attribute): \($0)\n" } ?? ""
            try await directory.server.change("dn: \(dn)\nchangetype: modify\nreplace: \(attribute)\n\(line)")
        }

        func permits(_ login: String, _ action: String) async throws -> Bool {
            let asked: AttributeValue = [
                "subject": .string(login), "action": .string(action), "resource_type": "service", "resource": "x",
            ]
            return try await api.send(.post, "/api/v1/decide", asked).body?["decision"] == true
        }
    }

    private func serve(
        extra: String = "", attributes: String? = nil, _ body: @escaping @Sendable (Desk) async throws -> Void
    ) async throws {
        let directory = try await WatchedDirectory()
        defer { directory.server.stop() }
        let running = try await directory.gateway(extra: extra, attributes: attributes)
        try await running.serveHouse {
            try await body(Desk(house: $0, directory: directory, gateway: running.gateway))
        }
    }

    @Test("somebody of the directory gets a unit, a manager and attributes here, and the directory keeps its own")
    func placed() async throws {
        try await serve(attributes: "kind: employeeType") { desk in
            _ = try await desk.sync()
            let company = try await desk.unit("organization", "Example")
            let finance = try await desk.unit("department", "Finance", under: company)
            let ada = try await desk.house.person("ada")
            let placed = try await desk.change(
                "alice", ["organization_unit": "Finance", "manager": "ada", "attributes": ["cost_centre": "42"]])
            #expect(placed.status == 200, "\(placed.text)")
            for (name, edit) in [
                ("mail", ["mail": "eve@example.org"]), ("attributes.kind", ["attributes": ["kind": "creator"]]),
            ] as [(String, AttributeValue)] {
                let refused = try await desk.change("alice", edit)
                #expect(refused.status == 409 && desk.house.code(refused) == "ownership.conflict", "\(name)")
                #expect(refused.body?["detail"]?.string?.hasPrefix("\(name) is managed by sync") == true)
            }
            // Neither a directory job nor a sign-in takes away what is not the directory's.
            try await desk.say("employeeType", "clerk", of: "alice")
            let counts = try await desk.sync()
            #expect(counts?["people"]?["change"] == 1, "\(String(describing: counts))")
            let person = try #require(desk.directory.fixture.person("alice"))
            let web = WebPerson(desk.api.client)
            try await web.open(WebPerson.gateway + "/login")
            try await web.submit("identifier", WatchedDirectory.identifier("alice", on: web.page))
            try await web.submit("password", ["password": person.password])
            #expect(web.url == WebPerson.gateway + "/account", "\(web.page.suffix(500))")
            let after = try await desk.person("alice")
            #expect(after?["organization_unit"] == .string(finance) && after?["manager"] == .string(ada))
            #expect(after?["attributes"]?["cost_centre"] == "42" && after?["attributes"]?["kind"] == "clerk")
            #expect(try await desk.sync()?["people"]?["change"] == nil)
        }
    }

    @Test("scopes, birthrights and reviews reach people of a directory by their unit and their manager")
    func reached() async throws {
        try await serve { desk in
            _ = try await desk.sync()
            let company = try await desk.unit("organization", "Example")
            let finance = try await desk.unit("department", "Finance", under: company)
            let orders = try await desk.house.entitlement("Orders")
            let policy: AttributeValue = "00000000-0000-7000-8000-000000000001"
            try await desk.api.govern(
                "create",
                [
                    "policy_id": policy, "name": "Finance deploys", "policy_type": "Operational",
                    "enforcement": "Mandatory", "scope": ["level": "department", "unit": .string(finance)],
                ])
            let rule: AttributeValue = ["id": "deploy", "effect": "allow", "actions": ["deploy"]]
            try await desk.api.govern("add_rule", ["policy_id": policy, "rule_id": policy, "rule": rule])
            try await desk.api.govern("approve", ["policy_id": policy])
            try await desk.api.govern("activate", ["policy_id": policy])
            let birthright = try await desk.api.send(
                .post, House.base + "birthright-rules",
                [
                    "name": "Finance", "condition": ["equals": ["subject.organization_unit": .string(finance)]],
                    "entitlement_ids": [.string(orders)],
                ])
            #expect(birthright.status == 201, "\(birthright.text)")
            #expect(try await !desk.permits("alice", "deploy"))
            let placed = try await desk.change("alice", ["organization_unit": "Finance", "manager": "ada"])
            #expect(placed.status == 200, "\(placed.text)")
            #expect(try await desk.permits("alice", "deploy"))
            #expect(try await !desk.permits("carol", "deploy"))
            let tenant = try TestGateway.operatorCaller(desk.gateway, tenant: "default").tenant
            #expect(try await desk.gateway.birthrights.follow(in: tenant).begun == 1)
            let access = try await desk.house.items("access?person=alice")
            #expect(access.map { $0["entitlement_id"] } == [.string(orders)])
            let campaign = try await desk.api.send(
                .post, "/api/v1/campaigns",
                [
                    "name": "Q4", "manager": "ada", "reviewers": "manager", "reviewer": "bob",
                    "deadline": .string((desk.gateway.clock() + .days(30)).rfc3339),
                ])
            #expect(campaign.status == 201, "\(campaign.text)")
            let id = campaign.body?["id"]?.string ?? ""
            let lines = try await desk.api.send(.get, "/api/v1/campaigns/\(id)/lines").body?["items"]?.list
            let alice = try await desk.person("alice")?["id"]?.string
            #expect(lines?.map { $0["holder"]?["id"]?.string } == [alice], "\(String(describing: lines))")
        }
    }

    @Test("a directory that says where people stand places them by name, and says whom it could not place")
    func mapped() async throws {
        try await serve(attributes: "organization_unit: ou") { desk in
            let company = try await desk.unit("organization", "Example")
            let finance = try await desk.unit("department", "Finance", under: company)
            let sales = try await desk.unit("department", "Sales", under: company)
            try await desk.say("ou", "finance", of: "alice")
            try await desk.say("ou", "Nowhere", of: "carol")
            let first = try await desk.sync()
            #expect(try await desk.person("alice")?["organization_unit"] == .string(finance))
            #expect(try await desk.person("carol")?["organization_unit"] == nil)
            #expect((first?["warnings"]?.integer ?? 0) >= 1, "\(String(describing: first))")
            let refused = try await desk.change("alice", ["organization_unit": "Sales"])
            #expect(refused.status == 409, "\(refused.text)")
            #expect(try await desk.sync()?["people"]?["change"] == nil)
            try await desk.say("ou", "Sales", of: "alice")
            #expect(try await desk.sync()?["people"]?["change"] == 1)
            #expect(try await desk.person("alice")?["organization_unit"] == .string(sales))
            try await desk.say("ou", nil, of: "alice")
            _ = try await desk.sync()
            #expect(try await desk.person("alice")?["organization_unit"] == nil)
            // Of two units with one name none is guessed.
            _ = try await desk.unit("department", "SALES", under: company)
            try await desk.say("ou", "Sales", of: "alice")
            _ = try await desk.sync()
            #expect(try await desk.person("alice")?["organization_unit"] == nil)
            try await desk.say("ou", sales, of: "alice")
            _ = try await desk.sync()
            #expect(try await desk.person("alice")?["organization_unit"] == .string(sales))
        }
    }

    @Test("an attribute that a mapping makes a role of is set by nobody who does not hold the role, nor against a rule")
    func gated() async throws {
        let roles = """
            roles:
              - { name: Clerk, permissions: [ { action: update, type: person }, { action: read, type: person } ] }
              - { name: Payer, permissions: [ { action: pay, type: invoice } ] }
            mappings:
              - { provider: corp, role: Payer, when: { attribute: cost_centre, equals: "42" } }
            """
        try await serve(extra: roles) { desk in
            _ = try await desk.sync()
            let clerk = try await desk.house.account("clerk", roles: ["Clerk"], desk.gateway)
            let wanted: AttributeValue = ["attributes": ["cost_centre": "42"]]
            let harmless = try await desk.change("alice", ["attributes": ["cost_centre": "41"]], token: clerk)
            #expect(harmless.status == 200, "\(harmless.text)")
            let refused = try await desk.change("alice", wanted, token: clerk)
            #expect(refused.status == 403, "\(refused.text)")
            #expect(try await desk.person("alice")?["attributes"]?["cost_centre"] == "41")
            // What comes with the role would break a rule together with what is held.
            let pay = try await desk.house.entitlement("Pay"), approve = try await desk.house.entitlement("Approve")
            #expect(
                try await desk.api.send(.put, House.base + "entitlements/\(pay)/roles/Payer").status == 200)
            _ = try await desk.house.rule([pay, approve])
            #expect(try await desk.house.assign(approve, to: "alice").status == 201)
            let conflicting = try await desk.change("alice", wanted)
            #expect(conflicting.status == 409 && desk.house.code(conflicting) == "sod.violation", "\(conflicting.text)")
            let free = try await desk.change("carol", wanted)
            #expect(free.status == 200, "\(free.text)")
            #expect(try await desk.house.items("access?person=carol").count == 1)
            // A directory job leaves the role to whom it was given.
            #expect(try await desk.sync()?["roles_lost"] == 0)
            #expect(try await desk.house.items("access?person=carol").count == 1)
        }
    }

    @Test("a directory that names managers leads to people here, whoever comes first")
    func managed() async throws {
        try await serve(attributes: "manager: manager") { desk in
            let names = Dictionary(
                uniqueKeysWithValues: desk.directory.fixture.people.map { ($0.login, $0.dn) })
            try await desk.say("manager", names["carol"], of: "alice")
            try await desk.say("manager", names["dave"], of: "carol")
            try await desk.say("manager", "uid=nobody,dc=example,dc=org", of: "dave")
            _ = try await desk.sync()
            let carol = try await desk.person("carol")?["id"], dave = try await desk.person("dave")?["id"]
            #expect(carol != nil && dave != nil)
            #expect(try await desk.person("alice")?["manager"] == carol)
            #expect(try await desk.person("carol")?["manager"] == dave)
            #expect(try await desk.person("dave")?["manager"] == nil)
            #expect(try await desk.change("alice", ["manager": "ada"]).status == 409)
            #expect(try await desk.sync()?["people"]?["change"] == nil)
            try await desk.say("manager", names["dave"], of: "alice")
            try await desk.say("manager", nil, of: "carol")
            #expect(try await desk.sync()?["people"]?["change"] == 2)
            #expect(try await desk.person("alice")?["manager"] == dave)
            #expect(try await desk.person("carol")?["manager"] == nil)
        }
    }
}
