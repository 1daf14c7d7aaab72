import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Two tenants with the same names never meet")
struct TenantIsolationTests {
    // S1-02: nothing crosses tenants.
    @Test func nothingOfOneTenantIsReachedFromTheOther() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            var ids: [String: String] = [:]
            for (prefix, token) in [("", api.token), ("/t/other", otherToken)] {
                let person = try await api.send(.post, prefix + "/api/v1/people", ["login": "ada"], token: token)
                #expect(person.status == 201)
                ids[prefix] = person.body?["id"]?.string
                let group = try await api.send(.post, prefix + "/api/v1/groups", ["name": "staff"], token: token)
                #expect(group.status == 201)
                let policy = try await api.send(
                    .put, prefix + "/api/v1/policies/house", ["version": 1, "policies": []], token: token)
                #expect(policy.status == 200)
            }
            let mine = try #require(ids[""])
            let theirs = try #require(ids["/t/other"])
            #expect(mine != theirs)
            // The other tenant's id, asked for with our own key at our own place, is not there.
            #expect(try await api.send(.get, "/api/v1/people/\(theirs)").status == 404)
            #expect(try await api.send(.get, "/t/other/api/v1/people/\(mine)", token: otherToken).status == 404)
            // A key of one tenant is no key at all in the other.
            #expect(try await api.send(.get, "/t/other/api/v1/people").status == 401)
            #expect(try await api.send(.get, "/api/v1/people", token: otherToken).status == 401)
            for path in ["people", "groups", "policies", "service-accounts", "audit/events"] {
                let listed = try await api.send(.get, "/t/other/api/v1/\(path)?limit=200", token: otherToken)
                #expect(listed.status == 200)
                #expect(!listed.text.contains(mine), "\(path)")
            }
        }
    }

    @Test func aDisabledTenantAnswersNobody() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            #expect(try await api.send(.get, "/t/other/api/v1/people", token: otherToken).status == 200)
            let disabled = try await api.send(.patch, "/api/v1/tenants/other", ["disabled": true])
            #expect(disabled.status == 200)
            #expect(try await api.send(.get, "/t/other/api/v1/people", token: otherToken).status == 404)
            #expect(try await api.send(.patch, "/api/v1/tenants/default", ["disabled": true]).status == 403)
        }
    }

    @Test func anUnknownTenantIsNotThere() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let answer = try await api.send(.get, "/t/nobody/api/v1/people")
            #expect(answer.status == 404)
        }
    }
}
