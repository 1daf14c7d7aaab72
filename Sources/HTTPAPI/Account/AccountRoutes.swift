import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import OAuth
import Vocabulary

/// `/account`: what a signed-in person sees and changes of themselves; also below `/t/{tenant}`.
func accountRoutes(
    _ router: Router<GatewayRequestContext>, gateway: Gateway, pages: PageRenderer, trusted: TrustedProxies,
    limit: SourceRateLimit
) -> AccountRoutes {
    let routes = AccountRoutes(gateway: gateway, pages: pages, trusted: trusted, limit: limit)
    for prefix in ["", "/t/{tenant}"] {
        router.get("\(prefix)/") { try await routes.home($0, $1) }
        router.get("\(prefix)/account") { try await routes.show($0, $1) }
        router.post("\(prefix)/account/sessions/end") { try await routes.endSession($0, $1) }
        router.post("\(prefix)/account/sessions/end-others") { try await routes.endOthers($0, $1) }
        router.post("\(prefix)/account/applications/withdraw") { try await routes.withdraw($0, $1) }
        router.get("\(prefix)/account/password") { try await routes.passwordPage($0, $1) }
        router.post("\(prefix)/account/password") { try await routes.changePassword($0, $1) }
        router.get("\(prefix)/account/authenticator") { try await routes.authenticatorPage($0, $1) }
        router.post("\(prefix)/account/authenticator") { try await routes.confirmAuthenticator($0, $1) }
        router.get("\(prefix)/account/authenticator/remove") { try await routes.removalPage($0, $1) }
        router.post("\(prefix)/account/authenticator/remove") { try await routes.removeAuthenticator($0, $1) }
        router.post("\(prefix)/account/kept") { try await routes.codesKept($0, $1) }
        routes.installLinks(on: router, prefix: prefix)
        router.get("\(prefix)/account/recovery-codes") { try await routes.recoveryPage($0, $1) }
        router.post("\(prefix)/account/recovery-codes") { try await routes.makeRecoveryCodes($0, $1) }
    }
    return routes
}

/// A signed-in person's request.
struct AccountCall: Sendable {
    let call: BrowserCall
    let session: Session
    let secret: SecretText
    let person: Person

    var caller: Caller { call.caller(session) }

    func token(_ purpose: String) throws -> String { try call.token("account.\(purpose)", secret) }

    func form(
        _ request: Request, _ purpose: String, limit: Int = BrowserCall.formLimit
    ) async throws -> FormBody {
        try await call.form(request, purpose: "account.\(purpose)", binding: secret, limit: limit)
    }

    func header() throws -> PageHeader {
        PageHeader(
            name: person.displayName ?? person.login, accountPath: call.path("/account"),
            logoutPath: call.path("/logout"), logoutToken: try call.token(LoginRoutes.logoutPurpose, secret))
    }
}

struct AccountRoutes: Sendable {
    let gateway: Gateway
    let pages: PageRenderer
    let trusted: TrustedProxies
    let limit: SourceRateLimit

    /// What a request may do: answer here, or go to the login first.
    enum Admission {
        case admitted(AccountCall)
        case redirect(Response)
    }

    /// How old the newest proof may be for a change of credentials.
    static let freshness: Duration = .minutes(5)

    /// Lets a live session in. `isSensitive` asks for a primary proof within `freshness`, and for the second factor
    /// where the person has one: a cookie left behind in a browser changes no credential.
    func admit(
        _ request: Request, _ context: GatewayRequestContext, isSensitive: Bool = false
    ) async throws -> Admission {
        let call = try BrowserCall(request, context, gateway, trusted)
        try limit.admit(call.source, at: gateway.clock())
        guard let (session, secret) = try call.session() else {
            return .redirect(call.redirect(Self.login(call, request, demands: "")))
        }
        switch try await gateway.verdict(on: session, trace: call.trace) {
        case .kept: break
        case .over: return .redirect(call.redirect(Self.login(call, request, demands: "")))
        case .stepUp(let demand): return .redirect(call.redirect(Self.login(call, request, demands: demand.query)))
        }
        let person = try await gateway.people.person(session.person, in: call.tenant.id)
        let account = AccountCall(call: call, session: session, secret: secret, person: person)
        guard isSensitive else { return .admitted(account) }
        let hasFactor = try await gateway.login.factors(of: person.id).contains(.oneTimePassword)
        let demanded: AuthenticationStrength = hasFactor ? .aal2 : .aal1
        let isFresh = session.satisfies(
            demanded, maxAgeSeconds: Self.freshness.components.seconds, now: gateway.clock())
        if isFresh { return .admitted(account) }
        let demand = AuthenticationRequirement(strength: demanded, maxAgeSeconds: Self.freshness.components.seconds)
        return .redirect(call.redirect(Self.login(call, request, demands: demand.query)))
    }

    /// A form sent too late leads back to its page, not to its own address, which answers posts only.
    private static func login(_ call: BrowserCall, _ request: Request, demands: String) -> String {
        let path = request.method == .get ? request.uri.path : call.path("/account")
        return call.path("/login?return=") + ASCII.percentEncode(path) + demands
    }

    // MARK: Overview

    /// The front door leads to one's account, or to the login before it.
    func home(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try BrowserCall(request, context, gateway, trusted)
        try limit.admit(call.source, at: gateway.clock())
        return call.redirect(call.path(try call.session() == nil ? "/login" : "/account"))
    }

    func show(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context) {
        case .redirect(let response): response
        case .admitted(let account): try await overview(account, notice: Self.notice(account.call.query["done"]))
        }
    }

    private func overview(_ account: AccountCall, notice: String?) async throws -> Response {
        let sessions = gateway.sessions.sessions(of: account.person.id, in: account.call.tenant.id)
        let page = AccountPage(
            notice: notice, profile: Self.profile(account.person),
            factors: try await factors(account) + linkRows(account),
            sessions: try sessions.map { session in
                AccountPage.Session(
                    id: session.id.description, device: Self.describe(session), detail: Self.detail(session),
                    isCurrent: session.id == account.session.id, csrf: try account.token("end"))
            },
            applications: try await applications(account),
            withdrawPath: account.call.path("/account/applications/withdraw"),
            signIns: try await gateway.login.recentSignIns(of: account.person.id, in: account.call.tenant.id)
                .map(Self.row),
            endPath: account.call.path("/account/sessions/end"),
            endOthersPath: account.call.path("/account/sessions/end-others"),
            endOthersToken: try account.token("end-others"),
            adminPath: try await AdminConsole(account: self).isOffered(to: account) ? account.call.path("/admin") : nil)
        return try pages.response(page, person: account.header())
    }

    private static func profile(_ person: Person) -> [(name: String, value: String)] {
        var rows = [(name: "User name", value: person.login)]
        if let name = person.displayName { rows.append(("Name", name)) }
        if let mail = person.mail { rows.append(("E-mail", mail)) }
        if let department = person.department { rows.append(("Department", department)) }
        return rows
    }

    private func factors(_ account: AccountCall) async throws -> [AccountPage.Factor] {
        let (call, person) = (account.call, account.person)
        let known = try await gateway.login.factors(of: person.id)
        var rows: [AccountPage.Factor] = []
        if known.contains(.password) {
            rows.append(
                .init(
                    name: "Password", detail: "Kept here, as a hash.",
                    action: .init("Change", call.path("/account/password"))))
        }
        let provider = gateway.providers.all(in: call.tenant.id).first { $0.id == account.session.provider }
        if !known.contains(.password), let provider, !provider.isRedirect {
            rows.append(.init(name: "Password", detail: "Kept by \(provider.configuration.name)."))
        }
        guard known.contains(.oneTimePassword) else {
            let mayEnrol = try await gateway.login.mayEnrol(account.session)
            rows.append(
                .init(
                    name: "Authenticator app",
                    detail: mayEnrol ? "Not set up." : "Not set up. Your administrator's invitation lets you do it.",
                    action: mayEnrol ? .init("Set up", call.path("/account/authenticator")) : nil))
            return rows
        }
        rows.append(
            .init(
                name: "Authenticator app", detail: "Asked for at every sign-in.",
                action: .init("Remove", call.path("/account/authenticator/remove"))))
        let left = try await gateway.credentials.remainingRecoveryCodes(of: person.id)
        rows.append(
            .init(
                name: "Recovery codes", detail: left == 1 ? "One is left." : "\(left) are left.",
                action: .init("Make new ones", call.path("/account/recovery-codes"))))
        return rows
    }

    private static func describe(_ session: Session) -> String {
        let methods = session.events.reduce(into: [String]()) { names, event in
            let name = Self.name(of: event.method)
            if !names.contains(name) { names.append(name) }
        }
        return "Signed in by " + methods.joined(separator: " and ")
    }

    private static func name(of method: AuthenticationMethod) -> String {
        switch method {
        case .password: "password"
        case .oneTimePassword: "authenticator app"
        case .recoveryCode: "recovery code"
        case .singleUseLink: "link"
        case .apiKey: "key"
        case .operatingSystem: "operating system"
        case .federated: "another provider"
        case .multiFactor: "its second factor"
        }
    }

    private static func row(_ entry: SignInHistory.Entry) -> AccountPage.SignIn {
        let network = entry.network.map { "From the network \($0)" } ?? "From a network without a name"
        return AccountPage.SignIn(
            when: entry.at.reading,
            detail: ([network] + entry.anomalies.map(\.forPeople)).joined(separator: ". ") + ".",
            isOdd: !entry.anomalies.isEmpty)
    }

    private static func detail(_ session: Session) -> String {
        let program = session.origin == nil ? "" : ", by a program that has your password"
        return "Since \(session.createdAt.reading), last used \(session.lastSeenAt.reading)\(program)"
    }

    /// The words of a closed list; what the query says is never shown.
    private static func notice(_ word: String?) -> String? {
        switch word {
        case "ended": "The session has ended."
        case "withdrawn": "The application gets nothing any more, and asks you again."
        case "others": "All other sessions have ended."
        case "password": "Your password is changed, and all other sessions have ended."
        case "removed": "The authenticator app is removed, and its recovery codes are void."
        case "kept": "Your recovery codes are in force."
        case "enrolled": "The authenticator app is set up."
        case "unlinked": "The account is unlinked. Nobody can sign in with it any more."
        case "last_way": "That is the only way you can sign in with, and it stays."
        case let word? where word.hasPrefix("link_"): linkNotice(String(word.dropFirst(5)))
        default: nil
        }
    }

    // MARK: Applications

    private func applications(_ account: AccountCall) async throws -> [AccountPage.Application] {
        let words = ConsentWords(scopes: gateway.configuration.oauth.scopes)
        let agreed = try await gateway.consents.list(
            of: account.person.id, in: account.call.tenant.id, at: gateway.clock())
        return try agreed.map { entry in
            let items = words.items(all: entry.consent, new: Consent()).map(\.text)
            return AccountPage.Application(
                id: entry.client.id.description, name: entry.client.title,
                detail: "Since \(entry.givenAt.reading). It may: " + items.joined(separator: "; ") + ".",
                csrf: try account.token("withdraw"))
        }
    }

    func withdraw(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let account):
            let form = try await account.form(request, "withdraw")
            guard let id = form["application"].flatMap({ ClientID($0) }) else { throw Refusal.notFound }
            try await gateway.consents.withdraw(id, of: account.person.id, by: account.caller)
            return account.call.redirect(account.call.path("/account?done=withdrawn"))
        }
    }

    // MARK: Sessions

    func endSession(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let account):
            let form = try await account.form(request, "end")
            let own = gateway.sessions.sessions(of: account.person.id, in: account.call.tenant.id)
            // Only a session of one's own has a name here.
            guard let id = form["session"].flatMap({ SessionID($0) }), own.contains(where: { $0.id == id }) else {
                throw Refusal.notFound
            }
            _ = try await gateway.sessions.end(id, .logout, by: account.caller)
            return account.call.redirect(account.call.path("/account?done=ended"))
        }
    }

    func endOthers(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let account):
            _ = try await account.form(request, "end-others")
            try await gateway.sessions.endAll(
                of: account.person.id, except: account.session.id, .logout, by: account.caller)
            return account.call.redirect(account.call.path("/account?done=others"))
        }
    }
}

extension LoginAnomaly {
    /// In the words of the person concerned.
    fileprivate var forPeople: String {
        switch self {
        case .impossibleTravel: "Too far from the sign-in before to have travelled"
        case .unusualHour: "At an unusual hour"
        case .newDevice: "From a new browser"
        case .failureBurst: "After several wrong passwords"
        }
    }
}
