import Identity
import OAuth
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// Sends the browser to the flow's provider. What the answer will be known by is kept in the store, for this browser
    /// alone, so that it survives a restart and works once.
    func depart(_ stamp: ProofStamp, _ work: inout LoginWork) async throws -> LoginResult {
        guard let entry = entry(stamp.provider, work), let provider = entry.redirect else {
            return try await settle(try await decide(.primaryRefused(.unknownProvider, stamp), &work), &work)
        }
        if let answer = work.unsolicited {
            work.unsolicited = nil
            return try await arrive(with: answer, stamp, entry.id, &work)
        }
        do {
            let (begun, place) = try await provider.begin(try await wish(work, entry))
            let kept = KeptAttempt(attempt: begun, stamp: stamp, device: work.browser.device?.reveal())
            let (row, sealed) = try attempt(kept, entry.id, .login(work.flow.id), work.browser)
            try await store.write(.login) { [self, work] tx in
                try work.writeRemainders(tx)
                try move(work, usesProof: false, tx)
                try tx.sql.insert(row, sealed: sealed)
            }
            return .leave(UpstreamDeparture(flow: work.flow.id, place, provider: entry.name))
        } catch let fault as Fault where fault == Self.overtaken {
            throw fault
        } catch {
            work.upstreamReason = Self.reason(of: error)
            return try await settle(try await decide(.primaryRefused(.providerUnavailable, stamp), &work), &work)
        }
    }

    private func wish(_ work: LoginWork, _ entry: LoginProviderEntry) async throws -> UpstreamWish {
        var wish = UpstreamWish()
        wish.loginHint = hint(work, entry)
        wish.maxAgeSeconds = work.flow.request.maxAgeSeconds
        wish.isPassive = work.flow.request.isPassive == true
        wish.needsSeveralFactors = work.flow.asksProviderForFactors
        wish.application = try await environment.applicationRequest(work.flow.request, work.browser)
        return wish
    }

    /// The row of an attempt and what is sealed in it.
    func attempt(
        _ kept: KeptAttempt, _ provider: ProviderID, _ purpose: StoredUpstreamAttempt.Purpose, _ browser: LoginBrowser
    ) throws -> (StoredUpstreamAttempt, sealed: [UInt8]) {
        guard let owner = browser.hash, let hash = TokenHash(bytes: Digests.sha256(kept.attempt.state)) else {
            throw Fault("login.browser", .ourselves, "A login at another provider is bound to no browser.")
        }
        let now = clock()
        let row = StoredUpstreamAttempt(
            hash: hash, tenant: browser.tenant, provider: provider, browser: owner, purpose: purpose, createdAt: now,
            expiresAt: now + .seconds(UpstreamAttempt.lifetime))
        let sealed = try store.keys.seal(record: kept, tenant: browser.tenant, context: hash.bytes)
        return (row, sealed)
    }

    /// What was typed goes along only where its domain is the provider's: people type passwords into that field.
    private func hint(_ work: LoginWork, _ entry: LoginProviderEntry) -> String? {
        guard let domain = NameKey.domain(of: work.login), entry.domains.contains(domain) else { return nil }
        return work.login
    }

    /// A closed word for the journal.
    static func reason(of error: any Error) -> String {
        (error as? UpstreamFault)?.reason.rawValue ?? (error as? Fault)?.code ?? "upstream.failed"
    }
}

private typealias RandomBytes = Randomness

extension UpstreamAttempt.Randomness {
    /// Drawn anew for each attempt.
    static var fresh: Self {
        func draw() -> [UInt8] { RandomBytes.bytes(UpstreamAttempt.randomByteCount) }
        return Self(state: draw(), nonce: draw(), verifier: draw())
    }
}
