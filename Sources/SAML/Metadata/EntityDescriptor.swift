/// What an entity says of itself (SAML Metadata §2.3.2), as far as it is gone by here.
public struct EntityDescriptor: Sendable, Hashable {
    public var entityID: String
    /// The document's `ID`, when it has one.
    public var id: String?
    /// Seconds since 1970; the earliest of its own and of all groups around it.
    public var validUntil: Int64?
    /// Seconds; the shortest of its own and of all groups around it.
    public var cacheDuration: Int64?
    public var identityProviders: [IdentityProviderDescriptor] = []
    public var serviceProviders: [ServiceProviderDescriptor] = []
    /// Of the entity and of every group around it.
    public var entityAttributes: [SAMLAttribute] = []
    /// Scopes that stand at the entity; a role has its own beside them.
    public var scopes: [Scope] = []
    public var registration: Registration?
    public var organization: String?
    public var contacts: [Contact] = []
    /// The algorithms it speaks, where it says so at the entity.
    public var algorithms = AlgorithmSupport()

    public init(entityID: String) { self.entityID = entityID }

    /// The longest entity ID there may be, in characters (SAML Metadata §2.2.1, SDP-G04 says 256).
    public static let entityIDLimit = 1_024

    /// The values of an entity attribute.
    public func attribute(_ name: String) -> [String] {
        entityAttributes.filter { Exact.same($0.name, name) }.flatMap(\.values)
    }

    /// Whether it belongs to a category of entities (RFC 8409).
    public func isInCategory(_ category: String) -> Bool {
        Exact.holds(attribute(EntityCategory.attribute), category)
    }

    /// Whether the whole entity may still be used (§2.3.2), with an allowance for clocks.
    public func isValid(at now: Int64, skew: Int64 = 0) -> Bool { validUntil.map { now < $0 + skew } ?? true }

    /// Its identity provider's role for SAML 2.0, when it has one that is still valid.
    public func identityProvider(at now: Int64, skew: Int64 = 0) -> IdentityProviderDescriptor? {
        guard isValid(at: now, skew: skew) else { return nil }
        return identityProviders.first { $0.role.speaksSAML2 && $0.role.isValid(at: now, skew: skew) }
    }

    /// Its service provider's role for SAML 2.0, when it has one that is still valid.
    public func serviceProvider(at now: Int64, skew: Int64 = 0) -> ServiceProviderDescriptor? {
        guard isValid(at: now, skew: skew) else { return nil }
        return serviceProviders.first { $0.role.speaksSAML2 && $0.role.isValid(at: now, skew: skew) }
    }
}

/// The entity attribute of entity categories (RFC 8409 §3).
public enum EntityCategory {
    public static let attribute = "http://macedir.org/entity-category"
    public static let support = "http://macedir.org/entity-category-support"
}

/// What every role has (SAML Metadata §2.4.1, §2.4.2).
public struct RoleDescriptor: Sendable, Hashable {
    public var validUntil: Int64?
    public var cacheDuration: Int64?
    public var errorURL: String?
    public var protocols: [String] = [XMLNamespace.protocols]
    public var keys: [MetadataKey] = []
    public var algorithms = AlgorithmSupport()
    public var display = DisplayInfo()
    public var scopes: [Scope] = []
    public var artifactResolution: [IndexedEndpoint] = []
    public var singleLogout: [Endpoint] = []
    public var nameIDFormats: [String] = []

    public init() {}

    /// Whether the role is one of SAML 2.0.
    public var speaksSAML2: Bool { Exact.holds(protocols, XMLNamespace.protocols) }

    /// Whether the role may still be used, with an allowance for clocks.
    public func isValid(at now: Int64, skew: Int64 = 0) -> Bool { validUntil.map { now < $0 + skew } ?? true }

    /// The keys that sign: those for it and those for everything (SAML Errata E62).
    public var signingKeys: [MetadataKey] { keys.filter { $0.use != .encryption } }
    /// The keys to encrypt to.
    public var encryptionKeys: [MetadataKey] { keys.filter { $0.use != .signing } }
}

/// An identity provider (SAML Metadata §2.4.3).
public struct IdentityProviderDescriptor: Sendable, Hashable {
    public var role = RoleDescriptor()
    public var wantsSignedRequests = false
    public var singleSignOn: [Endpoint] = []

    public init() {}

    /// Nothing it says can be believed without a key to see it by: metadata without one names an identity provider that
    /// cannot be used, not one that need not sign.
    public var isUsable: Bool { !role.signingKeys.isEmpty && !singleSignOn.isEmpty }
}

/// A service provider (SAML Metadata §2.4.4).
public struct ServiceProviderDescriptor: Sendable, Hashable {
    public var role = RoleDescriptor()
    public var signsRequests = false
    public var wantsSignedAssertions = false
    public var assertionConsumers: [IndexedEndpoint] = []
    public var attributeServices: [AttributeConsumingService] = []
    /// Where discovery may return somebody to.
    public var discoveryResponses: [IndexedEndpoint] = []

    public init() {}

    /// The attributes it asks for: of the service with this index, else of its default one.
    ///
    /// - Returns: nil when an index is named that there is none of.
    public func requestedAttributes(index: Int?) -> [RequestedAttribute]? {
        if let index { return attributeServices.first { $0.index == index }?.attributes }
        let preferred =
            attributeServices.first { $0.isDefault == true } ?? attributeServices.first { $0.isDefault == nil }
            ?? attributeServices.first
        return preferred?.attributes ?? []
    }
}
