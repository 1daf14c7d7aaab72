import Identity
import Logging
import Providers
import Storage
import Vocabulary

/// Asks providers again, while a session that came of them lives, who the person is: whoever has lost a group or was
/// disabled there has it, or is it, here no longer than the provider's schedule allows.
///
/// Each refresh token is one session's. It is written anew before anything else is done with an answer, because the old one
/// may be spent; and only one asker has it at a time. A crash between the answer and that write loses it, and then the
/// provider takes the old one for stolen and the session ends.
extension LoginService {
    static let keptBatch = 32
    /// How long one asker has a token for itself: longer than any answer may take.
    private static let claim: Duration = .minutes(2)

    /// Asks about everybody who is due, once, and gives back what no session needs any more.
    ///
    /// - Throws: what the store throws.
    public func tendKeptTokens(of tenants: [TenantID], logger: Logger) async throws {
        var kept: [ProviderID: LoginProviderEntry] = [:]
        for entry in tenants.flatMap({ environment.providers($0) })
        where entry.redirect?.openID?.settings.keeping != nil {
            kept[entry.id] = entry
        }
        let left = try await store.read { [now = clock(), ids = Array(kept.keys)] sql in
            try sql.orphanedUpstreamTokens(at: now, limit: Self.keptBatch)
                + sql.upstreamTokens(ofOtherThan: ids, limit: Self.keptBatch)
        }
        try await giveBack(left, kept, logger)
        for entry in kept.values {
            guard let provider = entry.redirect?.openID, let keeping = provider.settings.keeping else { continue }
            let now = clock()
            let due = try await store.read {
                try $0.dueUpstreamTokens(
                    of: entry.id, askedBefore: now - keeping.refreshEvery,
                    answeredBefore: now - keeping.unreachableFor, at: now, limit: Self.keptBatch)
            }
            // One that was idle for too long is over, though nobody has come to hear of it.
            let isOver: (StoredUpstreamTokens) -> Bool = { tokens in
                live.session(tokens.session).map { $0.isExpired(at: now) } ?? true
            }
            try await giveBack(due.filter(isOver), kept, logger)
            await withTaskGroup(of: Void.self) { group in
                for tokens in due where !isOver(tokens) {
                    group.addTask { await self.refreshKept(tokens, provider, keeping, logger) }
                }
            }
        }
    }

    func seal(_ kept: KeptTokens, of subject: [UInt8], in tenant: TenantID) throws -> [UInt8] {
        try store.keys.seal(record: kept, tenant: tenant, context: Self.context(subject))
    }

    private static func context(_ subject: [UInt8]) -> [UInt8] { Array("tokens:".utf8) + subject }

    private func open(_ tokens: StoredUpstreamTokens) throws -> KeptTokens {
        try store.keys.open(
            record: KeptTokens.self, tokens.sealed, tenant: tokens.tenant, context: Self.context(tokens.subject))
    }

    // MARK: Asking

    private func refreshKept(
        _ tokens: StoredUpstreamTokens, _ provider: OpenIDProvider, _ keeping: OpenIDSettings.Keeping,
        _ logger: Logger
    ) async {
        do {
            let now = clock()
            let isOurs = try await store.write(.login) { tx in
                try tx.sql.claim(tokens, until: now + Self.claim, at: now)
            }
            guard isOurs else { return }
            switch await provider.refresh(try open(tokens), assertionID: Randomness.text) {
            case .ended: try await end(tokens, .upstreamRevoked)
            case .unavailable(let word): try await wait(tokens, keeping, word, logger)
            case .refreshed(let next, let reading): try await take(next, reading, tokens, keeping, logger)
            }
        } catch {
            logger.warning(
                "a session's provider was not asked again",
                metadata: [
                    "provider": "\(tokens.provider)", "session": "\(tokens.session)",
                    "code": "\((error as? Fault)?.code ?? "upstream.failed")",
                ])
        }
    }

    private func take(
        _ next: KeptTokens, _ reading: OpenIDReading, _ tokens: StoredUpstreamTokens, _ keeping: OpenIDSettings.Keeping,
        _ logger: Logger
    ) async throws {
        let sealed = try seal(next, of: tokens.subject, in: tokens.tenant)
        var isBelieved = true
        if case .refused = reading { isBelieved = false }
        let answered = isBelieved
        try await store.write(.login) { tx in
            try tx.sql.keep(sealed, as: tokens.id, answered: answered, at: tx.now)
        }
        switch reading {
        case .nothing: break
        case .refused(let word): try await wait(tokens, keeping, word, logger)
        case .identity(let identity): try await bring(identity, tokens)
        }
    }

    /// The session goes on while the provider may yet answer, and not for ever.
    private func wait(
        _ tokens: StoredUpstreamTokens, _ keeping: OpenIDSettings.Keeping, _ word: String, _ logger: Logger
    ) async throws {
        logger.warning(
            "a provider could not say whether somebody is still there",
            metadata: ["provider": "\(tokens.provider)", "session": "\(tokens.session)", "code": "\(word)"])
        guard clock() >= tokens.answeredAt + keeping.unreachableFor else {
            return try await store.write(.login) { try $0.sql.release(tokens.id) }
        }
        try await end(tokens, .upstreamSilent)
    }

    // MARK: What it comes to

    private func caller(_ tokens: StoredUpstreamTokens) -> Caller {
        Caller(tenant: tokens.tenant, actor: .system("upstream"), command: CommandID.random(at: clock()))
    }

    /// Brings the person up to date as at a sign-in. Whoever is not linked any more, or is not let in as they are now, is
    /// not signed in any more either.
    private func bring(_ identity: ExternalIdentity, _ tokens: StoredUpstreamTokens) async throws {
        guard identity.groups.count <= settings.groupLimit else {
            throw Fault(
                "login.too_large", .peer, "A person has more than \(settings.groupLimit) groups at the provider.")
        }
        let caller = caller(tokens)
        let job = UpstreamRefresh(
            identity: identity, createsPeople: false, containers: try await environment.containers(caller.tenant),
            duties: try await environment.duties(caller.tenant), vouches: vouching(in: caller.tenant), caller: caller)
        let owner = try await store.read { try $0.session(ofUpstreamTokens: tokens.id)?.person }
        guard let owner else { return }
        if try await store.read({ try job.unchanged($0)?.id == owner }) { return }
        let changed = environment.personChanged
        let outcome = try await store.write(.login) { tx -> UpstreamOutcome in
            guard try tx.sql.identity(identity.subject)?.person == owner else { return .refused(.linkedElsewhere) }
            let outcome = try job.apply(tx)
            tx.afterCommit { changed(owner, caller.tenant) }
            return outcome
        }
        switch outcome {
        case .person(owner, let groupsAdded):
            if groupsAdded { try await environment.groupsAdded(caller.tenant) }
        default: try await end(tokens, .upstreamRevoked)
        }
    }

    private func end(_ tokens: StoredUpstreamTokens, _ reason: SessionEnd) async throws {
        let caller = caller(tokens)
        try await store.write(.revocation) { [live] tx in
            let found = try tx.sql.session(ofUpstreamTokens: tokens.id)
            _ = try tx.sql.removeUpstreamTokens(tokens.id)
            guard let found else { return }
            _ = try Self.end(found.session, found.person, tokens.provider, reason, by: caller, live, tx)
        }
    }

    // MARK: What nobody needs

    /// Whoever takes a row away gives its token back: once, and whether or not the provider takes it.
    private func giveBack(
        _ left: [StoredUpstreamTokens], _ kept: [ProviderID: LoginProviderEntry], _ logger: Logger
    ) async throws {
        guard !left.isEmpty else { return }
        let taken = try await store.write(.login) { tx in
            try left.filter { try tx.sql.removeUpstreamTokens($0.id) }
        }
        await withTaskGroup(of: Void.self) { group in
            for tokens in taken {
                guard let provider = kept[tokens.provider]?.redirect?.openID, let own = try? open(tokens) else {
                    continue
                }
                group.addTask {
                    guard await !provider.revoke(own, assertionID: Randomness.text) else { return }
                    logger.info("a provider was not given its token back", metadata: ["provider": "\(tokens.provider)"])
                }
            }
        }
    }
}

extension Gateway {
    /// Asks providers again about whoever is due, and gives back what no session needs.
    ///
    /// - Throws: what the store throws.
    public func tendKeptTokens() async throws {
        try await login.tendKeptTokens(of: tenants.all.map(\.id), logger: logger)
    }
}
