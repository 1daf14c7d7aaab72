import Fetch
import Foundation
import Identity
import SAML
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

@Suite("Applications that speak SAML")
struct SAMLApplicationTests {
    private func pasted(_ metadata: ServiceProviderMetadata = .init()) throws -> SAMLApplicationSettings {
        SAMLApplicationSettings(metadata: .document(try metadata.text()))
    }

    private func refusal(_ body: () async throws -> Void) async throws -> Fault? {
        do {
            try await body()
            return nil
        } catch let fault as Fault { return fault }
    }

    @Test("one that is pasted is there after a restart, changed, switched off and deleted, each told in the journal")
    func life() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let id = try await bench.run { gateway, caller in
            let made = try await gateway.samlApplicationService.create(entityID: nil, try pasted(), by: caller)
            #expect(made.entityID == "https://app.example.org/saml" && made.title == made.entityID)
            let entity = try await made.entity()
            #expect(entity.serviceProviders.first?.assertionConsumers.count == 1)
            return made.id
        }
        try await bench.run { gateway, caller in
            let service = gateway.samlApplicationService
            let known = try service.application("https://app.example.org/saml", in: caller.tenant)
            #expect(known.id == id && gateway.samlApplications.application(id)?.version == 1)
            let changed = try await service.change(known.entityID, metadata: nil, expecting: 1, by: caller) {
                $0.title = "The app"
                $0.policy.encryption = .never
            }
            #expect(changed.title == "The app" && changed.version == 2)
            let stale = try await refusal {
                _ = try await service.change(known.entityID, metadata: nil, expecting: 1, by: caller) { _ in }
            }
            #expect(stale?.code == "stale")
            try await service.setDisabled(id.description, true, by: caller)
            #expect(gateway.samlApplications.application(known.entityID, in: caller.tenant)?.isDisabled == true)
            try await service.setDisabled(id.description, false, by: caller)
            #expect(
                try await service.application(id.description, in: caller.tenant).entity().entityID == known.entityID)
            try await service.delete(id.description, by: caller)
            #expect(
                try await refusal { _ = try service.application(known.entityID, in: caller.tenant) }?.code
                    == "not_found")
            for type in ["created", "changed", "disabled", "enabled", "deleted"] {
                #expect(try await gateway.count("saml_application.\(type)", in: caller.tenant) == 1, "\(type)")
            }
        }
    }

    @Test("an entity id is there once, and one that differs in its normalization only is another application")
    func names() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let (composed, decomposed) = ("https://caf\u{E9}.example/sp", "https://cafe\u{301}.example/sp")
        try await bench.run { gateway, caller in
            let service = gateway.samlApplicationService
            let first = try await service.create(entityID: nil, pasted(.init(entityID: composed)), by: caller)
            let again = try await refusal {
                _ = try await service.create(entityID: nil, pasted(.init(entityID: composed)), by: caller)
            }
            #expect(again?.code == "conflict")
            #expect(gateway.samlApplications.application(decomposed, in: caller.tenant) == nil)
            // What was pasted for one is none of the other.
            let other = try await refusal {
                _ = try await service.create(entityID: decomposed, pasted(.init(entityID: composed)), by: caller)
            }
            #expect(other != nil)
            let twin = try await service.create(entityID: nil, pasted(.init(entityID: decomposed)), by: caller)
            #expect(twin.id != first.id && service.list(in: caller.tenant).count == 2)
            #expect(gateway.samlApplications.application(composed, in: caller.tenant)?.id == first.id)
            #expect(gateway.samlApplications.application(decomposed, in: caller.tenant)?.id == twin.id)
            try await service.delete(decomposed, by: caller)
            #expect(gateway.samlApplications.application(composed, in: caller.tenant)?.id == first.id)
        }
    }

    @Test(
        "metadata that are pasted leave no doubt whom they are about, and are no document type, no federation's, no identity provider's"
    )
    func documents() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let own = try ServiceProviderMetadata().text()
        let two = try ServiceProviderMetadata.group([.init(), .init(entityID: "https://other.example.org/saml")])
        let idp = """
            <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.org">\
            <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.org/"/>\
            </md:IDPSSODescriptor></md:EntityDescriptor>
            """
        let body = own.hasPrefix("<?xml") ? String(own[own.index(after: own.firstIndex(of: ">")!)...]) : own
        let limit = SAMLApplicationSettings.Limit.documentBytes
        let filler = own + "<!--" + String(repeating: "x", count: limit - own.utf8.count - 7) + "-->"
        #expect(filler.utf8.count == limit)
        try await bench.run { gateway, caller in
            for (name, text) in [
                ("two", two), ("the same twice", try ServiceProviderMetadata.group([.init(), .init()])),
                ("an identity provider", idp), ("nothing", ""), ("no XML", "https://app.example.org/metadata"),
                ("a document type", "<!DOCTYPE md [<!ENTITY a \"b\">]>" + body),
                ("another document", "<a/>"), ("over", try ServiceProviderMetadata(validUntil: 1).text()),
                (
                    "nowhere to answer",
                    try ServiceProviderMetadata(
                        consumers: [IndexedEndpoint(.redirect, "https://app.example.org/acs", index: 0)]).text()
                ),
                ("too large", filler + "\n"),
            ] {
                let fault = try await refusal {
                    _ = try await gateway.samlApplicationService.create(
                        entityID: nil, SAMLApplicationSettings(metadata: .document(text)), by: caller)
                }
                #expect(fault != nil, "\(name)")
            }
            #expect(gateway.samlApplicationService.list(in: caller.tenant).isEmpty)
            _ = try await gateway.samlApplicationService.create(
                entityID: nil, SAMLApplicationSettings(metadata: .document(filler)), by: caller)
        }
    }

    @Test("settings that contradict each other, and files of the server, are refused together")
    func settings() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { gateway, caller in
            var settings = SAMLApplicationSettings(metadata: .file("/etc/passwd"))
            settings.policy = ServiceProviderPolicy(
                nameIDFormat: NameIDFormat.persistent, omitsNameID: true, signsResponse: false,
                minimumContext: "urn:none")
            settings.attributes = ["mail", "shoe_size"]
            settings.startTargets = [String(repeating: "x", count: 81)]
            let wrong = settings
            let fault = try await refusal {
                _ = try await gateway.samlApplicationService.create(entityID: nil, wrong, by: caller)
            }
            for member in [
                "metadata", "omit_name_id", "sign_response", "minimum_context", "attributes", "start_targets",
            ] {
                #expect(fault?.message.contains("`\(member)`") == true, "\(member)")
            }
            for address in [
                "http://app.example.org/metadata", "file:///etc/passwd", "app.example.org", "",
                "https://app.example.org/" + String(repeating: "x", count: 2_048),
            ] {
                let fault = try await refusal {
                    _ = try await gateway.samlApplicationService.create(
                        entityID: nil, SAMLApplicationSettings(metadata: .address(address, keys: [])), by: caller)
                }
                #expect(fault?.message.contains("`metadata_url`") == true, "\(address.prefix(40))")
            }
        }
    }

    @Test("records that were written before there was a member have its usual value")
    func records() throws {
        let read = try JSONColumn.decode(
            SAMLApplicationSettings.self, #"{"metadata":{"file":{"_0":"/a"}},"policy":{"omitsNameID":true}}"#)
        #expect(read.policy.omitsNameID && read.policy.signsResponse && read.nameIDSource == .mail)
        #expect(try JSONColumn.decode(SAMLApplicationSettings.self, try SAMLApplicationService.record(read)) == read)
    }

    // MARK: The configuration's

    private static let configured = """
        saml:
          applications:
            - entity_id: https://app.example.org/saml
              title: The app
              metadata_file: app.xml
              encryption: never
              name_id_format: persistent
        """

    @Test("what the configuration names is made, changed, switched off when it goes, and is nobody's to change")
    func configuration() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try bench.write(try ServiceProviderMetadata().text(), to: "app.xml")
        let id = try await bench.run(Self.configured) { gateway, caller in
            let application = try gateway.samlApplicationService.application(
                "https://app.example.org/saml", in: caller.tenant)
            #expect(application.managedBy == .configuration && application.title == "The app")
            #expect(application.settings.policy.encryption == .never)
            #expect(application.settings.policy.nameIDFormat == NameIDFormat.persistent)
            #expect(try await application.entity().entityID == application.entityID)
            let owned = try await refusal {
                try await gateway.samlApplicationService.delete(application.entityID, by: caller)
            }
            #expect(owned?.code == "managed")
            return application.id
        }
        try await bench.run(Self.configured) { gateway, caller in
            #expect(gateway.samlApplications.application(id)?.version == 1)
            let changes = try await gateway.count("saml_application.changed", in: caller.tenant)
            #expect(changes == 0)
        }
        try await bench.run { gateway, _ in #expect(gateway.samlApplications.application(id)?.isDisabled == true) }
        try await bench.run(Self.configured.replacing("The app", with: "Another")) { gateway, _ in
            let back = gateway.samlApplications.application(id)
            #expect(back?.isDisabled == false && back?.title == "Another")
        }
    }

    @Test("a start is refused for an application that the API owns, and for a key that cannot be read")
    func refusedStarts() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { gateway, caller in
            _ = try await gateway.samlApplicationService.create(entityID: nil, try pasted(), by: caller)
        }
        #expect(try await bench.refusal(Self.configured)?.code == "configuration.application_owned")
        try bench.write("no key", to: "federation.pem")
        for file in ["federation.pem", "missing.pem"] {
            let fault = try await bench.refusal(
                """
                saml:
                  applications:
                    - entity_id: https://other.example.org/saml
                      metadata_url: https://meta.example.org/
                      metadata_key_files: [\(file)]
                """)
            #expect(fault?.code == "configuration.invalid" && fault?.message.contains(file) == true)
        }
    }

    @Test("everything that is wrong is reported together, with its key")
    func faults() throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let faults = #expect(throws: ConfigurationFaults.self) {
            try bench.configuration(
                """
                saml:
                  scope: not a domain
                  tenant_scopes: { other: example.org, main: Example.org }
                  attributes:
                    - { name: badge, saml_name: "urn:oid:2.5.4.4", source: "attribute:badge" }
                    - { name: wrong, saml_name: "urn:x:y", source: shoe_size }
                  release:
                    - { name: a, to: nobody, attributes: [mail] }
                    - { name: b, to: {}, attributes: [] }
                    - { name: c, to: everyone, attributes: [unknown], tenant: elsewhere }
                  applications:
                    - entity_id: https://app.example.org/saml
                      metadata_file: a.xml
                      metadata_url: https://b.example.org/
                      encryption: sometimes
                    - entity_id: https://app.example.org/saml
                      metadata_query_url: http://c.example.org/
                      metadata_key_files: [a.pem]
                      tenant: elsewhere
                      name_id_from: shoe_size
                      minimum_contexts: x
                    - { entity_id: "https://app.example.org/saml", metadata_file: b.xml }
                """)
        }
        let found = Set(faults?.faults.map(\.key) ?? [])
        for key in [
            "saml.scope", "saml.attributes", "saml.attributes[1].source", "saml.release[0].to",
            "saml.release[1].to", "saml.release[1].attributes", "saml.release[2].attributes", "saml.release[2].tenant",
            "saml.applications[0].metadata_file", "saml.applications[0].encryption", "saml.applications[2]",
            "saml.applications[1].metadata_query_url", "saml.applications[1].tenant",
            "saml.applications[1].name_id_from", "saml.applications[1].minimum_contexts", "saml.tenant_scopes.other",
        ] { #expect(found.contains(key), "\(key)") }
    }
}
