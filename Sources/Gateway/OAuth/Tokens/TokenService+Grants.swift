import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension TokenService {
    /// What a transaction came to: tokens to hand out, or an error that is told although something was written (a grant
    /// that ended, because somebody else had its code).
    private enum Settled: Sendable {
        case tokens(TokenGrant, access: Opaque?, refresh: SecretText?, person: PersonID?, until: Timestamp?)
        case refused(OAuthError)
    }

    private func settle(
        _ sender: ProvenCall, _ call: OAuthCall, _ body: @escaping @Sendable (Transaction, Caller) throws -> Settled
    ) async throws -> JSONObject {
        let caller = Caller(
            tenant: call.tenant, actor: .client(sender.client.id), command: .random(at: sender.now), trace: call.trace)
        let settled = try await store.write(.login) { tx in
            try sender.spend(in: call.tenant, tx)
            return try body(tx, caller)
        }
        switch settled {
        case .refused(let error): throw error
        case .tokens(let tokens, let access, let refresh, let person, let end):
            return try await answer(
                tokens, sender, call.tenant, access: access?.text, refresh: refresh, person: person, until: end)
        }
    }

    // MARK: Codes

    /// RFC 6749 §4.1.3. A code that is shown twice ends everything that came of it.
    func redeem(_ redemption: CodeRedemption, _ sender: ProvenCall, _ call: OAuthCall) async throws -> JSONObject {
        guard let code = BearerToken(text: redemption.code, kind: .authorizationCode) else {
            throw OAuthError.unknownGrant
        }
        return try await settle(sender, call) { [self] tx, caller in
            guard let kept = try tx.sql.code(code.hash, in: call.tenant),
                let record = try? JSONColumn.decode(AuthorizationCode.self, kept.record)
            else { return .refused(.unknownGrant) }
            let outcome = record.redeem(
                redemption, wasUsed: kept.wasUsed, by: sender.proven, binding: sender.binding, now: sender.now.seconds)
            switch outcome {
            case .refused(let error): return .refused(error)
            case .replayed(_, let error):
                try GrantEnding.end(.grant(kept.grant), .replayed, by: caller, grants, tx)
                return .refused(error)
            case .granted(let tokens):
                guard case .taken = try tx.sql.takeCode(code.hash, in: call.tenant, at: tx.now),
                    let grant = try alive(kept.grant, call.tenant, tx)
                else { return .refused(.unknownGrant) }
                try tx.append(caller.event("grant.code_redeemed", Stream("grant", grant.id), facts: sender.facts))
                return try issue(tokens, try bound(grant, tokens.binding, tx), sender, tx)
            }
        }
    }

    /// The grant as rows have it, while its session and everything else it hangs on is there.
    private func alive(_ id: AuthorizationGrantID, _ tenant: TenantID, _ tx: Transaction) throws -> LiveGrant? {
        guard let stored = try tx.sql.liveGrant(id, in: tenant, at: tx.now) else { return nil }
        let grant = try LiveGrant(stored: stored)
        return isAlive(grant, at: tx.now) ? grant : nil
    }

    /// The grant, bound to what was proven when it was redeemed: a public client's refresh tokens are good with that alone
    /// (RFC 9449 §5).
    private func bound(_ grant: LiveGrant, _ binding: SenderBinding, _ tx: Transaction) throws -> LiveGrant {
        guard grant.tokens.binding != binding else { return grant }
        var grant = grant
        grant.tokens.binding = binding
        try tx.sql.update(try grant.stored)
        let bound = grant
        tx.afterCommit { [grants] in grants.add(bound) }
        return bound
    }

    /// Writes what is not signed: the refresh token, and an opaque access token.
    private func issue(
        _ tokens: TokenGrant, _ grant: LiveGrant, _ sender: ProvenCall, _ tx: Transaction
    ) throws -> Settled {
        let access = try makeOpaque(tokens, sender, grant: grant.id, until: grant.expiresAt)
        if let access {
            try tx.sql.insert(try access.token.stored)
            tx.afterCommit { [grants] in grants.add(access.token) }
        }
        var refresh: SecretText?
        if RefreshFamily.goes(with: tokens, client: sender.client.metadata) {
            let family = RefreshFamily(
                tokens, client: sender.client.metadata, lifetimes: settings.refresh, now: tx.now.seconds)
            refresh = try addRefreshToken(of: grant, until: Timestamp(seconds: family.expiry(now: tx.now.seconds)), tx)
        }
        return .tokens(tokens, access: access, refresh: refresh, person: grant.person, until: grant.expiresAt)
    }

    private func addRefreshToken(
        of grant: LiveGrant, until expiry: Timestamp, _ tx: Transaction
    ) throws -> SecretText {
        let token = try Randomness.token(.refreshToken)
        try tx.sql.insertRefreshToken(token.hash, of: grant.id, at: tx.now, until: min(expiry, grant.expiresAt))
        return token.text
    }

    // MARK: Refresh tokens

    /// RFC 6749 §6, with rotation: one statement decides who was first, and a token that was used before ends the family.
    func refresh(_ request: RefreshRequest, _ sender: ProvenCall, _ call: OAuthCall) async throws -> JSONObject {
        guard let token = BearerToken(text: request.token, kind: .refreshToken) else { throw OAuthError.unknownGrant }
        let allowed = try await stillAllowed(token.hash, sender, call)
        return try await settle(sender, call) { [self] tx, caller in
            guard let kept = try tx.sql.refreshToken(token.hash, in: call.tenant),
                let grant = try alive(kept.grant, call.tenant, tx)
            else { return .refused(.unknownGrant) }
            let family = RefreshFamily(
                grant.tokens, client: sender.client.metadata, lifetimes: settings.refresh,
                now: grant.createdAt.seconds)
            let outcome = family.refresh(
                request, token: .init(expiresAt: kept.expiresAt.seconds, wasUsed: kept.wasUsed), by: sender.proven,
                binding: sender.binding, now: tx.now.seconds)
            switch outcome {
            case .refused(let error): return .refused(error)
            case .reused(_, let error):
                try GrantEnding.end(.grant(grant.id), .replayed, by: caller, grants, tx)
                return .refused(error)
            case .kept(let tokens, let expiry):
                try tx.sql.extendRefreshToken(token.hash, until: Timestamp(seconds: expiry))
                return try renew(allowed.narrowing(tokens), grant, nil, sender, caller, tx)
            case .rotated(let tokens, let expiry):
                guard case .taken = try tx.sql.takeRefreshToken(token.hash, in: call.tenant, at: tx.now) else {
                    return .refused(.unknownGrant)
                }
                let next = try addRefreshToken(of: grant, until: Timestamp(seconds: expiry), tx)
                return try renew(allowed.narrowing(tokens), grant, next, sender, caller, tx)
            }
        }
    }

    private func renew(
        _ tokens: TokenGrant, _ grant: LiveGrant, _ next: SecretText?, _ sender: ProvenCall, _ caller: Caller,
        _ tx: Transaction
    ) throws -> Settled {
        let access = try makeOpaque(tokens, sender, grant: grant.id, until: grant.expiresAt)
        if let access {
            try tx.sql.insert(try access.token.stored)
            tx.afterCommit { [grants] in grants.add(access.token) }
        }
        try tx.append(caller.event("grant.refreshed", Stream("grant", grant.id), facts: sender.facts))
        return .tokens(tokens, access: access, refresh: next, person: grant.person, until: grant.expiresAt)
    }

    /// What policy still leaves of a grant: rules change while refresh tokens live. Asked before the writer is.
    private func stillAllowed(
        _ hash: Identity.TokenHash, _ sender: ProvenCall, _ call: OAuthCall
    ) async throws -> ScopePolicy.Outcome? {
        let found = try await store.read { try $0.refreshToken(hash, in: call.tenant)?.grant }
        guard let found, let grant = grants.grant(found, in: call.tenant, at: sender.now), let person = grant.person
        else { return nil }
        guard try await policy.refusal(ofEntry: .person(person), to: sender.client) == nil else {
            throw OAuthError(.invalidGrant, "policy does not let the person in any more")
        }
        return try await allowed(grant.tokens.scope, grant.tokens.resources, .person(person), sender.client)
    }

    // MARK: Devices

    /// RFC 8628 §3.4.
    func poll(_ text: String, _ sender: ProvenCall, _ call: OAuthCall) async throws -> JSONObject {
        guard let code = BearerToken(text: text, kind: .deviceCode) else { throw OAuthError.unknownGrant }
        return try await settle(sender, call) { [self] tx, caller in
            guard let stored = try tx.sql.device(code.hash, in: call.tenant) else { return .refused(.unknownGrant) }
            let grant = try stored.grant.flatMap { try alive($0, call.tenant, tx) }
            let device = try DeviceAuthorization(stored: stored, tokens: grant?.tokens)
            switch device.poll(by: sender.proven, binding: sender.binding, now: tx.now.seconds) {
            case .refused(let error): return .refused(error)
            case .wait(let error, let interval):
                try tx.sql.notePoll(code.hash, interval: interval, at: tx.now)
                return .refused(error)
            case .granted(let tokens):
                guard let grant, try tx.sql.takeDevice(code.hash) else { return .refused(.unknownGrant) }
                try tx.append(caller.event("grant.device_redeemed", Stream("grant", grant.id), facts: sender.facts))
                return try issue(tokens, try bound(grant, tokens.binding, tx), sender, tx)
            }
        }
    }

    // MARK: Exchange

    /// RFC 8693: a token for this client becomes one for another audience, with fewer scopes and who acts named.
    func exchange(_ request: TokenExchangeRequest, _ sender: ProvenCall, _ call: OAuthCall) async throws -> JSONObject {
        let subject = try await proven(request.subjectToken, request.subjectTokenType, sender, call)
        var actor: TokenExchange.Proven?
        if let token = request.actorToken, let type = request.actorTokenType {
            actor = try await proven(token, type, sender, call)
        }
        let result = try TokenExchange.decide(
            request, subject: subject, actor: actor, by: sender.proven,
            policy: .init(
                audiences: sender.client.settings.exchangeAudiences,
                mayImpersonate: sender.client.settings.mayImpersonate), binding: sender.binding, now: sender.now.seconds
        )
        let id = AuthorizationGrantID(result.grant.grantID)
        let person = id.flatMap { grants.grant($0, in: call.tenant, at: sender.now)?.person }
        var tokens = result.grant
        if let person {
            let left = try await allowed(tokens.scope, tokens.resources, .person(person), sender.client)
            tokens = tokens.narrowed(to: left.scope, resources: left.resources)
        }
        let end = Timestamp(seconds: result.expiresAt)
        let access = try makeOpaque(tokens, sender, grant: id, until: end)
        let caller = Caller(
            tenant: call.tenant, actor: .client(sender.client.id), command: .random(at: sender.now), trace: call.trace)
        try await store.write(.login) { [grants] tx in
            try sender.spend(in: call.tenant, tx)
            if let access {
                try tx.sql.insert(try access.token.stored)
                tx.afterCommit { grants.add(access.token) }
            }
            if let id { try tx.append(caller.event("grant.exchanged", Stream("grant", id), facts: sender.facts)) }
        }
        return try await answer(
            tokens, sender, call.tenant, access: access?.text, refresh: nil, person: person, until: end,
            issued: .accessToken)
    }

    /// A token that was shown for an exchange, verified and found live.
    private func proven(
        _ token: String, _ type: TokenExchangeRequest.TokenType, _ sender: ProvenCall, _ call: OAuthCall
    ) async throws -> TokenExchange.Proven {
        guard type == .accessToken || type == .jwt, let live = try await find(token, in: call.tenant),
            !live.isRefreshToken, let subject = live.grant.subject
        else { throw OAuthError(.invalidGrant, "the token is not one of this server's access tokens, or has ended") }
        return TokenExchange.Proven(
            subject: subject, clientID: live.grant.clientID,
            audiences: live.grant.resources.isEmpty ? [live.grant.clientID] : live.grant.resources,
            scope: live.grant.scope, binding: live.grant.binding, actor: live.grant.actor,
            authentication: live.grant.authentication, grantID: live.grant.grantID, expiresAt: live.expiresAt)
    }
}

extension ScopePolicy.Outcome? {
    /// The tokens with no more than policy leaves; all of them where nobody was asked about.
    fileprivate func narrowing(_ tokens: TokenGrant) -> TokenGrant {
        map { tokens.narrowed(to: $0.scope, resources: $0.resources) } ?? tokens
    }
}

extension DeviceAuthorization {
    /// What is known of a device, of a row.
    init(stored: StoredDevice, tokens: TokenGrant?) throws {
        let request = try JSONColumn.decode(DeviceRequest.self, stored.record)
        let state: State =
            switch stored.state {
            case .pending: .pending
            case .denied: .denied
            case .used: .redeemed
            case .approved: tokens.map { .allowed($0) } ?? .denied
            }
        self.init(
            request, state: state, expiresAt: stored.expiresAt.seconds, lastAskedAt: stored.polledAt?.seconds,
            interval: stored.interval)
    }
}
