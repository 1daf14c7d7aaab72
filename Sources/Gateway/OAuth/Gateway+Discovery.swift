import JOSE
import OAuth
import Vocabulary

extension Gateway {
    /// What a tenant's issuer tells of itself (OpenID Connect Discovery §3, RFC 8414 §2): endpoints that are here, and
    /// nothing that is not.
    public func serverMetadata(of tenant: TenantID) -> ServerMetadata {
        let issuer = tokens.issuer(of: tenant)
        var endpoints = ServerMetadata.Endpoints(
            authorization: nil, token: issuer + "/oauth2/token", keys: issuer + "/oauth2/jwks")
        endpoints.introspection = issuer + "/oauth2/introspect"
        endpoints.revocation = issuer + "/oauth2/revoke"
        let known = clients.all(in: tenant).reduce(into: Set(configuration.oauth.scopes.keys)) {
            $0.formUnion($1.metadata.scope.names)
        }
        return ServerMetadata(
            issuer: issuer, endpoints: endpoints,
            scopes: ScopeSet(known) ?? .empty, claims: [], grantTypes: [.clientCredentials, .tokenExchange],
            authentication: [.clientSecretBasic, .clientSecretPost, .privateKeyJWT],
            signing: configuration.oauth.algorithms)
    }
}

extension TokenKeyService {
    /// The tenant's public keys as they are published (RFC 7517 §5).
    public func document(of tenant: TenantID) async throws -> [UInt8] { try await keys(of: tenant).document }
}
