import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// What a login is begun for.
public struct LoginBeginning: Sendable {
    public var application: ApplicationID?
    /// A path of the gateway, or a URL of the application; anything else is dropped.
    public var returnTarget: String?
    public var demandedStrength: AuthenticationStrength
    public var maxAgeSeconds: Int64?
    /// The browser's live session, which is strengthened where it does not do.
    public var session: Session?
    /// Where the browser is sent at once, instead of being asked.
    public var provider: ProviderID?
    /// The client that asked for it, whose name people read; nil for none.
    public var client: ClientID?
    /// The application that asked for it by SAML, likewise.
    public var samlApplication: SAMLApplicationID?
    /// Nobody may be asked anything.
    public var isPassive = false
    /// What stands in the first field before anybody types (`login_hint`, OpenID Connect Core §3.1.2.1).
    public var loginHint: String?
    /// An answer of the provider's that came without a request.
    var unsolicited: String?

    public init(
        application: ApplicationID? = nil, returnTarget: String? = nil,
        demandedStrength: AuthenticationStrength = .aal1, maxAgeSeconds: Int64? = nil, session: Session? = nil,
        provider: ProviderID? = nil
    ) {
        self.application = application
        self.returnTarget = returnTarget
        self.demandedStrength = demandedStrength
        self.maxAgeSeconds = maxAgeSeconds
        self.session = session
        self.provider = provider
    }
}

/// How a login begins.
public enum LoginStart: Sendable {
    /// The browser's session does already.
    case satisfied(Session, LoginRequest)
    /// A flow has begun, bound to this pre-session secret.
    case begun(secret: SecretText, LoginResult)
}

extension LoginService {
    /// Begins a flow for a browser, or says that its session is enough.
    ///
    /// - Throws: `not_found` for an application of another tenant.
    public func begin(_ beginning: LoginBeginning, from browser: LoginBrowser) async throws -> LoginStart {
        let now = clock()
        var beginning = beginning
        let session = try await kept(&beginning, browser, now)
        let request = try request(of: beginning, stepUpOf: session?.id, in: browser.tenant)
        if let session,
            session.satisfies(request.demandedStrength, maxAgeSeconds: request.maxAgeSeconds, now: now)
        {
            return .satisfied(session, request)
        }
        var (secret, work) = try await insert(request, session, browser, now)
        work.unsolicited = beginning.unsolicited
        if session == nil, let hint = beginning.loginHint, NameKey.isValid(login: hint) { work.login = hint }
        return .begun(secret: secret, try await firstPage(of: work, session, beginning.provider))
    }

    /// The browser's session, where it still counts for anything, and what rules demand before it goes on.
    private func kept(_ beginning: inout LoginBeginning, _ browser: LoginBrowser, _ now: Timestamp) async throws
        -> Session?
    {
        guard let session = beginning.session, !session.isExpired(at: now), session.tenant == browser.tenant else {
            return nil
        }
        guard let ruling = try await environment.keep(session) else { return session }
        guard !ruling.isRefused else { return nil }
        if let strength = ruling.demand?.strength {
            beginning.demandedStrength = max(beginning.demandedStrength, strength)
        }
        beginning.maxAgeSeconds = [beginning.maxAgeSeconds, ruling.demand?.maxAgeSeconds].compactMap { $0 }.min()
        return session
    }

    private func request(
        of beginning: LoginBeginning, stepUpOf session: SessionID?, in tenant: TenantID
    ) throws -> LoginRequest {
        guard let id = beginning.application else {
            return LoginRequest(
                returnTarget: beginning.returnTarget.flatMap { ReturnTarget.isOwnPath($0) ? $0 : nil },
                demandedStrength: beginning.demandedStrength, maxAgeSeconds: beginning.maxAgeSeconds, stepUpOf: session,
                client: beginning.client, samlApplication: beginning.samlApplication,
                isPassive: beginning.isPassive ? true : nil)
        }
        guard let application = environment.application(id), application.tenant == tenant else {
            throw Fault.notFound("application")
        }
        let target = beginning.returnTarget.flatMap { application.accepts(returnTarget: $0) ? $0 : nil }
        let required = application.requirement
        let ages = [beginning.maxAgeSeconds, required.maxAgeSeconds]
        return LoginRequest(
            application: id, returnTarget: target ?? application.settings.publicURL,
            demandedStrength: max(beginning.demandedStrength, required.strength ?? .none),
            maxAgeSeconds: ages.compactMap { $0 }.min(),
            stepUpOf: session)
    }

    /// Inserts a flow for the browser's own pre-session secret, or for a new one.
    func insert(
        _ request: LoginRequest, _ session: Session?, _ browser: LoginBrowser, _ now: Timestamp
    ) async throws -> (SecretText, LoginWork) {
        let presented = browser.preSession.flatMap { BearerToken(text: $0.reveal(), kind: .preSession) }
        let token = try presented ?? Randomness.token(.preSession)
        guard
            let flow = LoginFlow.begin(
                id: FlowID.random(at: now), tenant: browser.tenant, browser: token.hash, request: request,
                session: session, lifetime: settings.flowLifetime, now: now)
        else { throw Fault("session.over", .caller, "The session to strengthen has ended.") }
        try await store.write(.login) { [flows] tx in
            try tx.sql.insert(flow)
            flows.keep(flow, after: tx)
        }
        let own = LoginBrowser(
            tenant: browser.tenant, preSession: token.text, device: browser.device, source: browser.source,
            trace: browser.trace)
        let caller = Caller(
            tenant: browser.tenant, actor: .anonymous, command: CommandID.random(at: now), trace: browser.trace)
        return (token.text, LoginWork(flow, caller, own))
    }

    /// A step-up knows its person, so it goes on to what is missing; every other flow asks who it is.
    private func firstPage(
        of begun: LoginWork, _ session: Session?, _ wanted: ProviderID?
    ) async throws -> LoginResult {
        var work = begun
        var transition = work.flow.decide(.opened, context: try await context(&work), now: clock())
        if let provider = wanted ?? session?.provider, transition.flow.step == .identify {
            let chosen = work.flow.decide(.providerChosen(provider), context: try await context(&work), now: clock())
            if chosen.flow.step == .password || chosen.flow.step == .upstream { transition = chosen }
        }
        return try await settle(transition, &work)
    }
}

/// Where a browser may be sent back to.
public enum ReturnTarget {
    /// A path of the gateway itself: no other host can be hidden in it (`//host`, `/\host`), and it does not lead back
    /// into login or logout.
    public static func isOwnPath(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= 2_048, bytes.first == 0x2F, bytes.count == 1 || (bytes[1] != 0x2F && bytes[1] != 0x5C),
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C })
        else { return false }
        let path = text.prefix { $0 != "?" && $0 != "#" }
        return !path.split(separator: "/").contains { $0 == "login" || $0 == "logout" || $0 == ".." }
    }
}
