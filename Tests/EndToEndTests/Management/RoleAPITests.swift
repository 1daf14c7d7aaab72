import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Roles are changed knowingly, and by those who hold what they give")
struct RoleAPITests {
    private static let any: HTTPFields = [.ifMatch: "*"]

    @Test func aRoleChangesItsPermissionsInheritanceAndFlags() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let base: AttributeValue = ["name": "Base", "permissions": [["action": "read", "type": "page"]]]
            let made = try await api.send(.post, "/api/v1/roles", base)
            #expect(made.status == 201)
            #expect(try await api.send(.post, "/api/v1/roles", base).status == 409)
            #expect(try await api.send(.post, "/api/v1/roles", ["name": "Top", "inherits": ["Base"]]).status == 201)
            let path = "/api/v1/roles/Base"
            #expect(try await api.send(.patch, path, ["inherits": ["Top"]], headers: Self.any).status == 400)
            #expect(try await api.send(.patch, path, ["inherits": ["None"]], headers: Self.any).status == 400)
            #expect(try await api.send(.patch, path, ["name": "Top"], headers: Self.any).status == 409)
            #expect(try await api.send(.patch, path, ["predefined": true], headers: Self.any).status == 400)
            let change: AttributeValue = [
                "description": "Reads", "protected": true, "requires_mfa": true,
                "permissions": [["action": "read", "type": "page", "resource": "/a*"]],
            ]
            let changed = try await api.send(.patch, path, change, headers: [.ifMatch: "\"v1\""])
            #expect(changed.status == 200)
            #expect(changed.body?["version"] == 2)
            #expect(changed.body?["protected"] == true)
            #expect(changed.body?["permissions"]?.list?.first?["resource"] == "/a*")
            #expect(try await api.send(.get, path).body == changed.body)
            #expect(try await api.send(.patch, "/api/v1/roles/Admin", change, headers: Self.any).status == 403)
            #expect(try await api.send(.delete, "/api/v1/roles/Analyst").status == 403)
        }
    }

    @Test func aRoleSaysWhatMakesItCountOnlyWithTwoFactors() async throws {
        let running = try await TestGateway.open(extra: "mfa: { required_roles: [Operator] }")
        try await running.serve { api in
            func demand(_ role: String) async throws -> (flag: AttributeValue?, by: AttributeValue?) {
                let body = try await api.send(.get, "/api/v1/roles/\(role)").body
                return (body?["requires_mfa"], body?["mfa_required_by"])
            }
            _ = try await api.send(.post, "/api/v1/roles", ["name": "Marked", "requires_mfa": true])
            let heir = try await api.send(.post, "/api/v1/roles", ["name": "Heir", "inherits": ["Operator"]])
            #expect(heir.body?["mfa_required_by"] == "inheritance")
            #expect(try await demand("Marked") == (true, "role"))
            #expect(try await demand("Operator") == (false, "configuration"))
            #expect(try await demand("Analyst") == (false, nil))
            let all = try await api.send(.get, "/api/v1/roles").body?["items"]?.list ?? []
            #expect(all.first { $0["name"] == "Operator" }?["mfa_required_by"] == "configuration")
            #expect(all.first { $0["name"] == "Analyst" }.map { $0["mfa_required_by"] == nil } == true)
        }
    }

    @Test func nobodyWritesIntoARoleWhatTheyDoNotHold() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - name: Editor
                    permissions: [ { action: "*", type: role }, { action: read, type: page } ]
                """)
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: "editor", description: nil, by: caller)
        let role = try await gateway.roles.role(named: "Editor", in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        let key = try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
        try await running.serve { api async throws in
            #expect(try await api.send(.post, "/api/v1/roles", ["name": "Mine"], token: key).status == 201)
            let path = "/api/v1/roles/Mine"
            let small: AttributeValue = ["permissions": [["action": "read", "type": "page"]]]
            let large: AttributeValue = ["permissions": [["action": "write", "type": "page"]]]
            #expect(try await api.send(.patch, path, small, token: key, headers: Self.any).status == 200)
            #expect(try await api.send(.patch, path, large, token: key, headers: Self.any).status == 403)
            #expect(
                try await api.send(.patch, path, ["inherits": ["Admin"]], token: key, headers: Self.any).status == 403)
        }
    }

    @Test func assignmentsEndAndAreFoundByTheirHolder() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for login in ["ada", "bob"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
                let grant: AttributeValue = [
                    "person": .string(login), "role": "Analyst", "expires_at": "2999-01-01T00:00:00Z",
                ]
                #expect(try await api.send(.post, "/api/v1/assignments", grant).status == 201)
            }
            let past: AttributeValue = ["person": "ada", "role": "Operator", "expires_at": "2001-01-01T00:00:00Z"]
            #expect(try await api.send(.post, "/api/v1/assignments", past).status == 400)
            #expect(
                try await api.send(.post, "/api/v1/assignments", ["person": "zoe", "role": "Analyst"]).status == 400)
            let own = try await api.send(.get, "/api/v1/assignments?person=ada&role=Analyst").body?["items"]?.list
            #expect(own?.count == 1)
            let id = try #require(own?.first?["id"]?.string)
            #expect(try await api.send(.get, "/api/v1/assignments/\(id)").body == own?.first)
            #expect(try await api.send(.delete, "/api/v1/assignments/\(id)").status == 204)
            #expect(try await api.send(.delete, "/api/v1/assignments/\(id)").status == 404)
            #expect(try await api.send(.get, "/api/v1/assignments?person=ada").body?["items"] == [])
            #expect(try await api.send(.get, "/api/v1/assignments?role=Analyst").body?["items"]?.list?.count == 1)
        }
    }

    @Test func mappingsNameAGroupsKeyOrAnAttribute() async throws {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        try await running.serve { api in
            let path = "/api/v1/mappings"
            let byKey: AttributeValue = ["provider": "local", "role": "Analyst", "group": "3f2c"]
            let byAttribute: AttributeValue = [
                "provider": "local", "role": "Analyst", "when": ["attribute": "title", "in": ["clerk"]],
            ]
            let made = try await api.send(.post, path, byKey)
            #expect(made.status == 201)
            #expect(try await api.send(.get, try #require(made.headers[.location])).body == made.body)
            #expect(try await api.send(.post, path, byAttribute).status == 201)
            #expect(try await api.send(.post, path, ["provider": "local", "role": "Analyst"]).status == 400)
            #expect(try await api.send(.post, path, ["provider": "no", "role": "Analyst", "group": "x"]).status == 400)
            #expect(try await api.send(.post, path, ["provider": "local", "role": "no", "group": "x"]).status == 400)
            #expect(try await api.send(.get, path).body?["items"]?.list?.count == 2)
            #expect(try await api.send(.delete, try #require(made.headers[.location])).status == 204)
            #expect(try await api.send(.get, path).body?["items"]?.list?.count == 1)
        }
    }
}
