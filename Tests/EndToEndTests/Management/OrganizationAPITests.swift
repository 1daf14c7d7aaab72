import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("The organization tree over HTTP")
struct OrganizationAPITests {
    private let units = "/api/v1/organization-units"

    private func make(_ api: TestAPI, _ level: String, _ name: String, under parent: String? = nil) async throws
        -> String
    {
        var body: [String: AttributeValue] = ["level": .string(level), "name": .string(name)]
        if let parent { body["parent"] = .string(parent) }
        let made = try await api.send(.post, units, .object(body))
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["id"]?.string)
    }

    @Test func unitsNestMoveAndRefuseWhatMakesNoTree() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let any: HTTPFields = [.ifMatch: "*"]
            let company = try await make(api, "organization", "Clan")
            let sales = try await make(api, "division", "Sales", under: "Clan")
            let research = try await make(api, "division", "Research", under: company)
            let team = try await make(api, "team", "Red", under: sales)
            #expect(try await api.send(.post, units, ["level": "team", "name": "Lost"]).status == 400)
            #expect(
                try await api.send(.post, units, ["level": "team", "name": "Lost", "parent": "Nowhere"]).status == 400)
            let root: AttributeValue = ["level": "organization", "name": "B", "parent": .string(company)]
            #expect(try await api.send(.post, units, root).status == 400)
            #expect(
                try await api.send(.patch, "\(units)/\(sales)", ["parent": .string(team)], headers: any).status == 409)
            #expect(
                try await api.send(.patch, "\(units)/\(sales)", ["parent": .string(research)], headers: any).status
                    == 400)
            #expect(try await api.send(.patch, "\(units)/\(team)", ["parent": "Research"]).status == 428)
            let moved = try await api.send(.patch, "\(units)/\(team)", ["parent": "Research"], headers: any)
            #expect(moved.headers[.eTag] == "\"v2\"")
            let shown = try await api.send(.get, "\(units)/Red")
            #expect(shown.body?["path"]?.list?.compactMap { $0["name"]?.string } == ["Research", "Clan"])
            #expect(try await api.send(.delete, "\(units)/\(research)").status == 409)
            #expect(try await api.send(.delete, "\(units)/\(sales)").status == 204)
            let types = try await api.send(.get, "/api/v1/audit/events?type=organization_unit")
            #expect(
                types.body?["items"]?.list?.compactMap { $0["type"]?.string }.suffix(2)
                    == ["organization_unit.moved", "organization_unit.deleted"])
        }
    }

    @Test func peopleHaveAUnitAndAManagerOfTheirOwnTenant() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            let any: HTTPFields = [.ifMatch: "*"]
            let company = try await make(api, "organization", "Clan")
            let theirs = try await api.send(
                .post, "/t/other\(units)", ["level": "organization", "name": "Other"], token: otherToken)
            let foreign = try #require(theirs.body?["id"]?.string)
            #expect(theirs.headers[.location] == "/t/other/api/v1/organization-units/\(foreign)")
            #expect(try await api.send(.post, "/api/v1/people", ["login": "boss"]).status == 201)
            let worker: AttributeValue = ["login": "ada", "organization_unit": "Clan", "manager": "boss"]
            let made = try await api.send(.post, "/api/v1/people", worker)
            #expect(made.body?["organization_unit"]?.string == company)
            #expect(try await api.send(.delete, "\(units)/Clan").status == 409)
            for body: AttributeValue in [
                ["organization_unit": .string(foreign)], ["manager": "nobody"], ["manager": "ada"],
            ] {
                #expect(try await api.send(.patch, "/api/v1/people/ada", body, headers: any).status == 400)
            }
            #expect(
                try await api.send(.patch, "/api/v1/people/boss", ["manager": "ada"], headers: any).status == 400)
            let freed = try await api.send(
                .patch, "/api/v1/people/ada", ["organization_unit": .null, "manager": .null], headers: any)
            #expect(freed.body?["organization_unit"] == nil)
            #expect(freed.body?["manager"] == nil)
            #expect(try await api.send(.delete, "\(units)/Clan").status == 204)
        }
    }
}
