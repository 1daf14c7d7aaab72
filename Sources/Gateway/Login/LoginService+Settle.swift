import Identity
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// Turns a decision into what the browser gets, writing the flow and its event once.
    func settle(_ transition: LoginTransition, _ work: inout LoginWork) async throws -> LoginResult {
        work.flow = transition.flow
        switch transition.outcome {
        case .completed(let grant): return try await finish(grant, &work)
        case .enrol(nil):
            // There is one kind of factor to enrol, so nobody is made to choose it.
            return try await settle(try await decide(.enrolmentStarted(.oneTimePassword), &work), &work)
        case .enrol: return try await present(enrolment(work), nil, &work)
        case .show(let step, let refusal): return try await present(page(step, work), refusal, &work)
        case .needSecondFactor(let methods, let refusal):
            return try await present(.secondFactor(methods), refusal, &work)
        case .changePassword(let reason): return try await present(passwordPage(reason, &work), nil, &work)
        case .refused(let refusal): return try await present(try await pageAfterRefusal(&work), refusal, &work)
        case .expired: return try await present(.over, nil, notice: .expired, &work)
        case .sendUpstream(let stamp): return try await depart(stamp, &work)
        case .verifyPassword:
            throw Fault("login.unexpected", .ourselves, "A login asked for a password check twice.")
        }
    }

    // MARK: Pages

    private func present(
        _ page: LoginPageKind, _ refusal: LoginRefusal?, notice: LoginNotice? = nil, _ work: inout LoginWork
    ) async throws -> LoginResult {
        try await commit(refusal, work)
        let shown = work.notice ?? notice ?? refusal.map { .refused($0) }
        return .show(
            LoginView(
                flow: work.flow.id, page: page, notice: shown, application: work.flow.request.application,
                client: work.flow.request.client, samlApplication: work.flow.request.samlApplication,
                passiveTarget: work.flow.request.isPassive == true ? work.flow.request.returnTarget : nil))
    }

    private func page(_ step: LoginStep, _ work: LoginWork) async throws -> LoginPageKind {
        switch step {
        case .password where !work.login.isEmpty:
            return .password(login: work.login, provider: entry(work.flow.provider, work)?.name)
        case .identify, .password, .upstream: return identifierPage(work)
        case .invitation: return .invitation
        case .enrolment: return try await enrolment(work)
        case .secondFactor, .passwordChange, .completed, .ended: return .over
        }
    }

    private func identifierPage(_ work: LoginWork) -> LoginPageKind {
        let choices = environment.providers(work.caller.tenant).map { entry in
            LoginChoice(
                id: entry.id, name: entry.name, redirectKey: entry.redirect?.key,
                hasDomains: !entry.domains.isEmpty)
        }
        return .identifier(login: work.login, choices: choices)
    }

    /// The enrolment under way, or a new one where there is none or it is too old to be confirmed.
    private func enrolment(_ work: LoginWork) async throws -> LoginPageKind {
        guard let person = work.flow.subject else { return .over }
        if let pending = try await credentials.pendingTOTP(of: person, in: work.caller.tenant) {
            return .enrolment(pending)
        }
        return .enrolment(try await credentials.beginTOTP(for: person, by: work.caller))
    }

    private func passwordPage(_ reason: PasswordChangeReason, _ work: inout LoginWork) async throws -> LoginPageKind {
        let facts = try await context(&work).subject
        let hasSecond = facts.map { $0.rolesRequireMFA || !$0.enrolledFactors.isEmpty } ?? false
        let policy = credentials.policy
        let isDirectory = directory(of: work) != nil
        let minimum = hasSecond ? policy.minimumLengthWithSecondFactor : policy.minimumLength
        // A directory has rules of its own, and says so by what it accepts.
        return .newPassword(
            reason, login: work.login, minimumLength: isDirectory ? 0 : minimum, asksPresent: isDirectory)
    }

    private func pageAfterRefusal(_ work: inout LoginWork) async throws -> LoginPageKind {
        switch try await decide(.opened, &work).outcome {
        case .show(let step, _): try await page(step, work)
        case .needSecondFactor(let methods, _): .secondFactor(methods)
        case .enrol: try await enrolment(work)
        case .changePassword(let reason): try await passwordPage(reason, &work)
        case .refused, .expired, .completed, .verifyPassword, .sendUpstream: .over
        }
    }

    // MARK: Commits

    private func commit(_ refusal: LoginRefusal?, _ work: LoginWork) async throws {
        let facts = refusal.flatMap { Self.isJournalled($0) ? $0 : nil }.map { self.facts(of: $0, work) }
        guard
            work.hasMoved || facts != nil || (refusal == nil && work.attempt != nil) || !work.remainders.isEmpty
        else { return }
        let source = try sourceDigest(work.browser)
        let login = try facts == nil ? nil : loginDigest(work)
        try await store.write(.login) { [self] tx in
            try work.writeRemainders(tx)
            if work.hasMoved { try move(work, usesProof: refusal == nil, tx) }
            // A right password counts as such only where the flow took it.
            if refusal == nil {
                if let attempt = work.attempt { try ledger.succeeded(attempt, tx) }
                try appendFindings(work, by: work.caller, tx)
            }
            guard let facts else { return }
            let named = facts + (login.map { [Fact("login", .digest($0))] } ?? [])
            try journal.refused(named, of: work.flow.id, from: source, by: work.caller, tx)
        }
    }

    /// Writes the flow where nobody else has moved it, and uses up what moved it: both or neither.
    func move(_ work: LoginWork, usesProof: Bool, _ tx: Transaction) throws {
        guard try tx.sql.update(work.flow, expecting: work.stored.revision) else { throw Self.overtaken }
        flows.keep(work.flow, after: tx)
        guard usesProof, let use = work.use else { return }
        guard try use(tx) else { throw Self.overtaken }
    }

    private func finish(_ grant: SessionGrant, _ work: inout LoginWork) async throws -> LoginResult {
        var caller = work.caller
        caller.actor = .person(grant.person)
        let facts = try facts(of: grant, work)
        guard let own = try sessionToken(of: work), let token = try deviceToken(of: work) else { throw Self.overtaken }
        let done = try await store.write(.login) { [self, work, caller] tx -> CompletedLogin? in
            try work.writeRemainders(tx)
            // Disabled in the meantime: nothing is made, and the flow stays where it was until it expires.
            guard try tx.sql.person(grant.person, in: caller.tenant)?.isActive == true else { return nil }
            try move(work, usesProof: true, tx)
            if let attempt = work.attempt { try ledger.succeeded(attempt, tx) }
            try appendFindings(work, by: caller, tx)
            let device = try work.browser.origin == nil ? device(of: grant.person, work, token, tx) : nil
            try note(grant, work, tx)
            let isUpstream = entry(work.flow.provider, work)?.redirect != nil
            let peer = isUpstream ? try tx.sql.notedPeer(ofFlow: work.flow.id) : nil
            let started = try SessionService.begin(
                grant, token: own, device: device?.id, by: caller, settings: settings.sessions,
                ruling: work.ruling, until: peer?.until, origin: work.browser.origin, live, tx)
            if let old = grant.rotates { try tx.sql.moveUpstream(from: old, to: started.session.id) }
            if isUpstream {
                try tx.sql.noteUpstream(of: started.session.id, endedFlow: work.flow.id)
                try rememberPeer(peer, of: started.session.id, in: caller.tenant, tx)
            }
            try tx.append(
                caller.event(
                    "login.succeeded", Stream("login_flow", work.flow.id),
                    facts: facts + [Fact("session", .id(started.session.id, "session"))]
                        + (try run(behind: work, tx).map { [Fact("sync_run", .id($0, "sync_run"))] } ?? [])))
            return CompletedLogin(
                flow: work.flow.id, started: started,
                device: device?.isNew == true ? token.text : work.browser.device,
                application: grant.application, returnTarget: grant.returnTarget, recoveryCodes: work.recoveryCodes)
        }
        return done.map { .completed($0) } ?? Self.over(work.flow.id, .refused(.personDisabled))
    }

    /// The directory job that last brought the groups which gave roles here.
    private func run(behind work: LoginWork, _ tx: Transaction) throws -> SyncRunID? {
        guard let provider = work.flow.provider else { return nil }
        return try tx.sql.newestAppliedRun(of: provider, in: work.caller.tenant)
    }

    private func device(
        of person: PersonID, _ work: LoginWork, _ token: BearerToken, _ tx: Transaction
    ) throws -> (id: DeviceID, isNew: Bool) {
        if let hash = work.browser.deviceHash, let known = try tx.sql.device(hash, of: person, at: tx.now) {
            try tx.sql.renewDevice(known, expiresAt: tx.now + settings.deviceLifetime, at: tx.now)
            return (known, false)
        }
        let id = DeviceID.random(at: tx.now)
        try tx.sql.insertDevice(
            id, of: person, in: work.caller.tenant, secretHash: token.hash, expiresAt: tx.now + settings.deviceLifetime,
            at: tx.now)
        try tx.sql.trimDevices(of: person)
        return (id, true)
    }
}
