import JOSE
import OAuth
import Vocabulary

extension OpenIDProvider {
    /// Holds a logout token to the provider's keys (OpenID Connect Back-Channel Logout §2.6). That it comes once is for
    /// the caller to see to.
    ///
    /// - Throws: `OAuthError` to be answered with, `UpstreamFault`, and what fetching throws.
    public func logout(_ token: String) async throws -> UpstreamLogoutNotice {
        let client = try await client()
        let issuer = try Self.issuer(of: token, client)
        func held(to keys: JSONWebKeySet) throws -> LogoutToken {
            try LogoutToken.verify(
                token, issuer: issuer, clientID: client.clientID, keys: keys, algorithms: client.algorithms,
                now: seconds)
        }
        let keys = try await documents.keys(of: client)
        let verified: LogoutToken
        do {
            verified = try held(to: keys)
        } catch {
            // Only a key that is not known yet can be helped.
            guard Self.namesUnknownKey(token, keys), let renewed = try await documents.renewedKeys(of: client) else {
                throw error
            }
            verified = try held(to: renewed)
        }
        return UpstreamLogoutNotice(
            subject: try verified.subject.map { try UpstreamDigest.subject(issuer, $0) },
            sessionID: try verified.sessionID.map { try UpstreamDigest.session($0) },
            id: try HashFunction.sha256.hash(Array("jti:\(settings.key):\(verified.id)".utf8)),
            expiresAt: Timestamp(microseconds: verified.expiresAt * 1_000_000))
    }

    /// Of several tenants' issuers the one that the token names, where it is on the list; its signature says whether that
    /// is true.
    private static func issuer(of token: String, _ client: UpstreamClient) throws -> String {
        guard let rule = client.issuer else { throw OAuthError(.invalidRequest, "the provider has no ID tokens") }
        guard case .entra = rule else { return rule.documented }
        let named = (try? JWT.unverifiedClaims(of: token))?.issuer
        guard let named, rule.accepts(named) else { throw OAuthError(.invalidRequest, "logout_token: iss") }
        return named
    }

    private static func namesUnknownKey(_ token: String, _ keys: JSONWebKeySet) -> Bool {
        guard token.utf8.count <= LogoutToken.byteLimit, let id = (try? UnverifiedJWS(compact: token))?.header.keyID
        else { return false }
        return !keys.contains(keyID: id)
    }
}
