import Authorization
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// One grants only what one holds, whichever way round is tried.
@Suite("Nobody makes themselves more than they are")
struct PrivilegeTests {
    typealias Keys = IntrospectionTests

    // A developer may change service accounts; a key for an account that holds Admin would be Admin.
    @Test func aKeyForAnAccountThatHoldsMoreIsRefused() async throws {
        let running = try await TestGateway.open()
        let developer = try await Keys.key(running.gateway, "developer", roles: ["Developer"])
        try await running.serve { api in
            // `tests` is the account that holds Admin.
            let made = try await api.send(
                .post, "/api/v1/service-accounts/tests/keys", ["name": "mine"], token: developer.key)
            #expect(made.status == 403)
            let own = try await api.send(
                .post, "/api/v1/service-accounts/developer/keys", ["name": "mine"], token: developer.key)
            #expect(own.status == 201)
        }
    }

    // An operator may invite people; whoever opens an administrator's reset link is that administrator.
    @Test func aLinkForSomebodyWhoHoldsMoreIsRefused() async throws {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        let admin = try await running.gateway.roles.role(named: "Admin", in: caller.tenant)
        for login in ["root", "bob"] {
            var edit = PersonEdit()
            edit.login = login
            let person = try await running.gateway.people.create(edit, by: caller)
            if login == "root" {
                _ = try await running.gateway.roles.assign(admin.id, to: .person(person.id), expiresAt: nil, by: caller)
            }
        }
        let helper = try await Keys.key(running.gateway, "operator", roles: ["Operator"])
        try await running.serve { api in
            for purpose in ["password_reset", "invitation"] {
                func link(_ person: String) async throws -> Int {
                    try await api.send(
                        .post, "/api/v1/links", ["purpose": .string(purpose), "person": .string(person)],
                        token: helper.key
                    ).status
                }
                #expect(try await link("root") == 403)
                #expect(try await link("bob") == 201)
            }
            let setup = try await api.send(.post, "/api/v1/links", ["purpose": "setup"])
            #expect(setup.status == 403)
        }
    }

    // Whoever may change people asked about an administrator's password until the answer was "used before".
    @Test func aPasswordIsJudgedForThoseOnlyWhoHoldNoMoreAndTellsNothingOfTheirs() async throws {
        let running = try await TestGateway.open(
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                roles: [ { name: Helper, permissions: [ { action: update, type: person } ] } ]
                """)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        let present = "a walk along the river"
        for login in ["root", "bob"] {
            var edit = PersonEdit()
            edit.login = login
            let person = try await running.gateway.people.create(edit, by: caller)
            _ = try await running.gateway.credentials.setPassword(
                SecretText(present), of: person.id, mustChange: false, by: caller)
            if login == "root" {
                let admin = try await running.gateway.roles.role(named: "Admin", in: caller.tenant)
                _ = try await running.gateway.roles.assign(admin.id, to: .person(person.id), expiresAt: nil, by: caller)
            }
        }
        let helper = try await Keys.key(running.gateway, "helper", roles: ["Helper"])
        try await running.serve { api async throws in
            func check(_ person: String, _ token: String) async throws -> TestAPI.Answer {
                try await api.send(
                    .post, "/api/v1/people/\(person)/password-check", ["password": .string(present)], token: token)
            }
            #expect(try await check("root", helper.key).status == 403)
            for (person, token) in [("bob", helper.key), ("bob", api.token), ("root", api.token)] {
                let answer = try await check(person, token)
                #expect(answer.status == 200)
                #expect(answer.body?["acceptable"] == true, "\(person): \(answer.text)")
            }
        }
    }

    // An operator may disable people; an administrator's account is not theirs to close, or to open again.
    @Test func whoIsPutOutOrLetInAgainHoldsNoMoreThanTheCaller() async throws {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        let admin = try await running.gateway.roles.role(named: "Admin", in: caller.tenant)
        for login in ["root", "bob"] {
            var edit = PersonEdit()
            edit.login = login
            let person = try await running.gateway.people.create(edit, by: caller)
            guard login == "root" else { continue }
            _ = try await running.gateway.roles.assign(admin.id, to: .person(person.id), expiresAt: nil, by: caller)
        }
        let helper = try await Keys.key(running.gateway, "operator", roles: ["Operator"])
        try await running.serve { api async throws in
            func post(_ person: String, _ action: String, _ token: String) async throws -> Int {
                try await api.send(.post, "/api/v1/people/\(person)/\(action)", token: token).status
            }
            #expect(try await post("root", "disable", helper.key) == 403)
            #expect(try await post("bob", "disable", helper.key) == 204)
            #expect(try await post("bob", "enable", helper.key) == 204)
            #expect(try await post("root", "disable", api.token) == 204)
            #expect(try await post("root", "enable", helper.key) == 403)
            #expect(try await post("root", "enable", api.token) == 204)
            #expect(try await api.send(.delete, "/api/v1/people/root", token: helper.key).status == 403)
        }
    }

    // A developer may write policies; a policy that allows everything must not make everybody an administrator.
    @Test func aPolicyGivesNothingOverTheGatewayItself() async throws {
        let running = try await TestGateway.open()
        let tenant = try TestGateway.operatorCaller(running.gateway, tenant: "default").tenant
        let developer = try await Keys.key(running.gateway, "developer", roles: ["Developer"])
        let everything: AttributeValue = [
            "version": 1,
            "policies": [
                ["id": "all", "effect": "allow", "subjects": "any", "actions": "*", "resources": "any"]
            ],
        ]
        try await running.serve { api in
            func forbidden() async throws -> [Int] {
                let tenants = try await api.send(.get, "/api/v1/tenants", token: developer.key)
                let providers = try await api.send(.get, "/api/v1/providers", token: developer.key)
                let eve = try await api.send(.post, "/api/v1/people", ["login": "eve"], token: developer.key)
                let admin = try await api.send(
                    .post, "/api/v1/assignments", ["service_account": "developer", "role": "Admin"],
                    token: developer.key)
                return [tenants, providers, eve, admin].map(\.status)
            }
            #expect(try await forbidden() == [403, 403, 403, 403])
            let put = try await api.send(.put, "/api/v1/policies/all", everything, token: developer.key)
            #expect([200, 201].contains(put.status), "\(put.text)")
            // The very question the gate asks is answered with yes, by the policy; that is not enough.
            let question = DecisionQuestion(
                .subject(kind: .serviceAccount, id: "developer"), action: "create", resourceType: "person",
                resourceID: "")
            let decided = try await running.gateway.decisions.decide(
                question, in: tenant, origin: DecisionOrigin(caller: nil, protocol: "api"))
            #expect(decided.isPermitted)
            #expect(try await forbidden() == [403, 403, 403, 403])
        }
    }

    @Test func aNarrowedKeyMakesNoWiderOne() async throws {
        let running = try await TestGateway.open()
        let narrow = try await Keys.key(
            running.gateway, "narrow", roles: ["Admin"], scopes: ["service_account:*", "person:read"])
        try await running.serve { api async throws in
            let keys = "/api/v1/service-accounts/narrow/keys"
            for wider: AttributeValue in [
                ["name": "k"], ["name": "k", "scopes": .null], ["name": "k", "scopes": ["*"]],
                ["name": "k", "scopes": ["person:*"]], ["name": "k", "scopes": ["person:read", "role:assign"]],
            ] {
                #expect(try await api.send(.post, keys, wider, token: narrow.key).status == 403)
            }
            let same: AttributeValue = ["name": "k", "scopes": ["person:read", "service_account:read"]]
            #expect(try await api.send(.post, keys, same, token: narrow.key).status == 201)
        }
    }

    // A list of scopes that is none was once taken for no list, and the key was not narrowed at all.
    @Test func scopesThatAreNoListOfScopesAreRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let keys = "/api/v1/service-accounts/tests/keys"
            for scopes: AttributeValue in [
                "person:read", ["person:read", 1], [.null], [["person:read"]], 1, true, .object([:]), ["person"],
                ["person:read:all"], [":"], ["*:read"], [""], ["person: read"],
                .list(Array(repeating: "person:read", count: 65)),
            ] {
                let answer = try await api.send(.post, keys, ["name": "k", "scopes": scopes])
                #expect([400, 422].contains(answer.status), "\(scopes) answered \(answer.status)")
            }
            let empty = try await api.send(.post, keys, ["name": "k", "scopes": []])
            let token = try #require(empty.body?["token"]?.string)
            #expect(try await api.send(.get, "/api/v1/people", token: token).status == 403)
        }
    }
}
