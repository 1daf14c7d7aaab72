import Gateway
import Governance
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Birthright rules and batches of assignments, over HTTP")
struct BirthrightAPITests {
    private typealias House = EntitlementHouse

    private static let path = House.base + "birthright-rules"
    private static let sales: AttributeValue = ["equals": ["subject.department": "sales"]]

    private static func rule(
        _ house: House, _ name: String, _ condition: AttributeValue, _ entitlements: [String]
    ) async throws -> TestAPI.Answer {
        try await house.api.send(
            .post, path,
            [
                "name": .string(name), "condition": condition,
                "entitlement_ids": .list(entitlements.map(AttributeValue.string)),
            ])
    }

    /// What somebody has now, with where it comes from.
    private static func access(_ house: House, _ login: String) async throws -> [AttributeValue] {
        try await house.items("access?person=\(login)")
    }

    private static func department(_ house: House, _ login: String, _ name: AttributeValue) async throws {
        let changed = try await house.api.send(
            .patch, "/api/v1/people/\(login)", ["department": name], headers: [.ifMatch: "*"])
        #expect(changed.status == 200, "\(changed.text)")
    }

    @Test("S1-79 birthrights begin and end with attributes, and with their rule, each with its derivation")
    func life() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let tenant = try TestGateway.operatorCaller(running.gateway, tenant: "default").tenant
            let follow = { try await running.gateway.birthrights.follow(in: tenant) }
            let first = try await house.entitlement("Orders"), second = try await house.entitlement("Prices")
            try await Self.department(house, "ada", "sales")
            let made = try await Self.rule(house, "sales", Self.sales, [first])
            #expect(made.status == 201 && made.body?["status"] == "active", "\(made.text)")
            let rule = try #require(made.body?["id"]?.string)
            // Making the rule looked at everybody.
            let has = try await Self.access(house, "ada")
            #expect(has.map { $0["entitlement_id"] } == [.string(first)])
            let derivation = has.first?["derivations"]?.list?.first
            #expect(derivation?["source"] == "birthright" && derivation?["rule_id"] == .string(rule))
            #expect(try await Self.access(house, "bob") == [])
            // A change of attributes is followed, and so is somebody new.
            try await Self.department(house, "bob", "sales")
            let newcomer = try await house.api.send(
                .post, "/api/v1/people", ["login": "eve", "department": "sales"])
            #expect(newcomer.status == 201)
            #expect(try await follow() == .init(begun: 2, ended: 0, held: 0))
            #expect(try await follow() == .init())
            #expect(try await Self.access(house, "eve").count == 1)
            try await Self.department(house, "ada", "legal")
            #expect(try await follow() == .init(begun: 0, ended: 1, held: 0))
            #expect(try await Self.access(house, "ada") == [])
            // What was given directly is none of a rule's business.
            #expect(try await house.assign(first, to: "ada").status == 201)
            #expect(try await follow() == .init())
            let wider = try await house.api.send(
                .patch, Self.path + "/\(rule)", ["entitlement_ids": .list([.string(first), .string(second)])])
            #expect(wider.status == 200 && wider.body?["version"] == 2)
            #expect(try await Self.access(house, "bob").count == 2)
            let off = try await house.api.send(.patch, Self.path + "/\(rule)", ["status": "disabled"])
            #expect(off.body?["status"] == "disabled")
            #expect(try await Self.access(house, "bob") == [])
            #expect(try await Self.access(house, "ada").count == 1)
            let audit = try await house.items("entitlement-audit?action=revoked&limit=1")
            #expect(audit.first?["actor"] == "system:birthright")
        }
    }

    @Test("a rule's entitlements are judged as a whole; what conflicts is held back, and the preview says so")
    func duties() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let first = try await house.entitlement("Create"), second = try await house.entitlement("Approve")
            let third = try await house.entitlement("Read")
            _ = try await house.rule([first, second])
            try await Self.department(house, "ada", "sales")
            #expect(try await house.assign(first, to: "ada").status == 201)
            #expect(try await Self.rule(house, "sales", Self.sales, [second, third]).status == 201)
            #expect(try await Self.access(house, "ada").count == 2)
            let preview = try await house.get("birthrights?person=ada")
            #expect(preview.body?["begin"] == [] && preview.body?["end"] == [])
            let held = preview.body?["held"]?.list ?? []
            #expect(held.map { $0["entitlement_id"] } == [.string(second)] && held.first?["code"] == "sod.violation")
        }
    }

    @Test("what is no rule is refused with every fault, and a tenant's rules are its own")
    func refusals() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other", named: "others")
        try await running.serveHouse { house in
            let id = try await house.entitlement("Orders")
            #expect(house.code(try await Self.rule(house, "x", ["sometimes": 1], [id])) == "governance.rejected")
            #expect(try await Self.rule(house, "x", Self.sales, []).status == 400)
            #expect(try await Self.rule(house, "x", Self.sales, [house.application]).status == 404)
            let made = try await Self.rule(house, "x", Self.sales, [id])
            #expect(made.status == 201)
            #expect(try await Self.rule(house, "x", Self.sales, [id]).status == 409)
            let rule = made.body?["id"]?.string ?? ""
            let place = "/t/other" + Self.path
            #expect(try await house.api.send(.get, place, token: other).body?["items"] == [])
            #expect(try await house.api.send(.get, place + "/\(rule)", token: other).status == 404)
            #expect(try await house.api.send(.patch, place + "/\(rule)", ["name": "y"], token: other).status == 404)
            let stranger = try await house.account("stranger", roles: [], running.gateway)
            #expect(try await house.api.send(.get, Self.path, token: stranger).status == 403)
        }
    }

    // MARK: Batches

    @Test("S1-75 a table is judged as a whole before it is applied: what belongs together begins together")
    func batch() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let first = try await house.entitlement("Create"), second = try await house.entitlement("Approve")
            let third = try await house.entitlement("Read"), fourth = try await house.entitlement("Pay")
            _ = try await house.rule([first, second], ["conflict_type": "inclusive"])
            _ = try await house.rule([third, fourth], ["name": "apart"])
            let csv = """
                person,application,entitlement,justification
                ada,ERP,Create,"=HYPERLINK(""x""), as it is"
                ada,ERP,Approve,both
                bob,ERP,Create,alone
                bob,ERP,Read,one of two
                bob,ERP,Pay,the other
                nobody,ERP,Read,
                ada,ERP,Nothing,
                """
            func send(_ isDry: Bool) async throws -> TestAPI.Answer {
                try await house.api.send(
                    .post, House.base + "assignments/import", ["csv": .string(csv), "dry_run": .bool(isDry)])
            }
            let dry = try await send(true)
            #expect(dry.status == 200 && dry.body?["assigned"] == 2 && dry.body?["held"] == 5, "\(dry.text)")
            #expect(try await house.items("assignments") == [])
            let done = try await send(false)
            let states = done.body?["rows"]?.list?.map { $0["state"] }
            #expect(states == ["assigned", "assigned", "held", "held", "held", "held", "held"])
            let codes = done.body?["rows"]?.list?.compactMap { $0["code"]?.string }
            #expect(codes == ["sod.violation", "sod.violation", "sod.violation", "body.invalid", "not_found"])
            #expect(try await Self.access(house, "ada").count == 2)
            #expect(try await Self.access(house, "bob") == [])
            let kept = try await house.items("assignments?person=ada&entitlement=\(first)")
            #expect(kept.first?["justification"] == "=HYPERLINK(\"x\"), as it is")
            let broken = try await house.api.send(
                .post, House.base + "assignments/import", ["csv": "person,entitlement_id\nada\n"])
            #expect(broken.status == 400 && house.code(broken) == "csv.invalid")
            let many = AttributeValue.list(Array(repeating: ["person": "ada"], count: 2_001))
            let tooMany = try await house.api.send(.post, House.base + "assignments/import", ["rows": many])
            #expect(tooMany.status == 400 || tooMany.status == 413)
        }
    }
}
