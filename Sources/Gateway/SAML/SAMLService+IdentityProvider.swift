import SAML
import Vocabulary

extension SAMLService {
    /// How far clocks of applications may be from ours, in seconds.
    static let clockSkew: Int64 = 180

    /// Where applications send people to sign in.
    public func signOn(of tenant: TenantID) -> String { base(of: tenant) + "/saml/sso" }

    /// Where requests come by a binding, which they name as their destination.
    func signOn(of tenant: TenantID, by binding: Binding) -> String {
        binding == .soap ? base(of: tenant) + "/saml/ecp" : signOn(of: tenant)
    }

    /// What our identity provider goes by.
    func identityProvider(of tenant: TenantID) throws -> IdentityProviderSettings {
        var places = [Binding.redirect, .post].map { Endpoint($0, signOn(of: tenant, by: $0)) }
        if servesEnhancedClients {
            places.append(Endpoint(.soap, signOn(of: tenant, by: .soap), supportsChannelBindings: true))
        }
        return IdentityProviderSettings(
            entityID: entityID(of: tenant), signOnEndpoints: places, skew: Self.clockSkew,
            nameIDFormats: [NameIDFormat.transient, NameIDFormat.persistent, NameIDFormat.emailAddress],
            algorithms: algorithms)
    }

    /// The first of our keys that something sound can be signed with for this application.
    ///
    /// - Throws: `unsupported` where there is none.
    func signingKey(
        for peer: EntityDescriptor, _ settings: IdentityProviderSettings, at now: Int64
    ) throws -> SAMLSigningKey {
        let role = peer.serviceProvider(at: now, skew: settings.skew)?.role
        let algorithms = role?.algorithms.or(peer.algorithms) ?? peer.algorithms
        let own = try keys().map(\.signing)
        guard !own.isEmpty else {
            throw MessageFault(.unsupported, "there is no key that assertions are signed with; name one in `saml.keys`")
        }
        let fitting = own.first { key in
            (try? settings.algorithms.signature(for: algorithms, key: key.kind.metadataKind)) != nil
        }
        guard let fitting else {
            throw MessageFault(.unsupported, "the application takes no signature that a key of `saml.keys` makes")
        }
        return fitting
    }

    /// The role in our metadata; nil where nothing could be signed.
    func identityProviderRole(of tenant: TenantID, _ keys: [OwnKey]) throws -> IdentityProviderDescriptor? {
        guard !keys.isEmpty else { return nil }
        let settings = try identityProvider(of: tenant)
        var role = IdentityProviderDescriptor()
        role.singleSignOn = settings.signOnEndpoints
        role.role.artifactResolution = [artifactEndpoint(of: tenant)]
        role.wantsSignedRequests = settings.requiresSignedRequests
        role.role.singleLogout = try logoutEndpoints(of: tenant)
        role.role.nameIDFormats = settings.nameIDFormats
        role.role.keys = keys.flatMap(published)
        return role
    }
}
