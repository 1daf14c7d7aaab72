import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// What of a request to a protected resource of the gateway's own counts.
public struct ResourceCall: Sendable {
    public var tenant: TenantID
    /// Every `Authorization` header.
    public var authorization: [String]
    /// The `access_token` of a form body (RFC 6750 §2.2).
    public var formToken: String?
    public var hasQueryToken: Bool
    /// Every `DPoP` header.
    public var proofs: [String]
    public var method: String
    /// The resource's address as clients know it.
    public var address: String

    public init(
        tenant: TenantID, authorization: [String], formToken: String? = nil, hasQueryToken: Bool = false,
        proofs: [String] = [], method: String, address: String
    ) {
        self.tenant = tenant
        self.authorization = authorization
        self.formToken = formToken
        self.hasQueryToken = hasQueryToken
        self.proofs = proofs
        self.method = method
        self.address = address
    }
}

/// What userinfo answers.
public enum UserInfoAnswer: Sendable {
    case json(JSONObject)
    /// `application/jwt` (OpenID Connect Core §5.3.2).
    case signed(String)
}

extension TokenService {
    /// Userinfo (OpenID Connect Core §5.3): what a token opens about whoever granted it.
    ///
    /// - Returns: nil when the request shows no token at all.
    /// - Throws: `OAuthError` for the challenge: `invalid_request`, `invalid_token`, `insufficient_scope`.
    public func userInfo(_ call: ResourceCall) async throws -> UserInfoAnswer? {
        let shown = try AuthorizationHeader.read(
            call.authorization, form: call.formToken, hasQueryToken: call.hasQueryToken)
        guard let shown else { return nil }
        let refusal = OAuthError(.invalidToken, "the token is unknown, has ended, or is not for this")
        guard let found = try await find(shown.token, in: call.tenant), !found.isRefreshToken,
            let id = AuthorizationGrantID(found.grant.grantID),
            let grant = grants.grant(id, in: call.tenant, at: clock()), let person = grant.person,
            let client = clients.client(grant.client), isForUserInfo(found.grant, in: call.tenant)
        else { throw refusal }
        try await prove(found.grant.binding, shown, call)
        guard let answer = try await people.userInfo(of: person, for: client, found.grant) else { throw refusal }
        return try await told(answer, client)
    }

    /// A token for other resources alone is none for this one (RFC 8707 §2), and one that was exchanged is for whom it was
    /// exchanged.
    private func isForUserInfo(_ tokens: TokenGrant, in tenant: TenantID) -> Bool {
        tokens.resources.isEmpty || tokens.resources.contains(issuer(of: tenant))
    }

    /// Holds the request to what the token is bound to.
    ///
    /// - Parameter spends: whether the proof is used up; not where a request that was judged is only explained.
    func prove(
        _ binding: SenderBinding, _ shown: AuthorizationHeader.Shown, _ call: ResourceCall, spends: Bool = true
    ) async throws {
        var request = DPoPProof.Request(
            method: call.method, target: call.address, nonces: try acceptedNonces(of: call.tenant))
        request.accessToken = shown.token
        let proof = try DPoPProof.verify(call.proofs, for: request, now: clock().seconds)
        try binding.check(scheme: shown.scheme, proof: proof?.thumbprint, certificate: nil)
        guard let proof, spends else { return }
        try await store.write(.login) { tx in
            let isFirst = try tx.sql.noteOnce(
                .dpopProof, Digests.sha256(proof.replayKey), in: call.tenant, at: tx.now,
                until: Timestamp(seconds: proof.expiresAt))
            guard isFirst else { throw OAuthError(.invalidDPoPProof, "the proof was used before") }
        }
    }

    private func told(_ answer: JSONObject, _ client: OAuthClient) async throws -> UserInfoAnswer {
        guard let algorithm = client.metadata.userInfoAlgorithm else { return .json(answer) }
        let key = try signing(try await keys.keys(of: client.tenant), algorithm)
        let claims = UserInfo.signed(answer, issuer: issuer(of: client.tenant), clientID: client.name)
        return .signed(try JWT.sign(claims, with: key))
    }
}
