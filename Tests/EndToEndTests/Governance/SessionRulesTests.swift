import Fixtures
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// What a security policy says of second factors and sessions, where people sign in and at their account.
@Suite("A security policy governs second factors and sessions")
struct SessionRulesTests {
    private static let password = "a long enough local one"
    private static let account = WebPerson.gateway + "/account"
    private static let policy: AttributeValue = "00000000-0000-7000-8000-000000000021"

    /// A gateway with these people, who know one password.
    private static func open(_ logins: [String], _ clock: MovedClock) async throws -> TestGateway {
        let running = try await TestGateway.open(
            extra: """
                sessions: { idle: 30m, absolute: 8h }
                providers: [ { id: local, type: local, name: Password } ]
                """, clock: clock.now)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for login in logins {
            var edit = PersonEdit()
            edit.login = login
            let made = try await running.gateway.people.create(edit, by: caller)
            let outcome = try await running.gateway.credentials.setPassword(
                SecretText(password), of: made.id, mustChange: false, by: caller)
            #expect(outcome == .changed)
        }
        return running
    }

    private static func enforce(
        _ rules: [AttributeValue], enforcement: AttributeValue = "mandatory", _ api: TestAPI
    ) async throws {
        try await api.govern(
            "create",
            [
                "policy_id": policy, "name": "Sessions", "policy_type": "Security", "enforcement": enforcement,
                "scope": "Organization",
            ])
        for (number, rule) in rules.enumerated() {
            let id = AttributeValue.string("00000000-0000-7000-8000-00000000003\(number)")
            try await api.govern("add_rule", ["policy_id": policy, "rule_id": id, "rule": rule])
        }
        try await api.govern("approve", ["policy_id": policy])
        try await api.govern("activate", ["policy_id": policy])
    }

    private static func exempt(_ person: PersonID, _ api: TestAPI) async throws {
        try await api.govern(
            "grant_exemption",
            [
                "exemption_id": "00000000-0000-7000-8000-0000000000e2", "policy_id": policy,
                "entity_id": .string(person.description), "reason": "Legacy integration requires shorter password",
            ])
    }

    private static func signIn(_ login: String, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(account)
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": password])
        return web
    }

    /// The policies that an event names.
    private static func policies(_ event: AttributeValue?) -> [AttributeValue] {
        (event?["facts"]?["policies"]?.list ?? []).compactMap { $0["id"] }
    }

    /// The newest event of a kind.
    private static func newest(_ type: String, _ api: TestAPI) async throws -> AttributeValue? {
        try await api.send(.get, "/api/v1/audit/events?type=\(type)").body?["items"]?.list?
            .max { ($0["position"]?.integer ?? 0) < ($1["position"]?.integer ?? 0) }
    }

    @Test(
        "S0-14 a rule on signing in asks for a second factor, names its version in the journal, and spares the exempted"
    )
    func secondFactor() async throws {
        let clock = MovedClock()
        let running = try await Self.open(["ada", "backup-service"], clock)
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let ada = try await gateway.people.person(named: "ada", in: caller.tenant).id
        let spared = try await gateway.people.person(named: "backup-service", in: caller.tenant).id
        try await running.serve { api in
            #expect(try await Self.signIn("ada", api).url == Self.account, "before there is a rule a password does")
            try await Self.enforce(
                [["id": "two", "effect": "step_up", "actions": ["sign_in"], "require": ["acr": "aal2"]]], api)
            let web = try await Self.signIn("ada", api)
            #expect(web.page.contains("An invitation is needed"), "\(web.url)")
            let other = try await Self.signIn("backup-service", api)
            #expect(other.page.contains("An invitation is needed"))
            try await Self.exempt(spared, api)
            #expect(try await Self.signIn("backup-service", api).url == Self.account)
            let lifted = try await Self.newest("login.succeeded", api)
            #expect(lifted?["facts"]?["exemptions"]?.list?.count == 1, "\(String(describing: lifted))")
            let link = try await gateway.credentials.createLink(
                for: .invitation, person: ada, lifetime: .hours(1), by: caller)
            try await web.submit("code", ["code": link.token.reveal()])
            let secret = web.page.firstMatch(of: /class="secret"><code>([A-Z2-7 ]+)</).map { String($0.output.1) } ?? ""
            let app = try #require(AuthenticatorApp(secret: secret))
            try await web.submit("code", ["code": app.code(at: clock.value.seconds)])
            try await web.submit("kept", [:])
            #expect(web.url == Self.account)
            let event = try await Self.newest("login.succeeded", api)
            #expect(
                event?["facts"]?["policies"]?.list?.map { $0["id"] } == [Self.policy], "\(String(describing: event))")
            #expect(event?["facts"]?["policy_versions"]?.list == [4])
        }
    }

    @Test("how long a session idles and lives is no longer than a rule says, and as configured for the exempted")
    func lifetimes() async throws {
        let clock = MovedClock()
        let running = try await Self.open(["ada", "grace"], clock)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        let grace = try await running.gateway.people.person(named: "grace", in: caller.tenant).id
        try await running.serve { api in
            try await Self.enforce(
                [
                    [
                        "id": "short", "effect": "allow", "actions": ["sign_in"],
                        "params": ["idle_seconds": 300, "absolute_seconds": 900],
                    ]
                ], api)
            try await Self.exempt(grace, api)
            let (used, left) = (try await Self.signIn("ada", api), try await Self.signIn("ada", api))
            let spared = try await Self.signIn("grace", api)
            func isIn(_ web: WebPerson) async throws -> Bool {
                try await web.request(.get, Self.account)
                return web.status == 200
            }
            for minute in 1...14 {
                clock.advance(.minutes(1))
                if minute == 5 { #expect(try await !isIn(left), "five minutes without use") }
                #expect(try await isIn(used), "minute \(minute)")
            }
            clock.advance(.minutes(1))
            #expect(try await !isIn(used), "fifteen minutes in all")
            #expect(try await isIn(spared))
        }
    }

    @Test("a rule on sessions that go on asks at /account for a fresh proof, and ends those that it refuses")
    func keeping() async throws {
        let clock = MovedClock()
        let running = try await Self.open(["ada"], clock)
        try await running.serve { api in
            let web = try await Self.signIn("ada", api)
            try await Self.enforce(
                [
                    ["id": "fresh", "effect": "step_up", "actions": ["keep_session"], "require": ["max_age": 600]],
                    [
                        "id": "old", "effect": "deny", "actions": ["keep_session"],
                        "when": ["greater_than": ["context.age": 1_500]],
                    ],
                ], api)
            clock.advance(.minutes(9))
            try await web.open(Self.account)
            #expect(web.url == Self.account, "nine minutes are fresh enough")
            clock.advance(.minutes(2))
            try await web.open(Self.account)
            #expect(web.url.contains("/login"), "\(web.url)")
            try await web.submit("password", ["password": Self.password])
            #expect(web.url == Self.account)
            clock.advance(.minutes(9))
            try await web.open(Self.account)
            #expect(web.url == Self.account, "the second proof counts")
            clock.advance(.minutes(6))
            try await web.open(Self.account)
            #expect(web.page.contains("name=\"identifier\""), "a fresh proof makes no session younger: \(web.url)")
            let ended = try await Self.newest("session.ended", api)
            #expect(
                ended?["facts"]?["reason"] == "rule"
                    && ended?["facts"]?["policies"]?.list?.map { $0["id"] } == [Self.policy])
        }
    }

    @Test(
        "a refusing rule lets nobody in, after the password and not before, and the machine's administrator takes it back"
    )
    func refused() async throws {
        let clock = MovedClock()
        let running = try await Self.open(["ada"], clock)
        try await running.serve { api in
            try await Self.enforce([["id": "shut", "effect": "deny", "actions": ["sign_in"]]], api)
            let web = try await Self.signIn("ada", api)
            #expect(web.page.contains("A rule of your organization does not let you sign in now."))
            let event = try await Self.newest("login.refused", api)
            #expect(event?["facts"]?["code"] == "login.refused_by_rule")
            #expect(Self.policies(event) == [Self.policy])
            let wrong = WebPerson(api.client)
            try await wrong.open(Self.account)
            try await wrong.submit("identifier", ["identifier": "ada"])
            try await wrong.submit("password", ["password": "not the right one"])
            #expect(!wrong.page.contains("A rule of your organization"), "who cannot prove it learns nothing of rules")
            clock.advance(.hours(1))
            try await api.govern("suspend", ["policy_id": Self.policy, "reason": "Nobody gets in any more."])
            #expect(try await Self.signIn("ada", api).url == Self.account)
        }
    }

    @Test("a rule over every action is not about signing in, advisory ones bind nobody, and bounds are whole seconds")
    func meant() async throws {
        let clock = MovedClock()
        let running = try await Self.open(["ada"], clock)
        try await running.serve { api in
            let draft: AttributeValue = "00000000-0000-7000-8000-000000000022"
            try await api.govern(
                "create",
                [
                    "policy_id": draft, "name": "Bounds", "policy_type": "Security", "enforcement": "Mandatory",
                    "scope": "Organization",
                ])
            for seconds in [0, -1, "long", ["warn": 5]] as [AttributeValue] {
                let rule: AttributeValue = [
                    "id": "bad", "effect": "allow", "actions": ["sign_in"], "params": ["idle_seconds": seconds],
                ]
                let answer = try await api.send(
                    .post, "/api/v1/governance/commands/add_rule",
                    ["policy_id": draft, "rule_id": draft, "rule": rule])
                #expect(answer.status == 400 && answer.text.contains("params.idle_seconds"), "\(answer.text)")
            }
            try await Self.enforce(
                [["id": "shut", "effect": "deny", "actions": ["sign_in"]]], enforcement: "advisory", api)
            try await api.enforce(rule: ["id": "everything", "effect": "deny", "actions": ["read"]], 8)
            #expect(try await Self.signIn("ada", api).url == Self.account)
        }
    }
}
