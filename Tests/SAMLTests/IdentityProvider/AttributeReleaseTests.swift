import Testing

@testable import SAML

@Suite("Which attributes a service provider is told") struct AttributeReleaseTests {
    private static let mail = "urn:oid:0.9.2342.19200300.100.1.3"
    private static let groups = "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"
    private static let category = "https://refeds.org/category/research-and-scholarship"
    private static let person = [
        SAMLAttribute(mail, values: ["ada@example.org"]), SAMLAttribute(groups, values: ["staff", "secret", "vpn"]),
        SAMLAttribute(SubjectIdentifier.subjectID, values: ["u@example.org"]),
        SAMLAttribute(SubjectIdentifier.pairwiseID, values: ["p@example.org"]),
    ]

    private static func preview(
        _ rules: [ReleaseRule], index: Int? = nil, _ change: (inout EntityDescriptor) -> Void = { _ in }
    ) throws -> ReleasePreview {
        var peer = try Federation.serviceProvider {
            $0.attributeServices = [
                AttributeConsumingService(
                    index: 0,
                    attributes: [
                        RequestedAttribute(SAMLAttribute(mail), isRequired: true),
                        RequestedAttribute(SAMLAttribute(groups, values: ["staff", "vpn"])),
                        RequestedAttribute(SAMLAttribute("urn:oid:9.9"), isRequired: true),
                    ]), AttributeConsumingService(index: 1, attributes: [RequestedAttribute(SAMLAttribute(groups))]),
            ]
        }
        change(&peer)
        return rules.preview(of: person, for: peer, serviceIndex: index, now: Federation.now)
    }

    private static func told(_ preview: ReleasePreview) -> [String] { preview.released.flatMap(\.values) }

    @Test("Without a rule nothing is told; by entity, category, registrar, and all of them")
    func audiences() throws {
        #expect(try Self.told(Self.preview([])) == [])
        func told(_ audience: ReleaseRule.Audience, _ change: (inout EntityDescriptor) -> Void = { _ in }) throws
            -> Bool
        {
            try !Self.told(Self.preview([ReleaseRule("r", for: audience, .named([Self.mail]))], change)).isEmpty
        }
        #expect(try told(.everyone) && told(.entity(Federation.service)) && !told(.entity(Federation.service + "/")))
        let inCategory: (inout EntityDescriptor) -> Void = {
            $0.entityAttributes = [SAMLAttribute(EntityCategory.attribute, values: ["urn:x", Self.category])]
        }
        let byCategory = ReleaseRule.Audience.entityAttribute(name: EntityCategory.attribute, value: Self.category)
        #expect(try told(byCategory, inCategory) && !told(byCategory))
        let byRegistrar = ReleaseRule.Audience.registeredBy("urn:reg")
        #expect(try told(byRegistrar) { $0.registration = Registration(authority: "urn:reg") } && !told(byRegistrar))
        #expect(try !told(.all([byCategory, byRegistrar]), inCategory) && !told(.all([])))
    }

    @Test("What is asked for, what is needed, and the values that are asked for")
    func requested() throws {
        let both = [Self.mail, Self.groups]
        let asked = try Self.preview([ReleaseRule("r", for: .everyone, .requested(both, onlyRequired: false))])
        #expect(Self.told(asked) == ["ada@example.org", "staff", "vpn"] && asked.missing == ["urn:oid:9.9"])
        let needed = try Self.preview([ReleaseRule("r", for: .everyone, .requested(both, onlyRequired: true))])
        #expect(Self.told(needed) == ["ada@example.org"])
        let other = try Self.preview(
            [ReleaseRule("r", for: .everyone, .requested(both, onlyRequired: false))], index: 1)
        #expect(Self.told(other) == ["staff", "secret", "vpn"] && other.missing == [])
        let none = try Self.preview([ReleaseRule("r", for: .everyone, .requested(both, onlyRequired: false))], index: 7)
        #expect(Self.told(none) == [])
    }

    @Test("Withheld is withheld, whatever else releases it, and the preview says by what")
    func withheld() throws {
        let preview = try Self.preview([
            ReleaseRule("all groups", for: .everyone, .named([Self.groups])),
            ReleaseRule(
                "no secrets", for: .entity(Federation.service), .named([Self.groups]), effect: .withhold,
                values: ["secret"]),
        ])
        #expect(Self.told(preview) == ["staff", "vpn"])
        let groups = try #require(preview.attributes.first { $0.attribute.name == Self.groups })
        #expect(groups.releasedBy == ["all groups"] && groups.withheldBy == ["no secrets"] && groups.withheldCount == 1)
        #expect(groups.isRequested && !groups.isRequired)
        let mail = try #require(preview.attributes.first { $0.attribute.name == Self.mail })
        #expect(mail.isWithheld && mail.isRequired && mail.releasedBy == [] && preview.missing.contains(Self.mail))
        let few = try Self.preview([ReleaseRule("r", for: .everyone, .named([Self.groups]), values: ["vpn"])])
        #expect(Self.told(few) == ["vpn"])
    }

    @Test("Of subject identifiers the one that is asked for, and the one that tells less of either")
    func identifiers() throws {
        let rules = [
            ReleaseRule("ids", for: .everyone, .named([SubjectIdentifier.subjectID, SubjectIdentifier.pairwiseID]))
        ]
        func told(_ requirement: String?) throws -> [String] {
            try Self.told(
                Self.preview(rules) {
                    if let requirement {
                        $0.entityAttributes = [SAMLAttribute(SubjectIdentifier.requirement, values: [requirement])]
                    }
                })
        }
        #expect(try told("subject-id") == ["u@example.org"] && told("pairwise-id") == ["p@example.org"])
        #expect(try told("any") == ["p@example.org"] && told("none") == [])
        #expect(try told(nil) == ["u@example.org", "p@example.org"])
        let requirement = SAMLAttribute(SubjectIdentifier.requirement, values: ["any"])
        var peer = try Federation.serviceProvider()
        peer.entityAttributes = [requirement]
        let only = [SAMLAttribute(SubjectIdentifier.subjectID, values: ["u@example.org"])]
        #expect(Self.told(rules.preview(of: only, for: peer, now: Federation.now)) == ["u@example.org"])
    }
}
