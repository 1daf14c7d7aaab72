import Authorization
import Identity
import Logging
import SAML
import Storage
import Vocabulary

/// The identity provider for clients that are no browsers (SAML V2.0 Enhanced Client or Proxy Profile Version 2.0): such a
/// client carries an application's request here together with somebody's login and password, and the answer back.
///
/// Whoever has to prove more than a password is not served here: the application is told so, and nothing is asked for less.
public struct EnhancedClientService: Sendable {
    let signOn: SignOnService
    let login: LoginService
    let sessions: SessionService
    /// Where logins are checked that belong to no provider by their domain.
    let provider: @Sendable (TenantID) -> ProviderID?
    let logger: Logger

    /// What a client shows of somebody (RFC 7617).
    public struct Credentials: Sendable {
        let login: String
        let password: SecretText

        public init(login: String, password: SecretText) {
            self.login = login
            self.password = password
        }
    }

    /// What a client is answered.
    public enum Answer: Sendable {
        case soap(SOAPAnswer)
        /// What came is no request that is believed; the answer is SOAP's own fault.
        case refused(RefusedMessage, SOAPAnswer)
        /// Credentials are missing or wrong.
        case challenge
        case throttled(Duration)
        /// The directory could not be asked.
        case unavailable
    }

    /// Answers an envelope with a request in it.
    ///
    /// - Parameters:
    ///   - credentials: nil where the client showed none.
    ///   - browser: where the request comes from.
    /// - Throws: `saml.busy`, and what the store, the keys and the directories throw. Nothing thrown lets anybody in.
    public func answer(
        _ envelope: [UInt8], _ credentials: Credentials?, from browser: LoginBrowser
    ) async throws -> Answer {
        do {
            return try await serve(envelope, credentials, browser)
        } catch let error as SAMLError where error.reason == .busy {
            throw Fault("saml.busy", .ourselves, "Too many messages are being looked at.", remedy: "Try again later.")
        } catch let error as SAMLError {
            return try await refused(MessageFault(.malformed, error.detail))
        } catch let fault as MessageFault {
            return try await refused(fault)
        }
    }

    private func serve(
        _ envelope: [UInt8], _ credentials: Credentials?, _ browser: LoginBrowser
    ) async throws -> Answer {
        let (message, channels) = try await signOn.saml.executor().run { try ECPEnvelope.arrived(envelope) }
        switch try await signOn.read(message, channels: channels, in: browser.tenant) {
        case .answer(let delivery): return try Self.answer(delivery)
        case .pending(let pending): return try await proceed(pending, credentials, browser)
        }
    }

    /// A password is looked at only for a request that one can fulfil, so that nobody tries passwords without an application
    /// to go to.
    private func proceed(
        _ pending: PendingSignOn, _ credentials: Credentials?, _ browser: LoginBrowser
    ) async throws -> Answer {
        if let status = try signOn.unfulfillable(pending) { return try await refuse(pending, status, browser) }
        guard let credentials else {
            // SAML Core §3.4.1: a client that is asked may ask somebody.
            guard !pending.request.isPassive else {
                return try await refuse(pending, Status(.responder, .noPassive), browser)
            }
            return .challenge
        }
        let tenant = browser.tenant
        let outcome = try await login.signIn(
            credentials.login, credentials.password, to: pending.application.id, at: provider(tenant), from: browser,
            as: .enhancedClient)
        switch outcome {
        case .signedIn(let session): return try await enter(pending, session, browser)
        case .refused: return .challenge
        case .throttled(let wait): return .throttled(wait)
        case .unavailable: return .unavailable
        case .owes(.secondFactor): return try await refuse(pending, Status(.responder, .noAuthnContext), browser)
        case .owes(.newPassword), .barred:
            return try await refuse(pending, Status(.responder, .authnFailed), browser)
        }
    }

    /// A session that leads nowhere ends at once: nobody could use it.
    private func enter(_ pending: PendingSignOn, _ session: Session, _ browser: LoginBrowser) async throws -> Answer {
        do {
            return try Self.answer(try await signOn.enter(pending, session, Self.visitor(browser, session)))
        } catch {
            let caller = Caller(
                tenant: session.tenant, actor: .person(session.person), command: .random(at: login.clock()),
                trace: browser.trace)
            _ = try await sessions.end(session.id, .rule, by: caller)
            guard let refusal = error as? SignOnNames.Refusal else { throw error }
            return try await refuse(pending, refusal.status, browser)
        }
    }

    private func refuse(
        _ pending: PendingSignOn, _ status: Status, _ browser: LoginBrowser
    ) async throws -> Answer {
        logger.notice(
            "an enhanced client was not served",
            metadata: [
                "application": "\(pending.application.id)", "status": .string(status.details.first ?? ""),
            ])
        return try Self.answer(try await signOn.close(pending, status, from: Self.visitor(browser, nil)))
    }

    private static func visitor(_ browser: LoginBrowser, _ session: Session?) -> AuthorizationBrowser {
        AuthorizationBrowser(tenant: browser.tenant, preSession: nil, session: session, trace: browser.trace)
    }

    // MARK: Answers

    private static func answer(_ delivery: SignOnDelivery) throws -> Answer {
        // Places of other bindings are not among those that are answered at from here.
        guard case .envelope(let document) = delivery else {
            throw MessageFault(.binding, "the answer goes by no envelope")
        }
        return .soap(SOAPAnswer(document: document, isFault: false))
    }

    /// SAML Bindings §3.2.3.3: what is no request of the protocol's is answered by SOAP's own fault.
    private func refused(_ fault: MessageFault) async throws -> Answer {
        let document = try await signOn.saml.executor().run {
            try XMLWriter.bytes(of: SOAPEnvelope.fault(.client, "\(fault.code.rawValue): \(fault.detail)"))
        }
        return .refused(RefusedMessage(.authnRequest, fault), SOAPAnswer(document: document, isFault: true))
    }
}

extension SignOnService {
    /// Why a password alone cannot fulfil a request, whosever it is; nil where it can.
    func unfulfillable(_ pending: PendingSignOn) throws -> Status? {
        let application = pending.application
        if let listed = pending.request.scoping?.identityProviders, !listed.isEmpty,
            !listed.contains(saml.entityID(of: application.tenant))
        {
            // Nobody can be sent on to somebody behind us.
            return Status(.responder, .noSupportedIDP)
        }
        let best = ProvenAuthn(
            contextClass: AuthnContextClass.passwordProtectedTransport, instant: pending.createdAt.seconds)
        return try answered(pending, best) == nil ? Status(.responder, .noAuthnContext) : nil
    }

    /// What is told of a proof; nil where it is not enough for the request.
    private func answered(_ pending: PendingSignOn, _ proven: ProvenAuthn) throws -> ProvenAuthn? {
        let step = try saml.identityProvider(of: pending.application.tenant).step(
            pending.request, policy: pending.application.settings.policy, proven: proven,
            began: pending.createdAt.seconds)
        guard case .answer(let said) = step else { return nil }
        return said
    }

    /// Lets somebody in who cannot be asked for more: whatever would be asked for refuses.
    ///
    /// - Throws: `SignOnNames.Refusal` with what the application is told, and as `assertion`.
    func enter(
        _ pending: PendingSignOn, _ session: Session, _ browser: AuthorizationBrowser
    ) async throws -> SignOnDelivery {
        func refusal(_ detail: Status.Detail) -> SignOnNames.Refusal {
            SignOnNames.Refusal(status: Status(.responder, detail))
        }
        guard try await verdict(session, browser.trace) == .kept else { throw refusal(.noAuthnContext) }
        let principal = ValidatedCredential.session(session).principal
        if let answer = try await entry.entry(of: principal, to: EntryPolicy.Place(pending.application)).refusal {
            throw refusal(answer.stepUp == nil ? .requestDenied : .noAuthnContext)
        }
        let origin = try await origins.origin(of: session, wanted: pending.request.authnContext)
        guard let said = try answered(pending, origin.authn) else { throw refusal(.noAuthnContext) }
        return try await assertion(pending, session, said, passesOn: origin.proxyCount, browser)
    }
}

extension Gateway {
    /// The identity provider of SAML 2.0 for clients that are no browsers; nil where they are not served.
    public var enhancedClients: EnhancedClientService? {
        guard saml.servesEnhancedClients else { return nil }
        let wanted = configuration.saml.enhancedClientProviders
        return EnhancedClientService(
            signOn: signOn, login: login, sessions: sessions,
            provider: { [providers] tenant in
                let enabled = providers.enabled(in: tenant)
                return wanted.lazy.compactMap { key in enabled.first { $0.configuration.key == key }?.id }.first
            }, logger: logger)
    }
}
