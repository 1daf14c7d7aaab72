import Foundation
import Testing

@testable import SAML

@Suite("Reading metadata") struct MetadataReadingTests {
    static func certificate(_ key: TestKey) throws -> String { SAMLBase64.encode(try Federation.der(key)) }

    static func keyInfo(_ key: TestKey) throws -> String {
        try
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n  \(certificate(key))\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    }

    static let spaces = """
        xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" \
        xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" \
        xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport" \
        xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" \
        xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol"
        """

    static func read(_ xml: String) throws -> MetadataDocument {
        try MetadataDocument(reading: XMLReader.parse(Array(xml.utf8), limits: .metadata))
    }

    static func provider(_ id: String = "https://idp.example", inside: String? = nil, attributes: String = "") throws
        -> String
    {
        try """
        <md:EntityDescriptor \(spaces) entityID="\(id)" \(attributes)>
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        \(inside ?? "<md:KeyDescriptor>\(keyInfo(.provider))</md:KeyDescriptor>")
        <md:SingleSignOnService Binding="\(Binding.redirect.rawValue)" Location="https://idp.example/sso"/>
        </md:IDPSSODescriptor></md:EntityDescriptor>
        """
    }

    static func rich() throws -> String {
        try """
        <md:EntitiesDescriptor \(spaces) ID="_all" Name="urn:fed" validUntil="2027-02-01T00:00:00Z" cacheDuration="PT6H">
        <md:Extensions><mdrpi:PublicationInfo publisher="p" creationInstant="2027-01-15T00:00:00Z"/>
        <mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category" \
        NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue> urn:cat:group
        </saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>
        <md:EntitiesDescriptor validUntil="2027-01-20T00:00:00Z">
        <md:EntityDescriptor entityID="https://both.example" ID="_b">
        <md:Extensions><mdrpi:RegistrationInfo registrationAuthority="https://reg.example" \
        registrationInstant="2020-01-01T00:00:00Z"/><unknown:thing xmlns:unknown="urn:x" a="b"/></md:Extensions>
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol" \
        WantAuthnRequestsSigned="1" errorURL="https://both.example/error" validUntil="2027-01-18T00:00:00Z">
        <md:Extensions><shibmd:Scope regexp="false">both.example</shibmd:Scope><shibmd:Scope regexp="true">.*</shibmd:Scope>
        <alg:DigestMethod Algorithm="\(Algorithm.sha256)"/><alg:SigningMethod MinKeySize="2048" Algorithm="\(Algorithm.rsaSHA256)"/>
        <mdui:UIInfo><mdui:DisplayName xml:lang="de">Beide</mdui:DisplayName><mdui:DisplayName xml:lang="en">Both</mdui:DisplayName>
        <mdui:Logo width="16" height="12">https://both.example/l.png</mdui:Logo><mdui:Logo width="1" height="1">javascript:1</mdui:Logo>
        <mdui:PrivacyStatementURL xml:lang="en">https://both.example/p</mdui:PrivacyStatementURL></mdui:UIInfo>
        <mdui:DiscoHints><mdui:DomainHint>both.example</mdui:DomainHint></mdui:DiscoHints></md:Extensions>
        <md:KeyDescriptor use="signing">\(keyInfo(.provider))</md:KeyDescriptor>
        <md:KeyDescriptor use="signing">\(keyInfo(.p256))</md:KeyDescriptor>
        <md:KeyDescriptor>\(keyInfo(.service))<md:EncryptionMethod Algorithm="\(Algorithm.oaep11)"><ds:DigestMethod \
        Algorithm="\(Algorithm.sha256)"/></md:EncryptionMethod></md:KeyDescriptor>
        <md:ArtifactResolutionService index="7" Binding="\(Binding.soap.rawValue)" Location="https://both.example/art"/>
        <md:SingleLogoutService Binding="\(Binding.redirect.rawValue)" Location="https://both.example/slo" \
        ResponseLocation="https://both.example/slo2"/>
        <md:NameIDFormat>\(NameIDFormat.persistent)</md:NameIDFormat>
        <md:SingleSignOnService Binding="urn:mace:shibboleth:1.0:profiles:AuthnRequest" Location="https://both.example/old"/>
        <md:SingleSignOnService Binding="\(Binding.post.rawValue)" Location="https://both.example/sso"/>
        </md:IDPSSODescriptor>
        <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true" \
        WantAssertionsSigned="true"><md:Extensions><idpdisc:DiscoveryResponse Binding="x" index="1" \
        Location="https://both.example/disc"/></md:Extensions><md:KeyDescriptor use="encryption">\(keyInfo(.service))</md:KeyDescriptor>
        <md:AssertionConsumerService index="0" Binding="\(Binding.post.rawValue)" Location="https://both.example/acs"/>
        <md:AssertionConsumerService index="1" isDefault="true" Binding="\(Binding.artifact.rawValue)" Location="https://both.example/acs2"/>
        <md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">S</md:ServiceName><md:RequestedAttribute \
        Name="urn:oid:0.9.2342.19200300.100.1.3" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" FriendlyName="mail" \
        isRequired="true"/></md:AttributeConsumingService></md:SPSSODescriptor>
        <md:Organization><md:OrganizationDisplayName xml:lang="en">Both Ltd</md:OrganizationDisplayName></md:Organization>
        <md:ContactPerson contactType="technical"><md:EmailAddress>mailto:t@both.example</md:EmailAddress></md:ContactPerson>
        </md:EntityDescriptor></md:EntitiesDescriptor>\(provider("https://second.example"))</md:EntitiesDescriptor>
        """
    }

    @Test("A group within a group, and everything an entity says of itself")
    func everything() throws {
        let document = try Self.read(Self.rich())
        #expect(document.isGroup && document.id == "_all" && document.name == "urn:fed" && document.faults == [])
        #expect(document.entityIDs == ["https://both.example", "https://second.example"])
        #expect(document.cacheDuration == 21_600 && document.publishedAt == SchemaTime.seconds("2027-01-15T00:00:00Z"))
        let both = try #require(document["https://both.example"])
        // The earliest of all bounds around it.
        #expect(both.validUntil == SchemaTime.seconds("2027-01-20T00:00:00Z") && both.cacheDuration == 21_600)
        #expect(both.isInCategory("urn:cat:group") && both.registration?.authority == "https://reg.example")
        #expect(both.organization == "Both Ltd" && both.contacts.first?.emails == ["t@both.example"])
        let idp = try #require(both.identityProvider(at: Federation.now))
        #expect(idp.wantsSignedRequests && idp.isUsable && idp.role.errorURL == "https://both.example/error")
        #expect(idp.role.signingKeys.count == 3 && idp.role.encryptionKeys.count == 1)
        #expect(idp.role.keys.map(\.kind) == [.rsa(bits: 2_048), .ellipticCurve(bits: 256), .rsa(bits: 2_048)])
        #expect(idp.role.keys[2].encryptionMethods == [.init(Algorithm.oaep11, digest: Algorithm.sha256)])
        #expect(idp.role.scopes == [Scope("both.example"), Scope(".*", isExpression: true)])
        #expect(idp.role.algorithms.signatures == [.init(Algorithm.rsaSHA256, minimumBits: 2_048)])
        #expect(idp.role.display.names.text(in: ["de"]) == "Beide" && idp.role.display.names.text() == "Both")
        #expect(idp.role.display.logos == [.init("https://both.example/l.png", width: 16, height: 12)])
        #expect(idp.role.display.domainHints == ["both.example"])
        #expect(idp.role.singleLogout.first?.answerLocation == "https://both.example/slo2")
        #expect(idp.singleSignOn.map(\.spoken) == [nil, .post] && idp.role.nameIDFormats == [NameIDFormat.persistent])
        let sp = try #require(both.serviceProvider(at: Federation.now))
        #expect(sp.signsRequests && sp.wantsSignedAssertions && sp.discoveryResponses.count == 1)
        #expect(sp.assertionConsumers.preferred?.index == 1)
        let requested = try #require(sp.requestedAttributes(index: nil))
        #expect(requested.map(\.attribute.friendlyName) == ["mail"] && requested[0].isRequired)
        #expect(sp.requestedAttributes(index: 9) == nil)
        #expect(document["https://none.example"] == nil)
    }

    @Test("A role ends at its own bound, an entity at its own, and neither a second before")
    func bounds() throws {
        let entity = try #require(Self.read(Self.rich())["https://both.example"])
        let roleEnd = try #require(SchemaTime.seconds("2027-01-18T00:00:00Z"))
        let entityEnd = try #require(entity.validUntil)
        #expect(entity.identityProvider(at: roleEnd - 1) != nil && entity.identityProvider(at: roleEnd) == nil)
        #expect(entity.identityProvider(at: roleEnd + 179, skew: 180) != nil)
        #expect(entity.serviceProvider(at: entityEnd - 1) != nil && entity.serviceProvider(at: entityEnd) == nil)
    }

    @Test(
        "Keys: none makes an identity provider unusable, without a use they are for both, and what is none is told of")
    func keys() throws {
        let none = try Self.read(Self.provider(inside: ""))
        #expect(none["https://idp.example"]?.identityProviders.first?.isUsable == false)
        #expect(none.faults.map(\.effect) == [.part] && none.faults[0].path.hasSuffix("IDPSSODescriptor[1]"))
        let onlyEncryption = try Self.read(
            Self.provider(inside: "<md:KeyDescriptor use=\"encryption\">\(Self.keyInfo(.provider))</md:KeyDescriptor>"))
        #expect(onlyEncryption["https://idp.example"]?.identityProviders.first?.isUsable == false)
        let both = try Self.read(Self.provider())
        let role = try #require(both["https://idp.example"]?.identityProviders.first?.role)
        #expect(role.signingKeys == role.encryptionKeys && role.signingKeys.count == 1)
        #expect(try role.signingKeys[0].verificationKey() == TestKey.provider.verification)
        let wrong = try Self.read(
            Self.provider(
                inside: """
                    <md:KeyDescriptor use="both">\(Self.keyInfo(.provider))</md:KeyDescriptor>
                    <md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
                    <md:KeyDescriptor><ds:KeyInfo><ds:KeyName>n</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>
                    """))
        #expect(wrong.faults.count == 4)
        #expect(wrong.faults.map(\.path).contains { $0.hasSuffix("KeyDescriptor[2]") })
    }

    @Test("A certificate that was put into PEM before it was put into Base64 is the certificate")
    func certificateInPEM() throws {
        let text = SAMLBase64.encode(Array(try TestKey.provider.certificatePEM.utf8))
        let info =
            "<md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\(text)</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        let key = try Self.read(Self.provider(inside: info))["https://idp.example"]?.identityProviders.first?.role.keys
            .first
        #expect(try key?.verificationKey() == TestKey.provider.verification)
        #expect(try key?.fingerprint == Federation.key(.provider).fingerprint)
        #expect(try key?.legacyFingerprint != Federation.key(.provider).legacyFingerprint)
    }

    @Test("A bare key by modulus and exponent is the key of its certificate")
    func bareKey() throws {
        let certified = try Federation.key(.provider)
        let file = try Self.pem(certified.publicKey)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text =
            Tool.run("openssl", ["rsa", "-pubin", "-modulus", "-noout", "-in", file]).output.trimmingXMLSpace().split(
                separator: "="
            ).last.map(String.init) ?? ""
        let modulus = stride(from: 0, to: text.utf8.count - 1, by: 2).compactMap { start in
            UInt8(text.dropFirst(start).prefix(2), radix: 16)
        }
        #expect(DER.rsaPublicKey(modulus: [0] + modulus, exponent: [1, 0, 1]) == certified.publicKey)
        let info = """
            <md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>\(SAMLBase64.encode(modulus))</ds:Modulus>\
            <ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>
            """
        let read = try Self.read(Self.provider(inside: info))["https://idp.example"]?.identityProviders.first?.role.keys
        #expect(read?.map(\.publicKey) == [certified.publicKey] && read?.first?.certificate == nil)
    }

    private static func pem(_ spki: [UInt8]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("saml-\(UUID().uuidString).pem")
        let pem = "-----BEGIN PUBLIC KEY-----\n\(SAMLBase64.encode(spki))\n-----END PUBLIC KEY-----\n"
        try pem.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    @Test("What is wrong is left out and told of; what stands beside it stays")
    func faults() throws {
        let document = try Self.read(
            """
            <md:EntitiesDescriptor \(Self.spaces)>
            <md:EntityDescriptor><md:IDPSSODescriptor protocolSupportEnumeration="x"/></md:EntityDescriptor>
            \(Self.provider("https://a.example"))\(Self.provider("https://a.example"))
            \(Self.provider(String(repeating: "x", count: 1_025)))
            \(Self.provider("https://b.example", inside: """
                <md:KeyDescriptor>\(Self.keyInfo(.provider))</md:KeyDescriptor>
                <md:SingleLogoutService Binding="\(Binding.redirect.rawValue)" Location="javascript:alert(1)"/>
                <md:SingleLogoutService Location="https://b.example/slo"/>
                <md:ArtifactResolutionService Binding="\(Binding.soap.rawValue)" Location="https://b.example/art" index="70000"/>
                """, attributes: "validUntil=\"soon\""))
            </md:EntitiesDescriptor>
            """)
        #expect(document.entityIDs == ["https://a.example", "https://b.example"])
        #expect(document.faults.filter { $0.effect == .entity }.count == 3)
        let b = document.faults.filter { $0.entityID == "https://b.example" }
        #expect(b.count == 4 && b.contains { $0.path.hasSuffix("SingleLogoutService[1]/Location") })
        // A bound that nobody can read has passed.
        #expect(document["https://b.example"]?.isValid(at: 1) == false)
        #expect(document["https://b.example"]?.identityProviders.first?.role.singleLogout == [])
    }

    @Test("Documents that are none of metadata, empty, or too deep are refused with a reason")
    func refused() throws {
        func nested(_ groups: Int) throws -> String {
            let inner = groups - 1
            return try "<md:EntitiesDescriptor \(Self.spaces)>"
                + String(repeating: "<md:EntitiesDescriptor>", count: inner)
                + Self.provider() + String(repeating: "</md:EntitiesDescriptor>", count: groups)
        }
        for wrong in [
            "<a/>", "<md:EntitiesDescriptor \(Self.spaces)/>", "<EntityDescriptor entityID='https://idp.example'/>",
            try nested(9),
        ] {
            #expect(throws: MetadataFaults.self) { try Self.read(wrong) }
        }
        #expect(try Self.read(nested(8)).count == 1)
    }

    @Test(
        "Addresses that a browser is sent to",
        arguments: [
            ("https://a.example/x?y=1", true), ("http://a.example", true), ("HTTPS://a.example:8/", true),
            ("javascript:alert(1)", false), ("data:text/html,x", false), ("https://", false), ("https:///x", false),
            ("https://u@a.example/", false), ("https://a.example/#f", false), ("https://a.example/ x", false),
            ("https://a.example/\"", false), ("//a.example", false), ("", false), ("https://ä.example/", false),
        ])
    func addresses(text: String, isFit: Bool) { #expect(HTTPAddress.isFit(text) == isFit) }
}
