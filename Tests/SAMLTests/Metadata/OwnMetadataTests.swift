import Testing

@testable import SAML

@Suite("Metadata of our own") struct OwnMetadataTests {
    static func own() throws -> EntityDescriptor {
        var entity = EntityDescriptor(entityID: "https://gate.example/saml")
        entity.entityAttributes = [
            SAMLAttribute(SubjectIdentifier.requirement, values: [SubjectIdentifier.Requirement.any.rawValue])
        ]
        entity.organization = "Gate & <Sons>"
        entity.contacts = [Contact(kind: "technical", name: "Ada", emails: ["ada@gate.example"])]
        let policy = AlgorithmPolicy()
        var role = RoleDescriptor()
        // The key that signs and the one that will.
        role.keys = [try Federation.key(.provider, .signing), try Federation.key(.p256, .signing)]
        var encryption = try Federation.key(.service, .encryption)
        encryption.encryptionMethods = policy.publishedEncryption
        role.keys.append(encryption)
        role.algorithms = policy.published
        role.singleLogout = [
            Endpoint(.redirect, "https://gate.example/slo"), Endpoint(.soap, "https://gate.example/slo/soap"),
        ]
        role.artifactResolution = [IndexedEndpoint(.soap, "https://gate.example/art", index: 0, isDefault: true)]
        role.nameIDFormats = [NameIDFormat.persistent, NameIDFormat.transient]
        role.display.names = [LocalizedText("Gate"), LocalizedText("Tor", language: "de")]
        role.display.logos = [.init("https://gate.example/logo.png", width: 80, height: 60)]
        role.display.privacyStatementURLs = [LocalizedText("https://gate.example/privacy")]
        var idp = IdentityProviderDescriptor()
        idp.role = role
        idp.role.errorURL = "https://gate.example/error"
        idp.role.scopes = [Scope("gate.example")]
        idp.wantsSignedRequests = true
        idp.singleSignOn = [
            Endpoint(.redirect, "https://gate.example/sso"), Endpoint(.post, "https://gate.example/sso"),
            Endpoint(.soap, "https://gate.example/ecp", supportsChannelBindings: true),
        ]
        var sp = ServiceProviderDescriptor()
        sp.role = role
        (sp.signsRequests, sp.wantsSignedAssertions) = (true, true)
        sp.assertionConsumers = [IndexedEndpoint(.post, "https://gate.example/acs", index: 0, isDefault: true)]
        var reverse = IndexedEndpoint(.paos, "https://gate.example/paos", index: 1)
        reverse.endpoint.supportsChannelBindings = false
        sp.assertionConsumers.append(reverse)
        sp.discoveryResponses = [IndexedEndpoint(.redirect, "https://gate.example/disc", index: 1)]
        sp.attributeServices = [
            AttributeConsumingService(
                index: 0, names: [LocalizedText("Gate")],
                attributes: [
                    RequestedAttribute(
                        SAMLAttribute("urn:oid:0.9.2342.19200300.100.1.3", friendlyName: "mail"), isRequired: true)
                ])
        ]
        (entity.identityProviders, entity.serviceProviders) = ([idp], [sp])
        return entity
    }

    @Test("What is written is read as it was meant, both roles and every key")
    func roundTrip() throws {
        let own = try Self.own()
        let written = try own.element(id: "_m", validUntil: Federation.now, cacheDuration: 3_600)
        var read = try #require(
            try MetadataDocument(reading: Federation.reread(written, limits: .metadata))[own.entityID])
        #expect(read.validUntil == Federation.now && read.cacheDuration == 3_600 && read.id == "_m")
        (read.id, read.validUntil, read.cacheDuration) = (nil, nil, nil)
        #expect(read.serviceProviders[0].discoveryResponses[0].endpoint.binding == XMLNamespace.discovery)
        read.serviceProviders[0].discoveryResponses = own.serviceProviders[0].discoveryResponses
        #expect(read == own)
        #expect(read.identityProviders[0].role.signingKeys.count == 2)
    }

    @Test("Signed, it verifies by the key that was told apart from it, and says that of its algorithms which is so")
    func signed() throws {
        let element = try Self.own().element(id: "_m", validUntil: Federation.now)
        let bytes = try SAMLSignatures.sign(element, with: TestKey.stranger.signing)
        let root = try SAMLSignatures.verify(bytes, keys: [TestKey.stranger.verification], limits: .metadata)
        #expect(try MetadataDocument(reading: root).entityIDs == ["https://gate.example/saml"])
        #expect(
            reason { _ = try SAMLSignatures.verify(bytes, keys: [TestKey.provider.verification], limits: .metadata) }
                != nil)
    }

    @Test("An entity without a role, with a name too long or characters that XML cannot hold is not written")
    func refused() throws {
        var own = try Self.own()
        own.organization = "bell\u{7}"
        #expect(fault { _ = try own.element(id: "_m", validUntil: 1) } == .forbiddenCharacter)
        own.organization = nil
        own.entityID = "https://" + String(repeating: "x", count: 249)
        #expect(fault { _ = try own.element(id: "_m", validUntil: 1) } == .malformed)
        own.entityID.removeLast()
        #expect(fault { _ = try own.element(id: "_m", validUntil: 1) } == nil)
        (own.identityProviders, own.serviceProviders) = ([], [])
        #expect(fault { _ = try own.element(id: "_m", validUntil: 1) } == .malformed)
    }
}
