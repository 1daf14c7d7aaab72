import Identity
import SAML
import Storage
import Vocabulary

extension SignOnService {
    /// What an assertion says, before anything of it is written.
    private struct Told {
        let name: NameIDDecision
        /// Of a name that is neither transient nor persistent.
        let value: String?
        let attributes: [SAMLAttribute]
        let authn: ProvenAuthn
        let proxyCount: Int?
    }

    /// Issues an assertion, or tells the application why no name can be given.
    ///
    /// - Parameter passesOn: how often whoever vouched for them lets that be passed on; nil for any.
    func issue(
        _ pending: PendingSignOn, _ session: Session, _ proven: ProvenAuthn, passesOn: Int?,
        _ browser: AuthorizationBrowser
    ) async throws -> SignOnDelivery {
        do {
            return try await assertion(pending, session, proven, passesOn: passesOn, browser)
        } catch let refusal as SignOnNames.Refusal {
            return try await close(pending, refusal.status, from: browser)
        }
    }

    /// Issues an assertion: the request is used up, and what the application will know of the person and the session is
    /// written, in one transaction; then it is signed.
    ///
    /// - Throws: `SignOnNames.Refusal` where no name can be given; nothing is written then.
    func assertion(
        _ pending: PendingSignOn, _ session: Session, _ proven: ProvenAuthn, passesOn: Int?,
        _ browser: AuthorizationBrowser
    ) async throws -> SignOnDelivery {
        let application = pending.application
        let settings = try saml.identityProvider(of: application.tenant)
        let key = try saml.signingKey(for: pending.entity, settings, at: clock().seconds)
        let decision = settings.nameID(
            for: pending.request, peer: pending.entity, policy: application.settings.policy,
            affiliations: application.settings.affiliations, now: clock().seconds)
        if case .refuse(let status) = decision { throw SignOnNames.Refusal(status: status) }
        let told = Told(
            name: decision, value: try await attributes.nameValue(of: session.person, for: application),
            attributes: try await attributes.released(
                to: application, pending.entity, of: session.person,
                serviceIndex: pending.request.attributeServiceIndex, isStrong: session.strength >= .aal2),
            authn: proven, proxyCount: passesOn.map { max(0, $0 - 1) })
        let plan = try await store.write(.login) { [self] tx in
            try Self.useUp(pending, tx)
            let content = try enter(pending, session, told, browser, tx)
            return try settings.answer(
                pending.request, with: content, peer: pending.entity, policy: application.settings.policy,
                key: key.kind.metadataKind,
                ids: AnswerIDs(
                    response: MessageHeader.id(random: Randomness.bytes(20)),
                    assertion: MessageHeader.id(random: Randomness.bytes(20))), now: tx.now.seconds)
        }
        return try await send(
            plan, key, to: application, relayState: pending.relayState, wasSigned: pending.request.isSigned)
    }

    /// Writes down that somebody enters, by which name, and says what the application is told.
    private func enter(
        _ pending: PendingSignOn, _ session: Session, _ told: Told, _ browser: AuthorizationBrowser, _ tx: Transaction
    ) throws -> AssertionContent {
        let application = pending.application
        guard live.session(session.id).map({ !$0.isExpired(at: tx.now) }) ?? false else {
            throw MessageFault(.stale, "the session has ended")
        }
        let names = SignOnNames(issuer: saml.entityID(of: application.tenant), tenant: application.tenant)
        let name = try names.name(told.name, of: session.person, value: told.value, for: pending.entity, tx)
        let index = SignOnNames.sessionIndex(of: session.id, at: application.entityID)
        // Without a name nobody could say later whose session is to end.
        if let name {
            try tx.remember(
                PeerSession(peer: application.entityID, nameID: name, sessionIndex: index), as: .serviceProvider,
                of: session.id, in: application.tenant)
        }
        let caller = Caller(
            tenant: application.tenant, actor: .person(session.person),
            principal: ValidatedCredential.session(session).principal, command: .random(at: tx.now),
            trace: browser.trace)
        try tx.append(
            caller.event(
                "saml_application.entered", Stream("saml_application", application.id),
                facts: [
                    Fact("person", .id(session.person, "person")), Fact("session", .id(session.id, "session")),
                ]))
        return AssertionContent(
            nameID: name, authn: told.authn, attributes: told.attributes, sessionIndex: index,
            sessionNotOnOrAfter: session.absoluteEnd.seconds, proxyCount: told.proxyCount,
            generatedKey: pending.request.answerBinding == .paos ? Randomness.bytes(32) : nil)
    }

    /// Answers with an error, which uses the request up.
    func close(
        _ pending: PendingSignOn, _ status: Status, from browser: AuthorizationBrowser
    ) async throws -> SignOnDelivery {
        if pending.handle != nil { try await store.write(.login) { tx in try Self.useUp(pending, tx) } }
        return try await deliver(
            status, at: pending.request.answerPlace, to: pending.application, pending.entity,
            relayState: pending.relayState)
    }

    /// Tells an application that it was not served, and why, by the codes of the protocol.
    func deliver(
        _ status: Status, at place: AnswerPlace, to application: SAMLApplication, _ entity: EntityDescriptor,
        relayState: RelayState?
    ) async throws -> SignOnDelivery {
        let now = clock().seconds
        let settings = try saml.identityProvider(of: application.tenant)
        let key = try saml.signingKey(for: entity, settings, at: now)
        let plan = try settings.answer(
            status, at: place, peer: entity, key: key.kind.metadataKind,
            id: MessageHeader.id(random: Randomness.bytes(20)), now: now)
        return try await send(plan, key, to: application, relayState: relayState)
    }

    private func send(
        _ plan: AnswerPlan, _ key: SAMLSigningKey, to application: SAMLApplication, relayState: RelayState?,
        wasSigned: Bool = false
    ) async throws -> SignOnDelivery {
        if plan.binding == .paos {
            return .envelope(
                try await saml.executor().run { try plan.envelope(signingWith: key, wasSigned: wasSigned) })
        }
        let document = try await saml.executor().run { try plan.document(signingWith: key) }
        guard plan.binding != .artifact else {
            return .address(
                try await artifacts.keep(document, for: application, relayState: relayState, at: plan.location))
        }
        let form = PostBinding.Form(document, kind: .response, relayState: relayState, at: plan.location)
        return .form(address: form.address, fields: form.fields.map { PostedField($0.name, $0.value) })
    }
}
