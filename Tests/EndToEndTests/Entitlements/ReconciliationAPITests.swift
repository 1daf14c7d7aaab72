import Gateway
import Governance
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("What targets report, over HTTP")
struct ReconciliationAPITests {
    private typealias House = EntitlementHouse

    private static let reports = House.base + "target-reports"

    private static func report(
        _ house: House, _ accounts: [AttributeValue], token: String?? = .none
    ) async throws -> TestAPI.Answer {
        try await house.api.send(
            .post, reports, ["application_id": .string(house.application), "accounts": .list(accounts)], token: token)
    }

    private static func open(_ house: House, _ kind: String) async throws -> AttributeValue? {
        try await house.items("target-findings?state=open&kind=\(kind)").first
    }

    private static func resolve(
        _ house: House, _ finding: AttributeValue?, _ action: String, _ reason: String? = nil
    ) async throws -> TestAPI.Answer {
        var body: [String: AttributeValue] = ["action": .string(action)]
        if let reason { body["reason"] = .string(reason) }
        let id = finding?["id"]?.string ?? ""
        return try await house.api.send(.post, House.base + "target-findings/\(id)/resolve", .object(body))
    }

    @Test("differences are found once, resolved through assignments, and gone when they are not reported any more")
    func story() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let first = try await house.entitlement("Approve", "low", ["external_id": "cn=approvers"])
            _ = try await house.entitlement("Create")
            #expect(try await house.assign(first, to: "ada").status == 201)
            let changed = try await house.api.send(
                .patch, "/api/v1/people/ada", ["department": "sales"], headers: [.ifMatch: "*"])
            #expect(changed.status == 200)
            let accounts: [AttributeValue] = [
                ["account": "ADA", "login": "ada", "attributes": ["department": "legal", "shoe_size": "38"]],
                ["account": "bob", "entitlements": ["Create", "cn=stranger"]], ["account": "ghost"],
            ]
            let taken = try await Self.report(house, accounts)
            #expect(taken.body == ["accounts": 3, "differences": 5, "found": 5, "gone": 0], "\(taken.text)")
            // The same report again finds nothing new.
            #expect(try await Self.report(house, accounts).body?["found"] == 0)
            let missing = try await Self.open(house, "missing")
            #expect(missing?["login"] == "ada" && missing?["entitlement"] == "Approve")
            let drift = try await Self.open(house, "drift")
            #expect(drift?["reported"] == ["department": "legal"] && drift?["account"] == "ADA")
            #expect(try await Self.open(house, "orphaned")?["account"] == "ghost")
            let unexpected = try await house.items("target-findings?state=open&kind=unexpected")
            let known = unexpected.first { $0["entitlement_id"] != nil }
            let unknown = unexpected.first { $0["entitlement_id"] == nil }
            #expect(unknown?["entitlement"] == "cn=stranger")
            // Adopting passes the way of every assignment.
            #expect(try await Self.resolve(house, unknown, "adopt").status == 400)
            #expect(try await Self.resolve(house, known, "reprovision").status == 400)
            let adopted = try await Self.resolve(house, known, "adopt", "agreed with the owner")
            #expect(adopted.status == 200 && adopted.body?["state"] == "adopt", "\(adopted.text)")
            #expect(try await house.items("access?person=bob").count == 1)
            #expect(try await Self.resolve(house, known, "revoke").status == 409)
            let revoked = try await Self.resolve(house, missing, "revoke", "not needed")
            #expect(revoked.status == 200)
            #expect(try await house.items("access?person=ada") == [])
            #expect(try await Self.resolve(house, unknown, "ignore", "no").status == 400)
            let ignored = try await Self.resolve(house, unknown, "ignore", "a group of the vendor's own")
            #expect(ignored.body?["state"] == "ignore")
            let later = try await Self.report(
                house,
                [["account": "ADA", "login": "ada"], ["account": "bob", "entitlements": ["Create", "cn=stranger"]]])
            #expect(later.body == ["accounts": 2, "differences": 1, "found": 0, "gone": 2], "\(later.text)")
        }
    }

    @Test("a table is read like JSON, and adopting what duties keep apart is refused")
    func table() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let first = try await house.entitlement("Create"), second = try await house.entitlement("Approve")
            _ = try await house.rule([first, second])
            #expect(try await house.assign(first, to: "ada").status == 201)
            let csv =
                "account,login,disabled,entitlements,attribute.mail\nu1,ada,no,Create; Approve,x@example.org\nu2,,yes,,\n"
            let taken = try await house.api.send(
                .post, Self.reports, ["application_id": .string(house.application), "csv": .string(csv)])
            #expect(taken.body?["differences"] == 1, "\(taken.text)")
            let finding = try await Self.open(house, "unexpected")
            let refused = try await Self.resolve(house, finding, "adopt")
            #expect(refused.status == 409 && house.code(refused) == "sod.violation")
            #expect(try await Self.open(house, "unexpected") != nil)
        }
    }

    @Test("a report without a key, with a wrong one, with one that may not, of another tenant, or too large is refused")
    func attacks() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other", named: "others")
        try await running.serveHouse { house in
            _ = try await house.assign(try await house.entitlement("Approve"), to: "ada")
            let stranger = try await house.account("stranger", roles: ["Analyst"], running.gateway)
            #expect(try await Self.report(house, [], token: .some(nil)).status == 401)
            #expect(try await Self.report(house, [], token: "ghk_" + String(repeating: "A", count: 43)).status == 401)
            #expect(try await Self.report(house, [], token: stranger).status == 403)
            #expect(try await Self.report(house, [], token: other).status == 401)
            let foreign = try await house.api.send(
                .post, "/t/other" + Self.reports, ["application_id": .string(house.application), "accounts": []],
                token: other)
            #expect(foreign.status == 404)
            let account: AttributeValue = ["account": .string(String(repeating: "x", count: 500))]
            let huge = try await Self.report(house, Array(repeating: account, count: 20_000))
            #expect(huge.status == 413, "\(huge.status)")
            let many = try await Self.report(house, (0...20_000).map { ["account": .string("a\($0)")] })
            #expect(many.status == 400)
            #expect(try await Self.report(house, [["account": "a"], ["account": "a"]]).status == 400)
            #expect(try await house.items("target-findings") == [], "nothing that was refused left anything")
        }
    }
}
