import Fixtures
import SAML
import Testing

/// Metadata of applications, as they hand them over.
struct ServiceProviderMetadata {
    var entityID = "https://app.example.org/saml"
    var consumers = [IndexedEndpoint(.post, "https://app.example.org/saml/acs", index: 0, isDefault: true)]
    var requested: [RequestedAttribute] = []
    var entityAttributes: [SAMLAttribute] = []
    var validUntil: Int64?
    var signer: SAMLSigningKey?
    var key: MetadataKey?

    var entity: EntityDescriptor {
        var entity = EntityDescriptor(entityID: entityID)
        var role = ServiceProviderDescriptor()
        role.assertionConsumers = consumers
        role.role.keys = [key].compactMap(\.self)
        if !requested.isEmpty {
            var service = AttributeConsumingService(index: 0, attributes: requested)
            service.names = [LocalizedText("App")]
            role.attributeServices = [service]
        }
        entity.serviceProviders = [role]
        entity.entityAttributes = entityAttributes
        return entity
    }

    func bytes() throws -> [UInt8] {
        var element = try entity.element(id: "_doc", validUntil: validUntil ?? 0)
        if validUntil == nil { element.setAttribute("validUntil", nil) }
        return try signer.map { try SAMLSignatures.sign(element, with: $0) } ?? XMLWriter.bytes(of: element)
    }

    func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    /// A group of these, as federations publish them.
    static func group(_ members: [ServiceProviderMetadata]) throws -> String {
        let inner = try members.map { member in
            let text = try member.text()
            return text.hasPrefix("<?xml") ? String(text[text.index(after: text.firstIndex(of: ">")!)...]) : text
        }
        return "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">" + inner.joined()
            + "</md:EntitiesDescriptor>"
    }
}
