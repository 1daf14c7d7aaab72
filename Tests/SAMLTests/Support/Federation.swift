import Foundation

@testable import SAML

/// An identity provider, a service provider and their time, for all tests of what is decided.
enum Federation {
    static let now: Int64 = 1_800_000_000
    static let provider = "https://idp.example/saml"
    static let service = "https://sp.example/saml"
    static let consumer = "https://sp.example/saml/acs"
    static let signOn = "https://idp.example/saml/sso"

    static func der(_ key: TestKey) throws -> [UInt8] { try key.verification.certificate ?? [] }

    static func key(_ key: TestKey, _ use: MetadataKey.Use? = nil) throws -> MetadataKey {
        guard let made = MetadataKey(certificate: try der(key), use: use) else { throw SAMLError(.key, "no key") }
        return made
    }

    static func identityProvider(_ change: (inout EntityDescriptor) -> Void = { _ in }) throws -> EntityDescriptor {
        var role = IdentityProviderDescriptor()
        role.role.keys = [try key(.provider)]
        role.singleSignOn = [Endpoint(.post, signOn + "/post"), Endpoint(.redirect, signOn)]
        role.role.singleLogout = [Endpoint(.redirect, "https://idp.example/saml/slo")]
        role.role.artifactResolution = [IndexedEndpoint(.soap, "https://idp.example/saml/art", index: 3)]
        role.role.scopes = [Scope("example.org"), Scope(".*", isExpression: true)]
        var entity = EntityDescriptor(entityID: provider)
        entity.identityProviders = [role]
        change(&entity)
        return entity
    }

    static func serviceProvider(_ change: (inout ServiceProviderDescriptor) -> Void = { _ in }) throws
        -> EntityDescriptor
    {
        var role = ServiceProviderDescriptor()
        role.role.keys = [try key(.service)]
        role.assertionConsumers = [
            IndexedEndpoint(.post, consumer, index: 1),
            IndexedEndpoint(.post, consumer + "/2", index: 2, isDefault: true),
            IndexedEndpoint(.artifact, consumer + "/art", index: 3),
            IndexedEndpoint(.paos, consumer + "/ecp", index: 4),
        ]
        role.role.singleLogout = [
            Endpoint(.redirect, "https://sp.example/slo", responseLocation: "https://sp.example/slo/done"),
            Endpoint(.soap, "https://sp.example/slo/soap"),
        ]
        change(&role)
        var entity = EntityDescriptor(entityID: service)
        entity.serviceProviders = [role]
        return entity
    }

    static let settings = ServiceProviderSettings(
        entityID: service, consumers: [IndexedEndpoint(.post, consumer, index: 0)])
    static let issuing = IdentityProviderSettings(
        entityID: provider, signOnEndpoints: [Endpoint(.redirect, signOn)],
        nameIDFormats: [NameIDFormat.transient, NameIDFormat.persistent, NameIDFormat.emailAddress])

    static func header(_ issuer: String, _ destination: String? = nil, id: String = "_r1") -> MessageHeader {
        MessageHeader(id: id, issueInstant: now, issuer: issuer, destination: destination)
    }

    /// What the writer writes and the reader reads again.
    static func reread(_ element: XMLElement, limits: XMLLimits = .message) throws -> XMLElement {
        try XMLReader.parse(XMLWriter.bytes(of: element), limits: limits)
    }
}

/// The code that a message was refused with; nil when it was not.
func fault(_ body: () throws -> Void) -> MessageFault.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? MessageFault)?.code
    }
}

enum Records {
    /// What becomes of a record that is kept.
    static func kept<T: Codable>(_ value: T) throws -> T {
        try JSONDecoder().decode(T.self, from: JSONEncoder().encode(value))
    }
}
