import Identity
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// What checking a password came to.
    private enum Primary {
        case verified(PersonID, PasswordChangeReason?)
        case refused(LoginRefusal)
        /// Nothing was checked: the try is given back.
        case unchecked(LoginRefusal)
        /// The directory's own limit is near: nothing was checked, and the try is given back.
        case throttled(Duration)
    }

    /// Asks the flow's provider, and only it. Known and unknown logins take the same way: the same rows are counted,
    /// the same hash is computed, the same sentence is shown.
    func checkPassword(_ login: String, _ password: SecretText, _ work: inout LoginWork) async throws -> LoginTransition
    {
        work.login = login
        let asked = try await decide(.passwordSubmitted(login: login), &work)
        guard case .verifyPassword(let stamp) = asked.outcome else { return asked }
        work.flow = asked.flow
        guard let entry = entry(stamp.provider, work) else {
            return try await decide(.primaryRefused(.unknownProvider, stamp), &work)
        }
        let counted = try await countTry(login, entry, &work)
        if let wait = counted.wait {
            work.notice = .throttled(wait)
            return try await decide(.primaryRefused(.throttled, stamp), &work)
        }
        switch try await check(login, password, entry, counted, &work) {
        case .verified(let person, let mustChange):
            work.attempt = counted.keys
            work.failuresBefore = counted.failuresBefore
            let proof = stamp.proof(of: person, by: .password, at: clock())
            let input = mustChange.map { LoginInput.passwordChangeRequired(proof, $0) } ?? .primaryVerified(proof)
            return try await decide(input, &work, of: person)
        case .refused(let refusal): return try await decide(.primaryRefused(refusal, stamp), &work)
        case .unchecked(let refusal):
            try await giveBack(counted.keys)
            return try await decide(.primaryRefused(refusal, stamp), &work)
        case .throttled(let wait):
            try await giveBack(counted.keys)
            work.notice = .throttled(wait)
            return try await decide(.primaryRefused(.throttled, stamp), &work)
        }
    }

    /// Whom a password proves, outside any step of a flow; nil when nobody, or too many tries were made.
    func person(
        provenBy password: SecretText, _ login: String, _ entry: LoginProviderEntry, _ work: inout LoginWork
    ) async throws -> PersonID? {
        let counted = try await countTry(login, entry, &work)
        guard counted.wait == nil else { return nil }
        switch try await check(login, password, entry, counted, &work) {
        case .verified(let person, _):
            try await store.write(.login) { [ledger, work] tx in
                try work.writeRemainders(tx)
                try ledger.succeeded(counted.keys, tx)
            }
            work.remainders = []
            return person
        case .refused: return nil
        case .unchecked, .throttled:
            try await giveBack(counted.keys)
            return nil
        }
    }

    private func check(
        _ login: String, _ password: SecretText, _ entry: LoginProviderEntry, _ counted: CountedTry,
        _ work: inout LoginWork
    ) async throws -> Primary {
        do {
            // RFC 4513 §5.1.2: a bind without a password succeeds and proves nothing.
            guard !password.reveal().isEmpty else { return .refused(.badCredentials) }
            switch entry.provider {
            case .local: return try await checkLocal(password, work)
            case .directory(let directory):
                return try await checkUpstream(directory, login, password, counted.bind, &work)
            // The flow asks nobody for a password there.
            case .redirect: return .refused(.wrongMethod)
            }
        } catch {
            try await giveBack(counted.keys)
            throw error
        }
    }

    // MARK: Local passwords

    private func checkLocal(_ password: SecretText, _ work: LoginWork) async throws -> Primary {
        let outcome = try await credentials.verifyPassword(
            password, of: work.candidate, in: work.caller.tenant, standsAlone: try await standsAlone(work))
        guard case .matched(let mustChange) = outcome, let person = work.candidate else {
            return .refused(.badCredentials)
        }
        return .verified(person, mustChange)
    }

    /// Whether a password is all that this login will be asked for.
    private func standsAlone(_ work: LoginWork) async throws -> Bool {
        guard let person = work.candidate else { return false }
        if try await environment.standing(person, work.caller.tenant).requiresMultiFactor { return false }
        return try await store.read { try $0.totp(of: person).isEmpty }
    }

    // MARK: Directories

    private func checkUpstream(
        _ directory: UpstreamDirectory, _ login: String, _ password: SecretText, _ bind: BindLedger?,
        _ work: inout LoginWork
    ) async throws -> Primary {
        let outcome = try await directory.authenticate(login, password, bind?.admission ?? .unlimited)
        try await bind?.giveBackPrepared()
        switch outcome {
        case .unavailable: return .unchecked(.providerUnavailable)
        case .throttled(let wait): return .throttled(wait)
        case .refused(let refusal, let reason):
            work.upstreamReason = reason
            return .refused(refusal)
        case .verified(let identity, let mustChange):
            guard identity.provider == work.flow.provider else { return .refused(.otherProvider) }
            work.upstreamKey = try digest("subject", identity.subjectKey, work.caller.tenant)
            switch try await refresh(identity, createsPeople: directory.createsPeople, bind, &work) {
            case .refused(let refusal):
                work.linkRefusal = refusal
                return .refused(.notLinked)
            case .barred: return .refused(.separationOfDuties)
            case .person(let person, _): return .verified(person, mustChange ? .directory : nil)
            }
        }
    }

    /// Links or makes the person and brings attributes and groups up to date, before anything is decided on them.
    func refresh(
        _ identity: ExternalIdentity, createsPeople: Bool, _ bind: BindLedger?, _ work: inout LoginWork
    ) async throws -> UpstreamOutcome {
        guard identity.groups.count <= settings.groupLimit else {
            throw Fault(
                "login.too_large", .peer, "A person has more than \(settings.groupLimit) groups at the provider.",
                remedy: "Narrow the group filter, or raise limits.groups_per_person.")
        }
        let caller = work.caller
        let job = UpstreamRefresh(
            identity: identity, createsPeople: createsPeople,
            containers: try await environment.containers(caller.tenant),
            duties: try await environment.duties(caller.tenant), vouches: vouching(in: caller.tenant), caller: caller)
        let lookBack = lookBack(work)
        let found = try await store.read { [clock] sql in
            try job.unchanged(sql).map {
                ($0, try PersonFacts.read($0.id, caller.tenant, sql, lookBack, at: clock()))
            }
        }
        if let (known, facts) = found {
            work.known = facts
            work.remainders.append { tx in
                try bind?.succeeded(tx)
                try tx.sql.noteSeenUnchanged(known.identity, login: identity.login, at: tx.now)
            }
            return .person(known.id, groupsAdded: false)
        }
        let changed = environment.personChanged
        let outcome = try await store.write(.login) { tx in
            try bind?.succeeded(tx)
            let outcome = try job.apply(tx)
            if case .person(let id, _) = outcome { tx.afterCommit { changed(id, caller.tenant) } }
            return outcome
        }
        if case .person(_, true) = outcome { try await environment.groupsAdded(caller.tenant) }
        return outcome
    }

    /// A directory's accounts are the organization's own; another provider vouches for the domains it owns.
    func vouching(in tenant: TenantID) -> @Sendable (ProviderID, String) -> Bool {
        let entries = environment.providers(tenant)
        return { provider, mail in
            switch entries.first(where: { $0.id == provider })?.provider {
            case .local, .directory: true
            case .redirect(let other): NameKey.domain(of: mail).map(other.ownedDomains.contains) ?? false
            case nil: false
            }
        }
    }
}
