import Authorization
import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension AuthorizationService {
    /// Asks the rules of the protocol what has to happen next, and does it or says it.
    func proceed(
        _ pending: PendingAuthorization, from browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        var session = browser.session
        if let present = session {
            switch try await verdict(present, browser.trace) {
            case .kept: break
            case .over: session = nil
            case .stepUp(let need): return try await ask(need.strength, need.maxAgeSeconds, pending, browser)
            }
        }
        let situation: AuthorizationRequest.Situation
        do {
            situation = try await self.situation(of: pending, session)
        } catch let error as OAuthError {
            return try await close(pending, error, from: browser)
        }
        switch step(situation, pending, session) {
        case .authenticate(let demand): return try await ask(demand, situation, pending, browser)
        case .selectAccount:
            return .selectAccount(try await question(.init(), .init(), pending, session, browser))
        case .consent(let all, let new):
            // Nobody is asked to agree to what they will not get.
            if let session, let barred = try await barred(pending, session, browser) { return barred }
            return .consent(try await question(all, new, pending, session, browser))
        case .refuse(let error): return try await close(pending, error, from: browser)
        case .issue:
            guard let session else { throw OAuthError(.loginRequired) }
            if let barred = try await barred(pending, session, browser) { return barred }
            return try await enter(pending, session, browser)
        }
    }

    /// Answers with an error, which uses the request up.
    func close(
        _ pending: PendingAuthorization, _ error: OAuthError, from browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        if pending.handle != nil || pending.record.spent != nil {
            try await store.write(.login) { tx in try Self.useUp(pending, tx) }
        }
        let target = pending.request.target(issuer: tenants.publicURL(of: pending.client.tenant))
        return .respond(.error(error, to: target))
    }

    // MARK: The situation

    private func step(
        _ situation: AuthorizationRequest.Situation, _ pending: PendingAuthorization, _ session: Session?
    ) -> AuthorizationStep {
        let (rules, now) = (rules(of: pending.client.tenant), clock().seconds)
        let step = pending.request.step(situation, rules: rules, now: now)
        // A second factor that was proven for this request is enough, unless the first was asked for again.
        guard case .authenticate(let demand) = step, !demand.isForced, let session,
            session.events.contains(where: { $0.at >= pending.createdAt })
        else { return step }
        var situation = situation
        situation.progress.hasAuthenticated = true
        return pending.request.step(situation, rules: rules, now: now)
    }

    private func situation(
        of pending: PendingAuthorization, _ session: Session?
    ) async throws -> AuthorizationRequest.Situation {
        let client = pending.client
        var situation = AuthorizationRequest.Situation(
            signedIn: nil, progress: pending.record.progress, consent: client.settings.asksConsent ? Consent() : nil)
        if let hint = pending.request.idTokenHint {
            situation.hintedSubject = try IDTokenHint.read(
                hint, issuer: tenants.publicURL(of: client.tenant),
                keys: try await keys.keys(of: client.tenant).published,
                clientID: client.name
            ).subject
        }
        guard let session else { return situation }
        let known = try await store.read { sql in
            (
                try SubjectNames.known(session.person, for: client, sql),
                try Self.consent(of: session.person, to: client, sql)
            )
        }
        situation.signedIn = SignedIn(subject: known.0 ?? "", authentication: Authentication(of: session))
        if client.settings.asksConsent { situation.consent = known.1 }
        let isFresh = session.wasProven(since: pending.createdAt)
        if isFresh { situation.progress.hasAuthenticated = true }
        if isFresh, session.rotatedFrom == nil { situation.progress.hasSelectedAccount = true }
        return situation
    }

    // MARK: What people are asked

    private func ask(
        _ demand: AuthorizationStep.Demand, _ situation: AuthorizationRequest.Situation,
        _ pending: PendingAuthorization, _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        var isForAnother = false
        if let subject = demand.subject, let present = situation.signedIn?.subject { isForAnother = subject != present }
        return .authenticate(
            SignInDemand(
                handle: try await keep(pending, for: browser.binding), client: pending.client,
                strength: demand.acr.flatMap(AuthenticationStrength.init(acr:)), maxAge: demand.isForced ? 0 : nil,
                loginHint: demand.loginHint, isForAnother: isForAnother))
    }

    /// What rules of the organization ask, on top of what the client does.
    private func ask(
        _ strength: AuthenticationStrength?, _ maxAge: Int64?, _ pending: PendingAuthorization,
        _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        guard !pending.request.prompts.contains(.none) else {
            return try await close(pending, OAuthError(.loginRequired, "a stronger sign-in is needed"), from: browser)
        }
        return .authenticate(
            SignInDemand(
                handle: try await keep(pending, for: browser.binding), client: pending.client, strength: strength,
                maxAge: maxAge, loginHint: pending.request.loginHint))
    }

    private func question(
        _ all: Consent, _ new: Consent, _ pending: PendingAuthorization, _ session: Session?,
        _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationQuestion {
        guard let session else { throw OAuthError(.loginRequired) }
        return AuthorizationQuestion(
            handle: try await keep(pending, for: browser.binding), client: pending.client, person: session.person,
            redirectURI: pending.request.redirectURI, all: all, new: new)
    }

    // MARK: Entering

    /// Why policy does not let the person enter as they are signed in; nil when it does.
    private func barred(
        _ pending: PendingAuthorization, _ session: Session, _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer? {
        let principal = ValidatedCredential.session(session).principal
        let entry = try await policy.entry(of: principal, to: pending.client)
        guard let answer = entry.refusal else { return nil }
        if let need = answer.stepUp { return try await ask(need.strength, need.maxAgeSeconds, pending, browser) }
        return try await bar(pending, entry.question, browser)
    }

    /// Gives out what policy leaves of what is asked for.
    private func enter(
        _ pending: PendingAuthorization, _ session: Session, _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        let request = pending.request
        let left = try await policy.narrow(
            request.scope, request.resources, for: .person(session.person), of: pending.client)
        let losesAll =
            (left.scope.isEmpty && !request.scope.isEmpty) || (left.resources.isEmpty && !request.resources.isEmpty)
        if losesAll {
            let reasons = left.refused.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let error = OAuthError(.accessDenied, "policy refuses " + reasons.joined(separator: ", "))
            return try await close(pending, error, from: browser)
        }
        return .respond(try await issue(pending, session, left, browser))
    }

    /// A person reads why; without anybody looking, the client alone is told.
    private func bar(
        _ pending: PendingAuthorization, _ question: DecisionQuestion, _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        let error = OAuthError(.accessDenied, "policy does not let the person in")
        let closed = try await close(pending, error, from: browser)
        guard !pending.request.prompts.contains(.none), case .respond(let response) = closed else { return closed }
        return .barred(BarredEntry(client: pending.client, question: question, response: response))
    }
}

extension Session {
    /// Whether the first factor was proven after a request came, and so for it. Another provider says when in whole seconds
    /// and by a clock of its own (OpenID Connect Core §2): there it counts that the proof came here after the request.
    func wasProven(since request: Timestamp) -> Bool {
        guard let proven = authenticatedAt else { return false }
        if proven >= request { return true }
        let isForeign = events.contains { $0.method == .federated && $0.at == proven }
        return isForeign && createdAt >= request && proven + LoginFlow.upstreamClockSkew >= request
    }
}

extension Authentication {
    /// As tokens tell it.
    init(of session: Session, sessionID: String? = nil) {
        let methods = Set(session.events.map(\.method.rawValue))
        self.init(
            time: (session.authenticatedAt ?? session.createdAt).seconds, acr: session.strength.acr,
            amr: methods.sorted() + (session.strength >= .aal2 ? ["mfa"] : []), sessionID: sessionID)
    }
}
