import Gateway
import HTTPAPI
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("The management API keeps its promises over HTTP")
struct ManagementAPITests {
    // S4-09, S4-10.
    @Test func aChangeNamesTheVersionItIsMadeUpon() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let made = try await api.send(.post, "/api/v1/people", ["login": "ada", "mail": "ada@example.org"])
            let id = try #require(made.body?["id"]?.string)
            let tag = try #require(made.headers[.eTag])
            let path = "/api/v1/people/\(id)"
            #expect(try await api.send(.patch, path, ["department": "x"]).status == 428)
            let changed = try await api.send(.patch, path, ["department": "x"], headers: [.ifMatch: tag])
            #expect(changed.status == 200)
            #expect(changed.body?["department"] == "x")
            #expect(try await api.send(.patch, path, ["department": "y"], headers: [.ifMatch: tag]).status == 412)
            let fresh = try #require(changed.headers[.eTag])
            #expect(try await api.send(.get, path, headers: [.ifNoneMatch: fresh]).status == 304)
        }
    }

    @Test func wrongBodiesAreRefusedWithTheirPlace() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let unknown = try await api.send(.post, "/api/v1/people", ["login": "ada", "admin": true])
            #expect(unknown.status == 400)
            #expect(unknown.headers[.contentType]?.hasPrefix("application/problem+json") == true)
            #expect(unknown.text.contains("admin"))
            #expect(try await api.send(.post, "/api/v1/people", ["login": 7]).status == 400)
            #expect(try await api.send(.post, "/api/v1/people", ["login": ""]).status >= 400)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ADA"]).status == 409)
            #expect(try await api.send(.put, "/api/v1/people", ["login": "x"]).status == 405)
        }
    }

    @Test func listsComeInPagesThatAnotherCannotForge() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for index in 0..<5 {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string("p\(index)")]).status == 201)
            }
            var seen: [String] = []
            var path = "/api/v1/people?limit=2"
            for _ in 0..<5 {
                let page = try await api.send(.get, path)
                seen += page.body?["items"]?.list?.compactMap { $0["login"]?.string } ?? []
                guard let next = page.body?["next"]?.string else { break }
                path = "/api/v1/people?limit=2&cursor=\(next)"
            }
            #expect(seen == ["p0", "p1", "p2", "p3", "p4"])
            #expect(try await api.send(.get, "/api/v1/people?limit=2&cursor=AAAA").status == 400)
            #expect(try await api.send(.get, "/api/v1/people?limit=201").status == 400)
        }
    }

    @Test func oneGrantsOnlyWhatOneHolds() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - name: Granter
                    permissions: [ { action: assign, type: role }, { action: read, type: person } ]
                """)
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: "granter", description: nil, by: caller)
        let role = try await gateway.roles.role(named: "Granter", in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        let key = try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "bob"]).status == 201)
            let admin = try await api.send(
                .post, "/api/v1/assignments", ["person": "bob", "role": "Admin"], token: key)
            #expect(admin.status == 403)
            let own = try await api.send(
                .post, "/api/v1/assignments", ["person": "bob", "role": "Granter"], token: key)
            #expect(own.status == 201)
        }
    }

    @Test func aKeyIsNarrowedToItsScopesAndEndsWhenRevoked() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let keys = "/api/v1/service-accounts/tests/keys"
            let made = try await api.send(.post, keys, ["name": "narrow", "scopes": ["person:read"]])
            let token = try #require(made.body?["token"]?.string)
            let id = try #require(made.body?["key"]?["id"]?.string)
            #expect(try await api.send(.get, "/api/v1/people", token: token).status == 200)
            #expect(try await api.send(.get, "/api/v1/roles", token: token).status == 403)
            #expect(try await api.send(.delete, keys + "/\(id)").status == 204)
            #expect(try await api.send(.get, "/api/v1/people", token: token).status == 401)
        }
    }

    @Test func aDecisionNamesItsRulesAndAnExplanationSaysWhatIsMissing() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - { name: Reader, permissions: [ { action: read, type: page, resource: "/handbook*" } ] }
                """)
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            let question: AttributeValue = [
                "subject": "ada", "action": "read", "resource_type": "page", "resource": "/handbook/1",
            ]
            let before = try await api.send(.post, "/api/v1/decide", question)
            #expect(before.body?["decision"] == false)
            #expect(before.body?["context"]?["reason_codes"] == ["no_matching_rule"])
            let why = try await api.send(.post, "/api/v1/explain", question)
            #expect(why.text.contains("Reader"), "\(why.text)")
            #expect(
                try await api.send(.post, "/api/v1/assignments", ["person": "ada", "role": "Reader"]).status == 201)
            let after = try await api.send(.post, "/api/v1/decide", question)
            #expect(after.body?["decision"] == true)
            #expect(after.body?["context"]?["rules"]?.list?.count == 1)
            let elsewhere = try await api.send(
                .post, "/api/v1/decide",
                ["subject": "ada", "action": "read", "resource_type": "page", "resource": "/vault"])
            #expect(elsewhere.body?["decision"] == false)
        }
    }

    @Test func healthAndDiscoveryNeedNoCredential() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            #expect(try await api.send(.get, "/healthz", token: .some(nil)).status == 200)
            #expect(try await api.send(.get, "/readyz", token: .some(nil)).body?["status"] == "ready")
            let discovery = try await api.send(.get, "/.well-known/authzen-configuration", token: .some(nil)).body
            #expect(discovery?["access_evaluation_endpoint"] == "https://gate.example.org/access/v1/evaluation")
        }
    }
}
