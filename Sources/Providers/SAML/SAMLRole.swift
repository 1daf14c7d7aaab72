import SAML

/// What an entity of SAML is looked up as.
public enum SAMLRole: Sendable, Hashable {
    case identityProvider
    case serviceProvider

    var words: String {
        switch self {
        case .identityProvider: "identity provider"
        case .serviceProvider: "service provider"
        }
    }

    /// Why an entity that has the role is of no use.
    var complaint: String {
        switch self {
        case .identityProvider: "the identity provider has no key that signs, or no place to sign in"
        case .serviceProvider:
            "the service provider has no AssertionConsumerService by HTTP-POST, HTTP-Artifact or PAOS"
        }
    }

    func stands(in entity: EntityDescriptor, at now: Int64, skew: Int64) -> Bool {
        switch self {
        case .identityProvider: entity.identityProvider(at: now, skew: skew) != nil
        case .serviceProvider: entity.serviceProvider(at: now, skew: skew) != nil
        }
    }

    /// Whether anything could be done with it: an identity provider without a key would be believed by nothing, a service
    /// provider without a place could be answered nowhere.
    public func isUsable(_ entity: EntityDescriptor, at now: Int64, skew: Int64) -> Bool {
        switch self {
        case .identityProvider: entity.identityProvider(at: now, skew: skew)?.isUsable == true
        case .serviceProvider:
            entity.serviceProvider(at: now, skew: skew)?.assertionConsumers
                .contains { [.post, .artifact, .paos].contains($0.endpoint.spoken) } == true
        }
    }
}
