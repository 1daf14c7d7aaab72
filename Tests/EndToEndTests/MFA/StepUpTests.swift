import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// Two factors asked for by a role, by an application and by a policy: the request is refused with what is missing, the
/// person brings it, and the same request passes. S4-14.
@Suite("A step-up is asked for and satisfied")
struct StepUpTests {
    enum Person: String, CaseIterable, Sendable {
        case local, directory

        var login: String { self == .local ? "lea" : "dora" }
        var password: String { self == .local ? "a long enough local one" : "dora in her directory" }
        var provider: String { self == .local ? "Password" : "Directory" }
    }

    enum Cause: String, CaseIterable, Sendable {
        case policy, role, application

        var page: String {
            switch self {
            case .policy: "https://plain.example.org/sealed"
            case .role: "https://plain.example.org/operations"
            case .application: "https://strict.example.org/open"
            }
        }
    }

    private static let trusting = "trusted_proxies: [127.0.0.1/32]"

    private static let ldif = """
        dn: dc=step,dc=up
        objectClass: dcObject
        objectClass: organization
        dc: step
        o: Step up

        dn: uid=dora,dc=step,dc=up
        objectClass: inetOrgPerson
        uid: dora
        cn: Dora
        sn: Dora
        mail: dora@example.org
        userPassword: dora in her directory
        """

    private static let policies = """
        version: 1
        policies:
          - id: open
            effect: allow
            subjects: any
            actions: [read]
            resources: { types: [page], ids: ["/open"] }
          - id: sealed
            effect: allow
            subjects: any
            actions: [read]
            resources: { types: [page], ids: ["/sealed"] }
            require: { acr: aal2, max_age: 600 }
          - id: operations
            effect: allow
            subjects: { roles: [Operator] }
            actions: [read]
            resources: { types: [page], ids: ["/operations"] }
        """

    private func running(_ slapd: SlapdServer, trusting authority: String) async throws -> TestGateway {
        try await TestGateway.open(
            server: Self.trusting,
            extra: """
                providers:
                  - { id: local, type: local, name: Password }
                  - id: directory
                    type: ldap
                    name: Directory
                    servers: ["\(slapd.ldapsURL ?? "")"]
                    tls: { ca_file: "\(authority)" }
                    bind_dn: "\(slapd.serviceDN)"
                    bind_password_file: bind.password
                    login: { method: search }
                    people:
                      base: "dc=step,dc=up"
                      login_attribute: uid
                      key_attribute: entryUUID
                      attributes: { display_name: cn, mail: mail }
                applications:
                  - id: plain
                    name: Plain
                    host: plain.example.org
                    public_url: https://plain.example.org
                    forward_auth: { enabled: true }
                  - id: strict
                    name: Strict
                    host: strict.example.org
                    public_url: https://strict.example.org
                    required_acr: 2
                    forward_auth: { enabled: true }
                policies:
                  - { file: policies.yaml }
                mfa: { required_roles: [Operator] }
                """, files: ["policies.yaml": Self.policies, "bind.password": slapd.servicePassword])
    }

    @Test(arguments: Person.allCases, Cause.allCases)
    func `whatever asks for it and whoever is asked`(person: Person, cause: Cause) async throws {
        let certificates = try await LocalCertificates(name: "Step-up authority")
        let slapd = try await SlapdServer(
            ldif: Self.ldif, suffix: "dc=step,dc=up",
            certificates: try await certificates.server(names: ["127.0.0.1", "localhost"]))
        defer { slapd.stop() }
        let running = try await running(slapd, trusting: certificates.authorityFile)
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        if person == .local { try await makeLocalPerson(person, gateway, caller) }
        try await running.serve { api in
            let web = WebPerson(api.client)
            try await signIn(web, person)
            #expect(web.status == 200, "one factor is enough for an open page")
            let known = try await gateway.people.person(named: person.login, in: caller.tenant)
            if cause == .role { try await makeOperator(known.id, gateway, caller) }
            try await expectChallenge(web, cause)
            try await expectAnswers(api, known.id, person, cause, isStrong: false)
            try await stepUp(web, known.id, cause, gateway, caller)
            #expect(web.url == cause.page)
            #expect(web.status == 200, "the same request passes: \(web.page)")
            try await expectAnswers(api, known.id, person, cause, isStrong: true)
            // A program with the same cookies is let through as well, without another word.
            try await web.request(.get, cause.page, accepting: "application/json")
            #expect(web.status == 200)
            #expect(web.challenge.isEmpty)
        }
    }

    private func makeLocalPerson(_ person: Person, _ gateway: Gateway, _ caller: Caller) async throws {
        var edit = PersonEdit()
        edit.login = person.login
        edit.displayName = "Lea"
        let made = try await gateway.people.create(edit, by: caller)
        let outcome = try await gateway.credentials.setPassword(
            SecretText(person.password), of: made.id, mustChange: false, by: caller)
        #expect(outcome == .changed)
    }

    private func makeOperator(_ person: PersonID, _ gateway: Gateway, _ caller: Caller) async throws {
        let role = try await gateway.roles.role(named: "Operator", in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .person(person), expiresAt: nil, by: caller)
    }

    private func signIn(_ web: WebPerson, _ person: Person) async throws {
        try await web.open("https://plain.example.org/open")
        let choice = web.page.firstMatch(
            of: try Regex("value=\"([^\"]+)\"[^>]*><span>\(person.provider)", as: (Substring, Substring).self))
        try await web.submit(
            "identifier", ["identifier": person.login, "provider": choice.map { String($0.output.1) } ?? ""])
        try await web.submit("password", ["password": person.password])
    }

    /// A program hears by RFC 9470 §3 what is missing; a browser is sent where it can be brought.
    private func expectChallenge(_ web: WebPerson, _ cause: Cause) async throws {
        if cause == .application {
            // The weak session is not even handed over to the application that asks for more.
            try await web.request(.get, cause.page, accepting: "application/json")
            #expect(web.status == 401)
            return
        }
        try await web.request(.get, cause.page, accepting: "application/json")
        #expect(web.status == 401)
        #expect(web.location == nil, "a program is not sent to a page for people")
        #expect(web.challenge.hasPrefix("Bearer realm=\"plain\", error=\"insufficient_user_authentication\""))
        #expect(web.challenge.contains("acr_values=\"urn:gatehouse:aal:2\""))
        #expect(web.challenge.contains("max_age=\"600\"") == (cause == .policy))
        try await web.request(.get, cause.page)
        #expect(web.status == 401)
        let start = web.location ?? ""
        #expect(start.hasPrefix("https://plain.example.org/.gatehouse/start?"))
        #expect(start.contains("acr=urn%3Agatehouse%3Aaal%3A2"))
        #expect(start.contains("max_age=600") == (cause == .policy))
    }

    /// A service that names the session hears what its proofs are worth, and an explanation shows them.
    private func expectAnswers(
        _ api: TestAPI, _ known: PersonID, _ person: Person, _ cause: Cause, isStrong: Bool
    ) async throws {
        let page = try #require(URL(string: cause.page)).path
        let list = try await api.send(.get, "/api/v1/people/\(known)/sessions").body?["items"]?.list ?? []
        let session = try #require(list.first?["id"]?.string)
        #expect(list.count == 1)
        let question: [String: AttributeValue] = ["action": "read", "resource_type": "page", "resource": .string(page)]
        func ask(_ path: String, _ more: [String: AttributeValue]) async throws -> AttributeValue? {
            try await api.send(.post, path, .object(question.merging(more) { $1 })).body
        }
        let named = try await ask("/api/v1/decide", ["session": .string(session), "subject": .string(person.login)])
        let isAsked = cause != .application
        #expect(named?["decision"] == .bool(isStrong || !isAsked), "\(String(describing: named))")
        let reasons = named?["context"]?["reason_codes"]?.list ?? []
        #expect(reasons.contains("step_up_required") == (isAsked && !isStrong))
        // By name alone nothing is proven, whatever sessions there are.
        let nameless = try await ask("/api/v1/decide", ["subject": .string(person.login)])
        #expect(nameless?["decision"] == .bool(!isAsked))

        let why = try await ask("/api/v1/explain", ["session": .string(session)])
        #expect(why?["subject"]?["login"] == .string(person.login))
        let stood = why?["authentication"]
        #expect(stood?["type"] == "session" && stood?["id"] == .string(session))
        #expect(stood?["provider"] == .string(person.provider))
        #expect(stood?["acr"] == (isStrong ? "urn:gatehouse:aal:2" : "urn:gatehouse:aal:1"))
        let proofs = stood?["proofs"]?.list ?? []
        #expect(proofs.first?["method"] == "pwd" && proofs.first?["provider"] == .string(person.provider))
        #expect(proofs.contains { $0["method"] == "otp" } == isStrong)
        #expect(stood?["auth_time"]?.string == proofs.compactMap { $0["at"]?.string }.max())
        let missing = (why?["missing"]?.list ?? []).compactMap(\.string).joined()
        #expect(missing.contains("sign in with a second factor") == (isAsked && !isStrong), "\(missing)")
        if cause == .role {
            let role = why?["roles"]?.list?.first { $0["name"] == "Operator" }
            #expect(role?["held_back"] == .bool(!isStrong))
        }
        #expect(try await ask("/api/v1/explain", ["subject": .string(person.login)])?["authentication"] == nil)
    }

    private func stepUp(
        _ web: WebPerson, _ person: PersonID, _ cause: Cause, _ gateway: Gateway, _ caller: Caller
    ) async throws {
        try await web.open(cause.page)
        #expect(web.page.contains("An invitation is needed"), "a password alone sets up no first factor: \(web.url)")
        let link = try await gateway.credentials.createLink(
            for: .invitation, person: person, lifetime: .hours(1), by: caller)
        try await web.submit("code", ["code": link.token.reveal()])
        let secret = web.page.firstMatch(of: /class="secret"><code>([A-Z2-7 ]+)</).map { String($0.output.1) } ?? ""
        let app = try #require(AuthenticatorApp(secret: secret), "\(web.page.suffix(500))")
        try await web.submit("code", ["code": app.code(at: gateway.clock().seconds)])
        #expect(web.page.contains("Keep these recovery codes"))
        try await web.submit("kept", [:])
    }

    // The same demand in front of the gateway's own API: what an administrator may do waits for the second factor too.
    @Test func `an administrator by role is asked for two factors by the management API`() async throws {
        let running = try await TestGateway.open(
            server: Self.trusting,
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                mfa: { required_roles: [Admin] }
                """)
        let gateway = running.gateway
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        try await makeLocalPerson(.local, gateway, caller)
        try await running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            try await web.submit("identifier", ["identifier": Person.local.login])
            try await web.submit("password", ["password": Person.local.password])
            try await web.request(.get, WebPerson.gateway + "/api/v1/people", accepting: "application/json")
            #expect(web.status == 403, "nobody in particular may not list people")
            let known = try await gateway.people.person(named: Person.local.login, in: caller.tenant)
            let admin = try await gateway.roles.role(named: "Admin", in: caller.tenant)
            _ = try await gateway.roles.assign(admin.id, to: .person(known.id), expiresAt: nil, by: caller)
            try await web.request(.get, WebPerson.gateway + "/api/v1/people", accepting: "application/json")
            #expect(web.status == 401)
            #expect(web.challenge.contains("error=\"insufficient_user_authentication\""))
        }
    }
}
