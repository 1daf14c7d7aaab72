import Gateway
import HTTPAPI
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Two tenants with the same names never meet")
struct TenantIsolationTests {
    /// One tenant's end: where it is, who speaks for it, and the ids of what it holds, by the names of path parameters;
    /// those of governed things by the path that they stand under, since some are named like others.
    struct Side: Sendable {
        let prefix: String
        let token: String
        var ids: [String: String] = [:]
    }

    static let extra = """
        providers:
          - { id: local, type: local, name: Password }
          - { id: local-other, type: local, name: Password, tenant: other }
        # Every route is called with a key that is wrong there, from one address.
        limits: { failed_calls_per_source: 100000 }
        """

    // S1-02: nothing crosses tenants. Every route of the registry is called with the other tenant's ids.
    @Test func noRouteReachesTheOtherTenant() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: Self.extra)
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            let mine = try await Self.govern(try await Self.fill(Side(prefix: "", token: api.token), api), api)
            let theirs = try await Self.govern(
                try await Self.fill(Side(prefix: "/t/other", token: otherToken), api), api)
            #expect(mine.ids.keys == theirs.ids.keys && Set(mine.ids.values).isDisjoint(with: theirs.ids.values))
            for (side, foreign) in [(mine, theirs), (theirs, mine)] {
                for route in api.registry.routes where side.prefix.isEmpty || route.isTenantScoped {
                    try await Self.probe(route, from: side, for: foreign, api)
                }
            }
            for side in [mine, theirs] {
                for name in ["person", "group", "unit", "role", "policy", "assignment", "mapping", "account"] {
                    let path = try #require(Self.places[name]) + "/" + (side.ids[name] ?? "")
                    let own = try await api.send(.get, side.prefix + path, token: side.token)
                    #expect(own.status == 200, "\(path) of \(side.prefix) did not survive")
                }
                for (path, id) in side.ids where path.hasPrefix("/") {
                    let own = try await api.send(.get, "\(side.prefix)\(path)/\(id)", token: side.token)
                    #expect(own.status == 200, "\(path) of \(side.prefix) did not survive")
                }
            }
        }
    }

    /// What names in a path parameter a thing of the tenant; the rest name nothing that tenants have of their own.
    private static let places = [
        "person": "/api/v1/people", "group": "/api/v1/groups", "unit": "/api/v1/organization-units",
        "role": "/api/v1/roles", "policy": "/api/v1/policies", "assignment": "/api/v1/assignments",
        "mapping": "/api/v1/mappings", "account": "/api/v1/service-accounts",
    ]
    private static let shared: Set = ["slug", "purpose", "algorithm"]

    /// The same names on both sides.
    static func fill(_ side: Side, _ api: TestAPI) async throws -> Side {
        var side = side
        func make(_ name: String, _ body: AttributeValue) async throws {
            let made = try await api.send(.post, side.prefix + (places[name] ?? ""), body, token: side.token)
            #expect(made.status == 201, "\(name): \(made.text)")
            side.ids[name] = made.body?["id"]?.string
        }
        try await make("unit", ["level": "organization", "name": "Clan"])
        // Without an operator there is no configuration of servers to show.
        let made = try await api.send(
            .post, side.prefix + "/api/v1/nats/operators", ["organization": "Clan"], token: side.token)
        #expect(made.status == 201, "\(made.text)")
        try await make("person", ["login": "ada", "mail": "ada@example.org", "organization_unit": "Clan"])
        try await make("group", ["name": "staff"])
        try await make("role", ["name": "Reader", "permissions": [["action": "read", "type": "page"]]])
        try await make("assignment", ["person": "ada", "role": "Reader"])
        let provider: AttributeValue = side.prefix.isEmpty ? "local" : "local-other"
        try await make("mapping", ["provider": provider, "role": "Reader", "group": "k1"])
        try await make("account", ["name": "robot"])
        let person = side.ids["person"] ?? ""
        let key = try await api.send(
            .post, side.prefix + "/api/v1/service-accounts/robot/keys", ["name": "k"], token: side.token)
        side.ids["key"] = key.body?["key"]?["id"]?.string
        let policy = try await api.send(
            .put, side.prefix + "/api/v1/policies/house", ["version": 1, "policies": []], token: side.token)
        side.ids["policy"] = policy.body?["id"]?.string
        #expect(
            try await api.send(
                .put, side.prefix + "/api/v1/groups/\(side.ids["group"] ?? "")/members/ada", token: side.token
            ).status == 204)
        let decided = try await api.send(
            .post, side.prefix + "/api/v1/decide",
            ["subject": .string(person), "action": "read", "resource_type": "page", "resource": "/"], token: side.token)
        side.ids["decision"] = decided.body?["context"]?["id"]?.string
        #expect(side.ids.values.allSatisfy { !$0.isEmpty } && side.ids.count == 10)
        return side
    }

    private static let bodies: [String: AttributeValue] = [
        "checkPassword": ["password": "correct horse battery"], "createAPIKey": ["name": "k"],
        "delegateEntitlement": ["person": "ada"], "putWorkflow": ["template": [:]],
        "approvalDelegate": ["person": "ada", "until": "2100-01-01T00:00:00Z"],
        "approvalOverride": ["reason": "the site is down"], "approvalOverrideAlone": ["reason": "the site is down"],
        "putPolicyCases": ["cases": []], "resolveTargetFinding": ["action": "ignore", "reason": "the vendor's own"],
        "decideCampaignLines": [
            "lines": ["00000000-0000-7000-8000-0000000000c1"], "verdict": "keep", "reason": "needed every day",
        ],
        "setSignalStreamStatus": ["status": "paused"],
        "delegateCampaignLines": ["lines": ["00000000-0000-7000-8000-0000000000c1"], "person": "ada"],
    ]

    /// What has to be said for there to be an answer.
    private static let queries = ["previewSAMLApplication": "?person=ada"]

    /// Calls a route with the other side's ids; it must say that there is nothing, and lists must not hold them.
    private static func probe(_ route: Route, from side: Side, for foreign: Side, _ api: TestAPI) async throws {
        let named = route.pathParameters
        guard !named.contains(where: shared.contains) else { return }
        var headers = HTTPFields()
        if route.preconditions == .required { headers[.ifMatch] = "*" }
        let body = route.requestBody == nil ? nil : bodies[route.operationID] ?? [:]
        guard !named.isEmpty else {
            guard route.method == .get else { return }
            let answer = try await api.send(.get, side.prefix + route.path, token: side.token)
            #expect(answer.status == 200, "\(route.operationID)")
            for (name, id) in foreign.ids { #expect(!answer.text.contains(id), "\(route.operationID) shows a \(name)") }
            return
        }
        if named.count == 1, route.method == .get, isKnown(named[0], in: route, side) {
            let path = Self.path(route, side.ids) + (queries[route.operationID] ?? "")
            let own = try await api.send(.get, side.prefix + path, token: side.token)
            #expect(own.status == 200, "\(route.operationID) does not show its own")
        }
        // Each of several parameters may be the foreign one.
        for place in named {
            var ids = side.ids
            let key = Self.key(of: place, in: route, side.ids)
            ids[key] = foreign.ids[key] ?? PersonID.random(at: .epoch).description
            let path = side.prefix + Self.path(route, ids)
            let answer = try await api.send(route.method, path, body, token: side.token, headers: headers)
            if ["putPolicy", "putPolicyTemplate"].contains(route.operationID) {
                // A name like any other: it makes a document here, and leaves the other's alone.
                #expect(answer.status == 400, "an empty document is refused")
            } else {
                // A line that is nobody's is answered as one that is somebody else's: not the caller's to decide.
                let isLine = ["decideCampaignLines", "delegateCampaignLines"].contains(route.operationID)
                #expect(
                    answer.status == (isLine ? 403 : 404),
                    "\(route.operationID) with a foreign \(place): \(answer.status)")
            }
            let crossed = try await api.send(
                route.method, foreign.prefix + Self.path(route, foreign.ids), body, token: side.token, headers: headers)
            #expect(crossed.status == 401, "\(route.operationID) with a foreign key: \(crossed.status)")
        }
    }

    /// What a parameter's id is known by: where it stands, or else its name.
    private static func key(of parameter: String, in route: Route, _ ids: [String: String]) -> String {
        let before = String(route.path.prefix(upTo: route.path.firstRange(of: "/{\(parameter)}")!.lowerBound))
        return ids[before] == nil ? parameter : before
    }

    /// Whether this side has a thing of its own there.
    private static func isKnown(_ parameter: String, in route: Route, _ side: Side) -> Bool {
        let key = key(of: parameter, in: route, side.ids)
        // Governed policies are none of these documents, and their assignments are of entitlements.
        return key != parameter || places[key].map(route.path.hasPrefix) == true
    }

    private static func path(_ route: Route, _ ids: [String: String]) -> String {
        route.pathParameters.reduce(route.path) { path, parameter in
            let id = ids[key(of: parameter, in: route, ids)] ?? PersonID.random(at: .epoch).description
            return path.replacing("{\(parameter)}", with: id)
        }
    }

    @Test func noBodyNamesWhatIsTheOthers() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: Self.extra)
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            let mine = try await Self.fill(Side(prefix: "", token: api.token), api)
            let theirs = try await Self.fill(Side(prefix: "/t/other", token: otherToken), api)
            let (unit, person) = (theirs.ids["unit"] ?? "", theirs.ids["person"] ?? "")
            let (role, account) = (theirs.ids["role"] ?? "", theirs.ids["account"] ?? "")
            let rows: [(String, AttributeValue)] = [
                ("people", ["login": "x", "organization_unit": .string(unit)]),
                ("people", ["login": "x", "manager": .string(person)]),
                ("organization-units", ["level": "team", "name": "x", "parent": .string(unit)]),
                ("roles", ["name": "x", "inherits": [.string(role)]]),
                ("assignments", ["person": .string(person), "role": "Reader"]),
                ("assignments", ["service_account": .string(account), "role": "Reader"]),
                ("assignments", ["person": "ada", "role": .string(role)]),
                ("mappings", ["provider": "local-other", "role": "Reader", "group": "k"]),
                ("mappings", ["provider": "local", "role": .string(role), "group": "k"]),
            ]
            for (path, body) in rows {
                let answer = try await api.send(.post, "/api/v1/" + path, body)
                #expect(answer.status == 400, "\(path) \(answer.text)")
            }
            let foreignGroup = "/api/v1/groups/\(mine.ids["group"] ?? "")/members/\(person)"
            #expect(try await api.send(.put, foreignGroup).status == 404)
            for query in ["person=\(person)", "service_account=\(account)", "role=\(role)"] {
                let listed = try await api.send(.get, "/api/v1/assignments?\(query)")
                #expect(listed.status == 404 || listed.body?["items"] == [], "\(query)")
            }
            let about = try await api.send(.get, "/api/v1/decisions?person=\(person)")
            #expect(about.body?["items"] == [])
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
