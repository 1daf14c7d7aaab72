import JOSE

/// A provider that many have, as data: what an administrator would otherwise have to look up.
public struct ProviderPreset: Sendable, Hashable {
    /// Where its document is; nil when it has none, and `endpoints` says where it is spoken to.
    public var discovery: String?
    public var issuer: IssuerRule?
    public var endpoints: UpstreamEndpoints?
    public var scope: ScopeSet
    public var identity: UpstreamIdentityRule
    public var profile: ProfileMapping
    public var authentication: UpstreamClient.Authentication
    public var responseMode: ResponseMode?
    public var parameters: [String: String]
    public var requiredClaims: [String: String]

    init(
        issuer: String, scope: ScopeSet, identity: UpstreamIdentityRule = .issuerAndSubject,
        profile: ProfileMapping = .standard, authentication: UpstreamClient.Authentication = .secretBasic
    ) {
        discovery = Self.discoveryAddress(of: issuer)
        self.issuer = .exactly(issuer)
        endpoints = nil
        self.scope = scope
        self.identity = identity
        self.profile = profile
        self.authentication = authentication
        responseMode = nil
        parameters = [:]
        requiredClaims = [:]
    }

    /// Discovery §4.1: the well-known part is appended, without a second slash.
    public static func discoveryAddress(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    private static let usual = ScopeSet(["openid", "profile", "email"]) ?? .empty

    /// Any OpenID provider.
    public static func openID(issuer: String) -> ProviderPreset { ProviderPreset(issuer: issuer, scope: usual) }

    /// Google: anybody, or the people of one Workspace domain, which is asked for and held to the claim `hd`: the request
    /// alone is a hint that anybody can change.
    public static func google(domain: String? = nil) -> ProviderPreset {
        var preset = ProviderPreset(issuer: "https://accounts.google.com", scope: usual, authentication: .secretPost)
        if let domain {
            preset.parameters["hd"] = domain
            preset.requiredClaims["hd"] = domain
        }
        return preset
    }

    /// Entra ID, one tenant, by its UUID.
    public static func entra(tenant: String) -> ProviderPreset {
        var preset = ProviderPreset(
            issuer: IssuerRule.entraTemplate.replacing("{tenantid}", with: tenant), scope: usual,
            identity: .entraObject,
            profile: entraProfile, authentication: .secretPost)
        preset.issuer = .exactly(IssuerRule.entraTemplate.replacing("{tenantid}", with: tenant))
        return preset
    }

    /// Entra ID, people of these tenants and of no others.
    public static func entra(tenants: Set<String>) -> ProviderPreset {
        var preset = ProviderPreset(
            issuer: IssuerRule.entraTemplate, scope: usual, identity: .entraObject, profile: entraProfile,
            authentication: .secretPost)
        preset.discovery = "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration"
        preset.issuer = .entra(tenants: tenants)
        return preset
    }

    /// No `email_verified`: whoever administers a tenant writes what mail address they like (nOAuth).
    private static let entraProfile = ProfileMapping(
        displayName: "name", username: "preferred_username", mail: "email", mailVerified: nil, groups: "groups")

    /// An authorization server of Okta's: the organisation's own, or a custom one by its name.
    public static func okta(domain: String, server: String? = nil) -> ProviderPreset {
        ProviderPreset(issuer: "https://\(domain)" + (server.map { "/oauth2/\($0)" } ?? ""), scope: usual)
    }

    /// A realm of Keycloak's. Roles stand in `realm_access.roles`, groups only where a mapper puts them.
    public static func keycloak(address: String, realm: String) -> ProviderPreset {
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        return ProviderPreset(issuer: "\(base)/realms/\(realm)", scope: usual)
    }

    /// GitLab, its own or somebody's. Groups come from userinfo.
    public static func gitLab(address: String = "https://gitlab.com") -> ProviderPreset {
        ProviderPreset(
            issuer: address, scope: usual,
            profile: ProfileMapping(
                displayName: "name", username: "nickname", mail: "email", mailVerified: "email_verified",
                groups: "groups"))
    }

    /// Apple. Name and mail come only with a form post, and the name only once, outside the ID token; the secret is a
    /// token of its own (`AppleClientSecret`).
    public static func apple() -> ProviderPreset {
        var preset = ProviderPreset(
            issuer: "https://appleid.apple.com", scope: ScopeSet(["openid", "name", "email"]) ?? .empty,
            authentication: .secretPost)
        preset.responseMode = .formPost
        return preset
    }

    /// GitHub: plain OAuth 2. The numeric `id` names the person for good; `login` can be given up and taken by others.
    public static func gitHub() -> ProviderPreset {
        var preset = plain(
            authorization: "https://github.com/login/oauth/authorize",
            token: "https://github.com/login/oauth/access_token", userInfo: "https://api.github.com/user",
            scope: ScopeSet(["read:user", "user:email"]) ?? .empty, subject: "id")
        preset.profile = ProfileMapping(
            displayName: "name", username: "login", mail: "email", mailVerified: nil, groups: nil)
        return preset
    }

    /// Any plain OAuth 2 provider that says at an address who somebody is.
    ///
    /// - Parameter subject: the member of that answer that names a person for good.
    public static func plain(
        authorization: String, token: String, userInfo: String, scope: ScopeSet, subject: String = "sub"
    ) -> ProviderPreset {
        var preset = ProviderPreset(
            issuer: authorization, scope: scope, identity: .userInfo(member: subject), authentication: .secretPost)
        preset.discovery = nil
        preset.issuer = nil
        preset.endpoints = UpstreamEndpoints(authorization: authorization, token: token, userInfo: userInfo)
        return preset
    }
}

extension ProviderPreset {
    /// A client of this provider; nil when its document is needed and was not read.
    public func client(
        provider: String, clientID: String, redirectURI: String, metadata: ProviderMetadata? = nil
    ) -> UpstreamClient? {
        guard let endpoints = metadata?.endpoints ?? endpoints else { return nil }
        return UpstreamClient(
            provider: provider, clientID: clientID, authentication: authentication, redirectURI: redirectURI,
            endpoints: endpoints, issuer: issuer, scope: scope,
            algorithms: metadata?.algorithms ?? [.rs256, .es256],
            namesItselfInResponses: metadata?.namesItselfInResponses ?? false, responseMode: responseMode,
            identity: identity, profile: profile, parameters: parameters,
            requiredClaims: requiredClaims)
    }
}
