import BenchTable
import Foundation
import SAML

/// A federation's metadata of ten megabytes, as large ones have it: some two thousand entities with keys, names and scopes.
enum AggregateMetadata {
    static let leastBytes = 10_000_000

    static func document(certificate: [UInt8]) throws -> XMLElement {
        var group = XMLElement(
            XMLNamespace.metadata, "EntitiesDescriptor",
            [XMLAttribute("ID", "_all"), XMLAttribute("validUntil", "2036-01-01T00:00:00Z")])
        let samples = try (0..<2).map { try entity($0, certificate) }
        var bytes = 0
        let sizes = try samples.map { try XMLWriter.bytes(of: $0).count }
        var number = 0
        while bytes < leastBytes {
            var next = samples[number % 2]
            next.setAttribute("entityID", "https://entity-\(number).example.org/saml")
            group.children.append(.element(next))
            bytes += sizes[number % 2]
            number += 1
        }
        return group
    }

    private static func entity(_ number: Int, _ certificate: [UInt8]) throws -> XMLElement {
        var entity = EntityDescriptor(entityID: "https://entity.example.org/saml")
        entity.entityAttributes = [
            SAMLAttribute(EntityCategory.attribute, values: ["https://refeds.org/category/research-and-scholarship"])
        ]
        entity.contacts = [Contact(kind: "technical", name: "Operations", emails: ["operations@example.org"])]
        guard let key = MetadataKey(certificate: certificate) else { throw BenchFailure("the certificate is none") }
        var role = RoleDescriptor()
        role.keys = [key, key]
        role.display.names = ["en", "de", "fr"].map { LocalizedText("The University of Somewhere", language: $0) }
        role.display.descriptions = [LocalizedText(String(repeating: "Where people learn. ", count: 10))]
        role.singleLogout = [Endpoint(.redirect, "https://entity.example.org/saml/slo")]
        if number == 0 {
            var provider = IdentityProviderDescriptor()
            provider.role = role
            provider.role.scopes = [Scope("example.org")]
            provider.singleSignOn = [
                Endpoint(.redirect, "https://entity.example.org/sso"),
                Endpoint(.post, "https://entity.example.org/sso"),
            ]
            entity.identityProviders = [provider]
        } else {
            var service = ServiceProviderDescriptor()
            service.role = role
            service.assertionConsumers = (0..<4).map {
                IndexedEndpoint(.post, "https://entity.example.org/acs/\($0)", index: $0)
            }
            service.attributeServices = [
                AttributeConsumingService(
                    index: 0, names: [LocalizedText("Service")],
                    attributes: (0..<6).map { RequestedAttribute(SAMLAttribute("urn:oid:2.5.4.\($0)")) })
            ]
            entity.serviceProviders = [service]
        }
        return try entity.element(id: "_x", validUntil: 2_082_758_400)
    }

    static func measure(_ stage: SAMLStage, _ table: BenchTable) throws {
        let key = try SAMLSigningKey(pem: stage.keyPEM)
        let certificate = try SAMLVerificationKey(pem: stage.certificatePEM).certificate ?? []
        let bytes = try SAMLSignatures.sign(document(certificate: certificate), with: key)
        let begin = Processor.threadSeconds
        let root = try SAMLSignatures.verify(bytes, keys: [key.verificationKey], limits: .metadata)
        let verified = Processor.threadSeconds
        let read = try MetadataDocument(reading: root)
        let end = Processor.threadSeconds
        guard read.faults.isEmpty, read.count > 1_000 else {
            throw BenchFailure("the aggregate was not read: \(read.faults.prefix(3))")
        }
        say(
            "Metadata of \(bytes.count / 1_000) kB with \(read.count) entities: verified in "
                + "\(Int((verified - begin) * 1_000)) ms, read in \(Int((end - verified) * 1_000)) ms")
        table.most("Loading signed metadata of ten megabytes", (end - begin) * 1_000, 2_000, "ms")
    }
}
