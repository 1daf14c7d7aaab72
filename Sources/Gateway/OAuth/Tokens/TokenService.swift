import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// The token endpoint (RFC 6749 §3.2), introspection (RFC 7662) and revocation (RFC 7009): loads what a request is about,
/// lets the pure rules of the protocol decide, and commits what they decided once.
///
/// Its functions throw `OAuthError` for what the client is told, and `Fault` for what is our own.
public struct TokenService: Sendable {
    let store: Store
    let live: LiveCredentials
    let tenants: TenantTable
    let clients: ClientTable
    let keys: TokenKeyService
    let settings: OAuthConfiguration
    let policy: ScopePolicy
    let people: ClaimReader
    let servers: ClientServers
    let documents: ClientDocuments
    let authorities: ClientAuthorities
    let clock: @Sendable () -> Timestamp

    var grants: LiveGrants { live.grants }

    /// A tenant's issuer: the address browsers reach it at (RFC 8414 §2).
    public func issuer(of tenant: TenantID) -> String { tenants.publicURL(of: tenant) }

    // MARK: The client

    /// Who sends a request, by the one method it is registered with.
    ///
    /// - Parameter bindsTokens: whether the request gets tokens, which have to be bound where the client's have to. Elsewhere
    ///   a proof of possession is looked at where one is sent, and none is asked for.
    /// - Throws: `invalid_client`, and what the proof of possession is refused with.
    func prove(_ call: OAuthCall, bindsTokens: Bool = false) async throws -> ProvenCall {
        let now = clock()
        let shown = try PresentedCredentials.read(authorization: call.authorization, parameters: call.parameters)
        let known = await documents.client(shown.clientID, in: call.tenant)
        let proven = try ClientAuthentication.decide(
            shown, client: await registered(known, shown, call), certificate: try certificate(of: call, for: known),
            issuer: issuer(of: call.tenant), endpoint: call.address, now: now.seconds)
        guard let client = known else { throw OAuthError(.invalidClient, "client authentication failed") }
        var request = DPoPProof.Request(
            method: call.method, target: call.address, nonces: try acceptedNonces(of: call.tenant))
        request.aliases = call.aliases
        let proof = try DPoPProof.verify(call.proofs, for: request, now: now.seconds)
        return ProvenCall(
            client: client, proven: proven, proof: proof,
            binding: bindsTokens ? try SenderBinding.of(proven, proof: proof?.thumbprint) : .none, now: now)
    }

    // MARK: Nonces of proofs (RFC 9449 §8)

    private func nonces(of tenant: TenantID) throws -> DPoPNonces {
        let key = try store.keys.mac(Array("dpop-nonce".utf8), purpose: .requestBinding, tenant: tenant).tag
        return DPoPNonces(key: SecretOctets(key))
    }

    /// The nonces that proofs may have now; nil where none is asked for.
    func acceptedNonces(of tenant: TenantID) throws -> [String]? {
        settings.asksDPoPNonce ? try nonces(of: tenant).accepted(now: clock().seconds) : nil
    }

    /// The nonce that the next proof should have; nil where none is asked for.
    public func dpopNonce(of tenant: TenantID) throws -> String? {
        settings.asksDPoPNonce ? try nonces(of: tenant).current(now: clock().seconds) : nil
    }

    // MARK: The token endpoint

    /// Tokens for a client that proved itself.
    public func token(_ call: OAuthCall) async throws -> JSONObject {
        let sender = try await prove(call, bindsTokens: true)
        switch try TokenRequest.read(call.parameters, client: sender.client.metadata) {
        case .clientCredentials(let request): return try await grant(request, sender, call)
        case .authorizationCode(let redemption): return try await redeem(redemption, sender, call)
        case .refreshToken(let request): return try await refresh(request, sender, call)
        case .deviceCode(let code): return try await poll(code, sender, call)
        case .tokenExchange(let request): return try await exchange(request, sender, call)
        }
    }

    /// RFC 6749 §4.4. Nothing of it changes anything, so that where tokens are signed nothing is written: that the client
    /// may is in the record of decisions.
    private func grant(
        _ request: ClientCredentialsRequest, _ sender: ProvenCall, _ call: OAuthCall
    ) async throws -> JSONObject {
        guard let account = sender.client.settings.serviceAccount, !live.isDisabled(account) else {
            throw OAuthError(.unauthorizedClient, "the client acts for nobody")
        }
        let left = try await allowed(request.scope, request.resources, .serviceAccount(account), sender.client)
        var tokens = request.grant(sender.proven, grantID: Self.ownName, binding: sender.binding)
        tokens = tokens.narrowed(to: left.scope, resources: left.resources)
        let issued = try makeOpaque(tokens, sender, grant: nil)
        if sender.spends || issued != nil {
            try await store.write(.login) { [grants] tx in
                try sender.spend(in: call.tenant, tx)
                guard let issued else { return }
                try tx.sql.insert(try issued.token.stored)
                tx.afterCommit { grants.add(issued.token) }
            }
        }
        return try await answer(tokens, sender, call.tenant, access: issued?.text, refresh: nil)
    }

    /// What policy leaves of what is asked for.
    ///
    /// - Throws: `invalid_scope` or `invalid_target` when it leaves nothing of something, with the reasons.
    func allowed(
        _ scope: ScopeSet, _ resources: [String], _ subject: Subject, _ client: OAuthClient
    ) async throws -> ScopePolicy.Outcome {
        let left = try await policy.narrow(scope, resources, for: subject, of: client)
        let reasons = left.refused.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        if left.scope.isEmpty, !scope.isEmpty {
            throw OAuthError(.invalidScope, "policy refuses every scope that was asked for (\(reasons))")
        }
        if left.resources.isEmpty, !resources.isEmpty {
            throw OAuthError(.invalidTarget, "policy refuses every resource that was asked for (\(reasons))")
        }
        return left
    }

    // MARK: What is issued

    /// Stands in the place of a grant's id in tokens that a client got in its own name.
    static let ownName = "own"

    /// An opaque access token that is still to be written; nil for a client whose access tokens are signed.
    struct Opaque: Sendable {
        let text: SecretText
        let token: LiveAccessToken
    }

    func makeOpaque(
        _ tokens: TokenGrant, _ sender: ProvenCall, grant: AuthorizationGrantID?, until end: Timestamp? = nil
    ) throws -> Opaque? {
        guard sender.client.metadata.accessTokenFormat == .opaque else { return nil }
        let drawn = try Randomness.token(.accessToken)
        let expiry = min(sender.now + settings.accessTokenLifetime, end ?? .distantFuture)
        return Opaque(
            text: drawn.text,
            token: LiveAccessToken(
                hash: drawn.hash, tenant: sender.client.tenant, client: sender.client.id, grant: grant, tokens: tokens,
                issuedAt: sender.now, expiresAt: expiry))
    }

    /// The answer (RFC 6749 §5.1), with everything that is signed: outside the writer, because a signature takes longer
    /// than anybody should wait there.
    func answer(
        _ tokens: TokenGrant, _ sender: ProvenCall, _ tenant: TenantID, access: SecretText?, refresh: SecretText?,
        person: PersonID? = nil, until end: Timestamp? = nil, issued type: TokenExchangeRequest.TokenType? = nil
    ) async throws -> JSONObject {
        let keys = try await keys.keys(of: tenant)
        let issuer = TokenIssuer(issuer: issuer(of: tenant))
        let now = sender.now.seconds
        let lifetime = min(settings.accessTokenLifetime.components.seconds, end.map { $0.seconds - now } ?? .max)
        let accessText: String
        if let access {
            accessText = access.reveal()
        } else {
            let key = try signing(keys, sender.client.metadata.idTokenAlgorithm)
            let extra = try await people.accessClaims(of: person, for: sender.client, tokens)
            let id = "\(tokens.grantID).\(Base64URL.encode(Randomness.bytes(16)))"
            accessText = try JWT.sign(
                issuer.accessToken(tokens, id: id, extra: extra, lifetime: lifetime, now: now), with: key,
                type: "at+jwt")
        }
        var answer = TokenAnswer(
            accessToken: accessText, expiresIn: lifetime, refreshToken: refresh?.reveal(), issuedTokenType: type)
        if tokens.issuesIDToken, let person {
            let key = try signing(keys, sender.client.metadata.idTokenAlgorithm)
            let profile = try await people.idTokenClaims(of: person, for: sender.client, tokens)
            let claims = try issuer.idToken(
                tokens, profile: profile, accessToken: accessText, algorithm: key.algorithm,
                lifetime: settings.idTokenLifetime.components.seconds, now: now)
            answer.idToken = try JWT.sign(claims, with: key)
        }
        return answer.json(for: tokens)
    }

    func signing(_ keys: TokenKeySet, _ algorithm: SignatureAlgorithm) throws -> SigningKey {
        guard let key = keys.signing[algorithm] else {
            throw Fault(
                "oauth.no_key", .ourselves, "Nothing is signed with \(algorithm.rawValue) here.",
                remedy: "Add it to `oauth.signing_algorithms`, or choose another for the client.")
        }
        return key
    }
}
