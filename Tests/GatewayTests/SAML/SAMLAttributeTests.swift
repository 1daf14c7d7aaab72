import Identity
import SAML
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("What applications that speak SAML are told of people")
struct SAMLAttributeTests {
    private static let lines = """
        saml:
          scope: example.org
          attributes:
            - { name: badge, saml_name: "urn:example:badge", name_format: basic, source: "attribute:badge" }
          release:
            - { name: usual, to: everyone, attributes: [displayName, uid, eduPersonPrincipalName] }
            - { name: research, to: { entity_category: "http://refeds.org/category/r-and-s" }, attributes: [mail] }
            - { name: as asked, to: everyone, attributes: [sn, givenName], requested_only: true }
            - { name: no names, to: { entity_id: "https://quiet.example.org" }, attributes: [displayName], withhold: true }
            - { name: names, to: { entity_id: "https://ids.example.org" }, attributes: [subject-id, pairwise-id] }
        """

    private struct Stage {
        let gateway: Gateway
        let caller: Caller
        let person: PersonID

        func application(
            _ metadata: ServiceProviderMetadata, _ attributes: [String] = []
        ) async throws -> SAMLApplication {
            var settings = SAMLApplicationSettings(metadata: .document(try metadata.text()))
            settings.attributes = attributes
            return try await gateway.samlApplicationService.create(entityID: nil, settings, by: caller)
        }

        func preview(_ application: SAMLApplication, makes: Bool = false) async throws -> ReleasePreview {
            try await gateway.samlAttributes.preview(
                of: person, for: application, peer: try await application.entity(), serviceIndex: nil,
                isStrong: false, makesIdentifiers: makes)
        }

        func told(_ application: SAMLApplication, makes: Bool = false) async throws -> [String: [String]] {
            let set = gateway.configuration.saml.attributes
            return Dictionary(
                uniqueKeysWithValues: try await preview(application, makes: makes).released.map {
                    (set.name(of: $0) ?? $0.name, $0.values)
                })
        }
    }

    private func stage(
        _ lines: String = lines, login: String = "ada", _ body: @Sendable @escaping (Stage) async throws -> Void
    ) async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(lines) { gateway, caller in
            var edit = PersonEdit()
            edit.login = login
            edit.displayName = "Ada Lovelace"
            edit.familyName = "Lovelace"
            edit.attributes = ["badge": ["12", "13"]]
            let person = try await gateway.people.create(edit, by: caller)
            try await body(Stage(gateway: gateway, caller: caller, person: person.id))
        }
    }

    @Test(
        "rules tell by everybody, category, request and entity, an application's own tell it alone, and one that withholds wins"
    )
    func rules() async throws {
        try await stage { stage in
            let plain = try await stage.told(try await stage.application(.init()))
            #expect(
                plain == [
                    "displayName": ["Ada Lovelace"], "uid": ["ada"], "eduPersonPrincipalName": ["ada@example.org"],
                ])
            let asking = try await stage.application(
                .init(
                    entityID: "https://asking.example.org",
                    requested: [
                        RequestedAttribute(SAMLAttribute("urn:oid:2.5.4.4"), isRequired: true),
                        RequestedAttribute(SAMLAttribute("urn:oid:2.5.4.42"), isRequired: true),
                    ]))
            let asked = try await stage.preview(asking)
            // No rule tells what is not known.
            #expect(try await stage.told(asking)["sn"] == ["Lovelace"])
            #expect(asked.missing == ["urn:oid:2.5.4.42"] && !asked.attributes.contains { $0.attribute.values == [""] })
            let quiet = try await stage.application(
                .init(entityID: "https://quiet.example.org"), ["badge", "displayName"])
            let own = try await stage.told(quiet)
            #expect(own["badge"] == ["12", "13"] && own["displayName"] == nil && plain["badge"] == nil)
            let name = try await stage.preview(quiet).attributes.first { $0.attribute.friendlyName == "displayName" }
            #expect(name?.withheldBy == ["no names"] && name?.releasedBy == ["usual", SAMLAttributeService.ownRule])
        }
    }

    @Test("without a rule nothing is told, and a name that nobody has is never there")
    func nothing() async throws {
        try await stage("saml: { scope: example.org }") { stage in
            let application = try await stage.application(
                .init(), ["mail", "locale", "groups", "roles", "entitlements"])
            let own = try await stage.told(application)
            let other = try await stage.told(try await stage.application(.init(entityID: "https://other.example.org")))
            #expect(own.isEmpty && other.isEmpty)
        }
    }

    @Test(
        "identifiers are drawn once, another for each application, kept, well-formed, and made when somebody signs in only"
    )
    func identifiers() async throws {
        try await stage { stage in
            let first = try await stage.application(.init(entityID: "https://ids.example.org"))
            let second = try await stage.application(
                .init(entityID: "https://more.example.org"), ["subject-id", "pairwise-id"])
            #expect(try await stage.told(first)["pairwise-id"] == [SAMLAttributeService.notMadeYet])
            let (one, two) = (try await stage.told(first, makes: true), try await stage.told(second, makes: true))
            let again = try await stage.told(first)
            #expect(again == one && one["subject-id"] == two["subject-id"])
            #expect(one["pairwise-id"] != two["pairwise-id"] && one["pairwise-id"]?.count == 1)
            for value in [one["subject-id"], one["pairwise-id"], two["pairwise-id"]].compactMap({ $0?.first }) {
                #expect(SubjectIdentifier.isWellFormed(value) && value.hasSuffix("@example.org"))
                let unique = value.prefix { $0 != "@" }
                #expect(unique.allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".contains($0) } && unique.count >= 26)
            }
            #expect(!(one["subject-id"]?.first?.contains("ada") ?? true))
            // Erased, nobody is known by it any more.
            let tenant = stage.caller.tenant
            try await stage.gateway.people.erase(stage.person, by: stage.caller)
            let left = try await stage.gateway.store.read {
                try $0.knownPairwiseSubject(
                    of: stage.person, sector: "saml pairwise-id https://ids.example.org", in: tenant)
            }
            #expect(left == nil)
            await #expect(throws: Fault.self) { _ = try await stage.told(first) }
        }
    }

    @Test("without a scope there are no scoped names, and a login with another scope in it is none")
    func scopes() async throws {
        let every = ["eduPersonPrincipalName", "subject-id", "pairwise-id"]
        try await stage("") { stage in
            let told = try await stage.told(try await stage.application(.init(), every), makes: true)
            #expect(told.isEmpty)
        }
        for (login, principal) in [("ada@evil.example", nil), ("ada@example.org", ["ada@example.org"])] {
            try await stage(Self.lines, login: login) { stage in
                let told = try await stage.told(try await stage.application(.init()))
                #expect(told["eduPersonPrincipalName"] == principal)
            }
        }
    }
}
