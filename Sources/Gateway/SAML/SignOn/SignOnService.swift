import Identity
import SAML
import Storage
import Vocabulary

/// The identity provider of SAML 2.0: reads what applications ask through browsers, lets the pure rules of the protocol say
/// what has to happen next, and issues an assertion when everything has (SAML Profiles §4.1).
public struct SignOnService: Sendable {
    let store: Store
    let live: LiveCredentials
    let applications: SAMLApplicationTable
    let saml: SAMLService
    let entry: EntryPolicy
    let attributes: SAMLAttributeService
    let artifacts: SAMLArtifacts
    let origins: SignInOrigins
    /// What rules say of a session that somebody uses.
    let verdict: @Sendable (Session, String?) async throws -> SessionVerdict
    let clock: @Sendable () -> Timestamp

    // MARK: Requests

    /// Takes a request. One that can be answered at once leaves nothing behind.
    ///
    /// - Parameter browser: bound to a pre-session secret: what waits is this browser's.
    public func begin(_ message: ArrivedMessage, from browser: AuthorizationBrowser) async throws -> SignOnAnswer {
        try await answering {
            guard message.kind == .request else {
                throw MessageFault(.binding, "SAMLResponse is none of an application's; it asks by SAMLRequest")
            }
            switch try await read(message, in: browser.tenant) {
            case .answer(let delivery): return .send(delivery)
            case .pending(let pending):
                // A form of another site brings no cookies along.
                if message.binding == .post { return .goOn(handle: try await keep(pending, for: nil)) }
                return try await proceed(pending, from: browser)
            }
        }
    }

    /// Sends somebody to an application that did not ask, where that is allowed for it.
    ///
    /// - Parameter target: one of the application's start targets; nil for none.
    public func start(
        _ entityID: String, target: String?, from browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer {
        try await answering {
            let application = try application(entityID, in: browser.tenant)
            let entity = try await entity(of: application)
            if let target, !application.settings.startTargets.contains(where: { $0.utf8.elementsEqual(target.utf8) }) {
                throw MessageFault(.binding, "the target is none of the application's `start_targets`")
            }
            let request = try saml.identityProvider(of: browser.tenant).unsolicited(
                to: entity, policy: application.settings.policy, now: clock().seconds)
            let pending = PendingSignOn(
                record: .init(request: request, relayState: target), application: application, entity: entity,
                createdAt: clock(), handle: nil)
            return try await proceed(pending, from: browser)
        }
    }

    /// Goes on with a request, after somebody signed in.
    public func resume(_ handle: String, from browser: AuthorizationBrowser) async throws -> SignOnAnswer {
        try await with(handle, browser) { try await proceed($0, from: browser) }
    }

    /// Somebody who was kept out goes back: the application is told that it was refused.
    public func decline(_ handle: String, from browser: AuthorizationBrowser) async throws -> SignOnAnswer {
        try await with(handle, browser) {
            .send(try await close($0, Status(.responder, .requestDenied), from: browser))
        }
    }

    private func with(
        _ handle: String, _ browser: AuthorizationBrowser, _ body: (PendingSignOn) async throws -> SignOnAnswer
    ) async throws -> SignOnAnswer {
        try await answering {
            guard let pending = try await find(handle, for: browser) else {
                throw MessageFault(.stale, "the request is unknown, was answered, or is too old")
            }
            return try await body(pending)
        }
    }

    private func answering(_ body: () async throws -> SignOnAnswer) async throws -> SignOnAnswer {
        do {
            return try await body()
        } catch let fault as MessageFault {
            return .refuse(fault)
        } catch let error as SAMLError {
            return .refuse(MessageFault(.malformed, error.detail))
        }
    }

    // MARK: Reading

    enum Reading {
        case pending(PendingSignOn)
        case answer(SignOnDelivery)
    }

    /// - Parameter channels: by which an enhanced client says it speaks to the application.
    func read(
        _ message: ArrivedMessage, channels: [ChannelBinding] = [], in tenant: TenantID
    ) async throws -> Reading {
        let executor = try saml.executor()
        guard let issuer = try await executor.run({ try message.claimedIssuer(of: .authnRequest) }) else {
            throw MessageFault(.issuer, "the request names no Issuer")
        }
        let application = try application(issuer, in: tenant)
        let entity = try await entity(of: application)
        let keys = Self.keys(of: entity, at: clock().seconds)
        let policy = saml.algorithms.believed
        let (element, signature) = try await executor.run {
            try message.examined(as: .authnRequest, keys: keys, policy: policy)
        }
        var settings = try saml.identityProvider(of: tenant)
        let request = try AuthnRequest(reading: element)
        settings.asksBehind = origins.knower(of: request.authnContext, in: tenant) != nil
        let reading = settings.read(
            request, from: entity, policy: application.settings.policy,
            arrival: MessageArrival(
                location: saml.signOn(of: tenant, by: message.binding), binding: message.binding,
                signature: signature, channels: channels),
            now: clock().seconds)
        switch reading {
        case .page(let fault): throw fault
        case .answered(let status, let place):
            return .answer(
                try await deliver(
                    status, at: place, to: application, entity, relayState: message.relayState))
        case .accepted(let request):
            return .pending(
                PendingSignOn(
                    record: .init(request: request, relayState: message.relayState?.text), application: application,
                    entity: entity, createdAt: clock(), handle: nil))
        }
    }

    /// The application that calls itself so.
    func application(_ entityID: String, in tenant: TenantID) throws -> SAMLApplication {
        guard let found = applications.application(entityID, in: tenant), !found.isDisabled else {
            throw MessageFault(
                .issuer,
                "no application with this entity id is registered here, or it is switched off; "
                    + "register it with its metadata")
        }
        return found
    }

    /// Its metadata as they are now.
    func entity(of application: SAMLApplication) async throws -> EntityDescriptor {
        do { return try await application.entity() } catch let fault as Fault {
            throw MessageFault(.issuer, "the application's metadata cannot be used now: \(fault.message)")
        }
    }

    /// Every key that signs and is sound.
    static func keys(of entity: EntityDescriptor, at now: Int64) -> [SAMLVerificationKey] {
        let role = entity.serviceProvider(at: now, skew: SAMLService.clockSkew)?.role
        return (role?.signingKeys ?? []).filter(\.isStrong).compactMap { try? $0.verificationKey() }
    }
}

extension Gateway {
    /// The identity provider of SAML 2.0.
    public var signOn: SignOnService {
        SignOnService(
            store: store, live: live, applications: samlApplications, saml: saml,
            entry: EntryPolicy(decisions: decisions), attributes: samlAttributes, artifacts: samlArtifacts,
            origins: SignInOrigins(store: store, redirects: redirects, providers: providers),
            verdict: { [self] in try await verdict(on: $0, trace: $1) }, clock: clock)
    }
}
