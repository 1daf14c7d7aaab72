import Identity
import OAuth
import Providers
import SAML
import Storage
import Vocabulary

extension LoginService {
    /// Takes the answer that a browser brings from a provider it was sent to. The attempt is used up first, by one
    /// statement that asks for this browser and this provider: of any number of answers one is looked at, and nobody's
    /// but its own (RFC 9700 §2.1, §4.4).
    public func arrive(
        _ parameters: Parameters, at provider: ProviderID, from browser: LoginBrowser
    ) async throws -> UpstreamArrival {
        guard let hash = Self.hash(ofStateIn: parameters), let owner = browser.hash else {
            return .login(unknownAnswer())
        }
        // Whoever makes states up costs a look, and no turn at the writer.
        guard try await store.read({ try $0.holdsUpstreamAttempt(hash) }) else { return .login(unknownAnswer()) }
        let taken = try await store.write(.login) { tx in
            try tx.sql.takeUpstreamAttempt(hash, of: provider, from: owner, in: browser.tenant, at: tx.now)
        }
        guard let taken else { return .login(try await again(hash, owner, browser)) }
        // Written by another version, or under a key that is gone: nobody is waiting for it any more.
        guard let kept = try? open(taken.sealed, hash, browser) else { return .login(unknownAnswer()) }
        let answer = try taken.answer.map { try posted($0, hash, browser) } ?? parameters
        switch taken.purpose {
        case .login(let flow):
            return .login(try await arrive(Arrived(answer: answer, kept: kept, hash: hash), in: flow, from: browser))
        case .link(let session):
            return .link(try await link(answer, kept, at: provider, session, from: browser))
        }
    }

    /// Keeps an answer that a provider had the browser post: other sites' posts come without our cookies
    /// (RFC 6265bis §5.2), so the browser is sent to bring it. False where nothing waits for it.
    public func keepPosted(
        _ parameters: Parameters, at provider: ProviderID, in tenant: TenantID
    ) async throws -> Bool {
        guard let hash = Self.hash(ofStateIn: parameters),
            try await store.read({ try $0.holdsUpstreamAttempt(hash) })
        else { return false }
        return try await keep(parameters, hash, provider, tenant)
    }

    /// As above, for an answer in SAML, whose provider is known only by what it answers: the key of that provider, nil where
    /// nothing waits for it.
    public func keepPosted(_ parameters: Parameters, in tenant: TenantID) async throws -> String? {
        guard let hash = Self.hash(ofStateIn: parameters),
            let id = try await store.read({ try $0.provider(ofUpstreamAttempt: hash, in: tenant) }),
            let provider = environment.providers(tenant).first(where: { $0.id == id })?.redirect,
            case .saml = provider.kind, try await keep(parameters, hash, id, tenant)
        else { return nil }
        return provider.key
    }

    private func keep(
        _ parameters: Parameters, _ hash: TokenHash, _ provider: ProviderID, _ tenant: TenantID
    ) async throws -> Bool {
        let sealed = try store.keys.seal(
            Array(parameters.encoded.utf8), purpose: .record, tenant: tenant, context: Self.answerContext(hash))
        return try await store.write(.login) { tx in
            try tx.sql.keepAnswer(sealed, to: hash, of: provider, in: tenant, at: tx.now)
        }
    }

    // MARK: Whose answer it is

    private static func hash(ofStateIn parameters: Parameters) -> TokenHash? {
        guard let state = parameters["state"], state.utf8.count <= 128 else { return nil }
        return TokenHash(bytes: Digests.sha256(state))
    }

    private static func answerContext(_ hash: TokenHash) -> [UInt8] { Array("answer:".utf8) + hash.bytes }

    private func open(_ sealed: [UInt8], _ hash: TokenHash, _ browser: LoginBrowser) throws -> KeptAttempt {
        try store.keys.open(record: KeptAttempt.self, sealed, tenant: browser.tenant, context: hash.bytes)
    }

    private func posted(_ sealed: [UInt8], _ hash: TokenHash, _ browser: LoginBrowser) throws -> Parameters {
        let bytes = try store.keys.open(
            sealed, purpose: .record, tenant: browser.tenant, context: Self.answerContext(hash))
        return try Parameters(reading: bytes, limits: .postedMessage, repeatable: [])
    }

    /// A page that was loaded again leads to where its login stands; what nobody waits for leads nowhere.
    private func again(_ hash: TokenHash, _ owner: TokenHash, _ browser: LoginBrowser) async throws -> LoginResult {
        guard let flow = try await store.read({ try $0.flow(ofUpstreamAttempt: hash, from: owner) }) else {
            return unknownAnswer()
        }
        return try await show(flow, from: browser)
    }

    private func unknownAnswer() -> LoginResult {
        let result = Self.over(FlowID.random(at: clock()), .refused(.upstreamRefused))
        tally.count(result, nil)
        return result
    }

    // MARK: What it says

    struct Arrived {
        let answer: Parameters
        let kept: KeptAttempt
        let hash: TokenHash
    }

    private func arrive(
        _ arrived: Arrived, in id: FlowID, from browser: LoginBrowser
    ) async throws -> LoginResult {
        let own = browser.with(device: arrived.kept.device)
        guard var work = try await load(id, own), let stamp = arrived.kept.stamp else { return unknownAnswer() }
        do {
            let result = try await settle(try await weigh(arrived, stamp, &work), &work)
            tally.count(result, entry(stamp.provider, work)?.provider)
            return result
        } catch let fault as Fault where fault == Self.overtaken {
            return try await show(id, from: browser)
        } catch {
            tally.countFailure(entry(stamp.provider, work)?.provider)
            throw error
        }
    }

    /// Asks the provider who the person is, brings them up to date, and lets the flow decide. An answer for where the flow
    /// stood before is worth nothing, and nobody is asked about it.
    func weigh(
        _ arrived: Arrived, _ stamp: ProofStamp, _ work: inout LoginWork
    ) async throws -> LoginTransition {
        guard stamp == work.flow.stamp, let provider = entry(stamp.provider, work)?.redirect else {
            return try await decide(.primaryRefused(.upstreamRefused, stamp), &work)
        }
        switch await provider.signIn(arrived.answer, of: arrived.kept.attempt) {
        case .denied: return try await decide(.primaryRefused(.cancelled, stamp), &work)
        case .refused(let reason):
            work.upstreamReason = reason
            if let missing = provider.missing(in: reason) {
                work.notice = .tooLittleTold(
                    TooLittleTold(
                        provider: entry(stamp.provider, work)?.name ?? provider.key,
                        entityID: await provider.entityID(),
                        wanted: missing.wanted, requester: missing.requester))
            }
            return try await decide(.primaryRefused(.upstreamRefused, stamp), &work)
        case .unavailable(let reason):
            work.upstreamReason = reason
            return try await decide(.primaryRefused(.providerUnavailable, stamp), &work)
        case .verified(let signIn, let once):
            if let once {
                let tenant = work.caller.tenant
                work.remainders.append { tx in
                    // Only a copy of an answer comes here twice: its request was used up.
                    guard try tx.spend(once, in: tenant) else { throw Self.overtaken }
                }
            }
            return try await admit(signIn, provider, arrived.hash, stamp, &work)
        }
    }

    private func admit(
        _ signIn: UpstreamSignIn, _ provider: RedirectProvider, _ hash: TokenHash, _ stamp: ProofStamp,
        _ work: inout LoginWork
    ) async throws -> LoginTransition {
        work.upstreamKey = try digest("subject", signIn.identity.subjectKey, work.caller.tenant)
        switch try await refresh(signIn.identity, createsPeople: provider.createsPeople, nil, &work) {
        case .refused(let refusal):
            work.linkRefusal = refusal
            return try await decide(.primaryRefused(.notLinked, stamp), &work)
        case .barred: return try await decide(.primaryRefused(.separationOfDuties, stamp), &work)
        case .person(let person, _):
            work.failuresBefore = 0
            let (mark, expiry) = (try mark(signIn, hash, work), work.flow.expiresAt + .minutes(1))
            let peer = try sealedPeer(signIn, hash, work)
            work.remainders.append { tx in
                try tx.sql.note(mark, on: hash, until: expiry)
                try tx.sql.note(peer: peer, until: signIn.sessionUntil, on: hash)
            }
            let proof = stamp.proof(
                of: person, by: .federated, at: clock(), authenticatedAt: signIn.authenticatedAt)
            return try await decide(
                .upstreamVerified(proof, isMultiFactor: signIn.isMultiFactor), &work, of: person)
        }
    }

    /// What the person and their session are called there, until there is a session here.
    private func sealedPeer(_ signIn: UpstreamSignIn, _ hash: TokenHash, _ work: LoginWork) throws -> [UInt8]? {
        try signIn.peer.map {
            try store.keys.seal(record: $0, tenant: work.caller.tenant, context: Self.peerContext(hash.bytes))
        }
    }

    private static func peerContext(_ attempt: [UInt8]) -> [UInt8] { Array("peer:".utf8) + attempt }

    /// Notes which session at an identity provider one of ours came of, so that either can end the other.
    func rememberPeer(_ noted: NotedPeer?, of session: SessionID, in tenant: TenantID, _ tx: Transaction) throws {
        guard let noted, let sealed = noted.peer else { return }
        let peer = try tx.keys.open(
            record: PeerSession.self, sealed, tenant: tenant, context: Self.peerContext(noted.attempt))
        try tx.remember(peer, as: .identityProvider, of: session, in: tenant)
    }

    private func mark(_ signIn: UpstreamSignIn, _ hash: TokenHash, _ work: LoginWork) throws -> UpstreamSubjectMark {
        let sealed = try signIn.idToken.map {
            try store.keys.seal(
                Array($0.reveal().utf8), purpose: .record, tenant: work.caller.tenant, context: signIn.subject)
        }
        let tokens = try signIn.kept.map { try seal($0, of: signIn.subject, in: work.caller.tenant) }
        return UpstreamSubjectMark(
            subject: signIn.subject, sessionID: signIn.sessionID, idToken: sealed, tokens: tokens,
            vouching: try JSONColumn.text(of: signIn.vouching))
    }
}
