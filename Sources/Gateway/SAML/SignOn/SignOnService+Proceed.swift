import Authorization
import Identity
import SAML
import Vocabulary

extension SignOnService {
    /// Asks the rules of the protocol what has to happen next, and does it or says it.
    func proceed(_ pending: PendingSignOn, from browser: AuthorizationBrowser) async throws -> SignOnAnswer {
        var session = browser.session
        if let present = session {
            switch try await verdict(present, browser.trace) {
            case .kept: break
            case .over: session = nil
            case .stepUp(let need): return try await ask(need.strength, need.maxAgeSeconds, pending, browser)
            }
        }
        let origin = try await origin(of: session, pending)
        if let detour = try await detour(pending, origin, browser) { return detour }
        var settings = try saml.identityProvider(of: pending.application.tenant)
        settings.asksBehind = knower(for: pending) != nil
        let step = settings.step(
            pending.request, policy: pending.application.settings.policy, proven: origin?.authn,
            began: pending.createdAt.seconds)
        switch step {
        case .refuse(let status):
            if session == nil, let asked = try await passively(pending, browser) { return asked }
            return .send(try await close(pending, status, from: browser))
        case .authenticate(let classes, let isForced):
            return try await authenticate(classes, isForced, pending, session, browser)
        case .answer(let proven):
            guard let session, let origin else { throw MessageFault(.stale, "the session has ended") }
            if let barred = try await barred(pending, session, browser) { return barred }
            return .send(try await issue(pending, session, proven, passesOn: origin.proxyCount, browser))
        }
    }

    /// What is proven; nil where nobody is signed in, or was before the request came that wants it proven anew. A proof of
    /// the same second as the request may be an older one, so moments are compared.
    private func origin(of session: Session?, _ pending: PendingSignOn) async throws -> SignInOrigins.Origin? {
        guard let session else { return nil }
        if pending.request.forcesAuthn, !session.wasProven(since: pending.createdAt) { return nil }
        return try await origins.origin(of: session, wanted: pending.request.authnContext)
    }

    // MARK: Those behind us

    /// SAML Core §3.4.1.2: who may vouch for somebody besides us, and who has to. Nil where whoever did may.
    private func detour(
        _ pending: PendingSignOn, _ origin: SignInOrigins.Origin?, _ browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer? {
        func refuse(_ detail: Status.Detail) async throws -> SignOnAnswer {
            .send(try await close(pending, Status(.responder, detail), from: browser))
        }
        // A word that may not be passed on is not, whatever the request says (§2.5.1.6).
        if let origin, origin.isForeign, pending.request.scoping?.proxyCount == 0 || origin.proxyCount == 0 {
            return try await refuse(.proxyCountExceeded)
        }
        let (tenant, own) = (pending.application.tenant, saml.entityID(of: pending.application.tenant))
        // Nobody behind us may be asked, and here there is no way to prove anything.
        if origin == nil, !origins.signsInHere(tenant),
            ProxySettings(entityID: own).scoping(for: pending.request, behind: []) == nil
        {
            return try await refuse(.proxyCountExceeded)
        }
        guard let listed = pending.request.scoping?.identityProviders, !listed.isEmpty else { return nil }
        if listed.contains(own) || listed.contains(where: { origin?.isOf($0) ?? false }) { return nil }
        guard let next = try await behind(listed, pending), !pending.request.isPassive else {
            return try await refuse(pending.request.isPassive ? .noPassive : .noSupportedIDP)
        }
        return .authenticate(
            SignOnDemand(
                handle: try await keep(pending, for: browser.binding), application: pending.application,
                strength: nil, maxAge: origin == nil ? nil : 0, provider: next))
    }

    /// The configuration's name of the first of these that people may be sent to; nil where there is none.
    private func behind(_ listed: [String], _ pending: PendingSignOn) async throws -> String? {
        let known = await origins.behind(pending.application.tenant)
        return listed.lazy.compactMap { wanted in known.first { $0.entityID == wanted }?.key }.first
    }

    // MARK: What people are asked

    private func authenticate(
        _ classes: [String], _ isForced: Bool, _ pending: PendingSignOn, _ session: Session?,
        _ browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer {
        let strength = Self.strength(of: classes)
        let isEnough = session.map { $0.strength >= strength } ?? false
        var pending = pending
        if isEnough {
            // They have what is asked for by its strength and not by its name: another way to sign in may have it.
            guard !pending.record.hasAsked else {
                return .send(try await close(pending, Status(.responder, .noAuthnContext), from: browser))
            }
            pending.record.hasAsked = true
        }
        let knower = classes.isEmpty ? knower(for: pending) : nil
        return try await ask(strength, isForced || isEnough ? 0 : nil, at: knower, pending, browser)
    }

    /// Who behind us is asked for what we cannot reach ourselves.
    private func knower(for pending: PendingSignOn) -> String? {
        origins.knower(of: pending.request.authnContext, in: pending.application.tenant)
    }

    /// The weakest of the classes that are enough.
    private static func strength(of classes: [String]) -> AuthenticationStrength {
        let strong = [AuthnContextClass.multiFactor, AuthnContextClass.timeSyncToken]
        return classes.isEmpty || classes.contains { !strong.contains($0) } ? .aal1 : .aal2
    }

    private func ask(
        _ strength: AuthenticationStrength?, _ maxAge: Int64?, at provider: String? = nil, _ pending: PendingSignOn,
        _ browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer {
        guard !pending.request.isPassive else {
            return .send(try await close(pending, Status(.responder, .noPassive), from: browser))
        }
        return .authenticate(
            SignOnDemand(
                handle: try await keep(pending, for: browser.binding), application: pending.application,
                strength: strength, maxAge: maxAge, provider: provider))
    }

    /// Somebody whom nobody may ask, and whom we do not know, may be known behind us: the provider is asked once, without being
    /// seen (SAML Core §3.4.1). Nil where there is none to ask.
    private func passively(
        _ pending: PendingSignOn, _ browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer? {
        let request = pending.request
        guard request.isPassive, !request.forcesAuthn, !pending.record.hasAsked, request.scoping?.proxyCount != 0,
            let provider = origins.passive(in: pending.application.tenant)
        else { return nil }
        var pending = pending
        pending.record.hasAsked = true
        return .authenticate(
            SignOnDemand(
                handle: try await keep(pending, for: browser.binding), application: pending.application,
                strength: nil, maxAge: nil, provider: provider, isPassive: true))
    }

    // MARK: Entering

    /// Why policy does not let the person enter as they are signed in; nil when it does.
    private func barred(
        _ pending: PendingSignOn, _ session: Session, _ browser: AuthorizationBrowser
    ) async throws -> SignOnAnswer? {
        let principal = ValidatedCredential.session(session).principal
        let entry = try await entry.entry(of: principal, to: EntryPolicy.Place(pending.application))
        guard let answer = entry.refusal else { return nil }
        if let need = answer.stepUp { return try await ask(need.strength, need.maxAgeSeconds, pending, browser) }
        // A person reads why; without anybody looking, the application alone is told.
        guard !pending.request.isPassive else {
            return .send(try await close(pending, Status(.responder, .requestDenied), from: browser))
        }
        return .barred(
            BarredSignOn(
                application: pending.application, handle: try await keep(pending, for: browser.binding),
                question: entry.question))
    }
}
