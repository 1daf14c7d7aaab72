import JOSE
import OAuth
import Synchronization
import Vocabulary

extension Gateway {
    /// What a tenant's issuer tells of itself (OpenID Connect Discovery §3, RFC 8414 §2): endpoints that are here, and
    /// nothing that is not.
    public func serverMetadata(of tenant: TenantID) -> ServerMetadata {
        let issuer = tenants.publicURL(of: tenant)
        var endpoints = ServerMetadata.Endpoints.of(issuer)
        let registration = configuration.oauth.registration
        if registration.gate != .nobody { endpoints.registration = issuer + "/oauth2/register" }
        let certificates = certificateIssuer(of: tenant)
        var metadata = ServerMetadata(
            issuer: issuer, endpoints: endpoints,
            scopes: ScopeSet(scopes) ?? .empty, claims: ClaimReader.standard,
            acrValues: AuthorizationRules(ofIssuer: issuer).acrValues,
            authentication: [.clientSecretBasic, .clientSecretPost, .privateKeyJWT, .none] + certificateMethods(tenant),
            signing: configuration.oauth.algorithms)
        metadata.supportsClientIDDocuments = registration.takesDocuments
        metadata.certificateEndpoints = certificates.map(ServerMetadata.Endpoints.of)
        return metadata
    }

    /// What a tenant's endpoints for clients with certificates are below (RFC 8705 §5); nil where nobody is asked for one.
    public func certificateIssuer(of tenant: TenantID) -> String? {
        guard let base = configuration.oauth.mutualTLS?.publicURL, let slug = tenants.tenant(tenant)?.slug else {
            return nil
        }
        return tenants.defaultTenant?.id == tenant ? base.description : base.appending("/t/" + slug)
    }

    private func certificateMethods(_ tenant: TenantID) -> [ClientAuthenticationMethod] {
        guard configuration.oauth.mutualTLS != nil, let slug = tenants.tenant(tenant)?.slug else { return [] }
        let isIssued = clientAuthorities.authorities(of: slug) != nil
        return (isIssued ? [.tlsClientAuth] : []) + [.selfSignedTLSClientAuth]
    }

    /// The document as it is sent, made once for each issuer: what is in it comes of the configuration alone.
    public func discoveryDocument(of tenant: TenantID) -> [UInt8] {
        let issuer = tenants.publicURL(of: tenant)
        if let kept = discovery.withLock({ $0[issuer] }) { return kept }
        let made = serverMetadata(of: tenant).json.serialized
        discovery.withLock { $0[issuer] = made }
        return made
    }

    /// Those of the standard and of the configuration; what single clients may ask for is nobody else's business.
    private var scopes: Set<String> {
        Set(UserInfo.scopeClaims.keys).union(["openid", "offline_access"]).union(configuration.oauth.scopes.keys)
    }
}

extension ServerMetadata.Endpoints {
    /// Where an issuer's endpoints are.
    fileprivate static func of(_ issuer: String) -> ServerMetadata.Endpoints {
        var endpoints = ServerMetadata.Endpoints(
            authorization: issuer + "/oauth2/authorize", token: issuer + "/oauth2/token",
            keys: issuer + "/oauth2/jwks")
        endpoints.userInfo = issuer + "/oauth2/userinfo"
        endpoints.introspection = issuer + "/oauth2/introspect"
        endpoints.revocation = issuer + "/oauth2/revoke"
        endpoints.endSession = issuer + "/oauth2/logout"
        endpoints.deviceAuthorization = issuer + "/oauth2/device_authorization"
        endpoints.pushedRequest = issuer + "/oauth2/par"
        return endpoints
    }
}

extension TokenKeyService {
    /// The tenant's public keys as they are published (RFC 7517 §5).
    public func document(of tenant: TenantID) async throws -> [UInt8] { try await keys(of: tenant).document }
}
