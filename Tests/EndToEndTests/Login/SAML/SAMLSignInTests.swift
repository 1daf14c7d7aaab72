import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

// S4-66: signing in at a corporate identity provider by SAML 2.0.
@Suite("People sign in at a SAML identity provider", .timeLimit(.minutes(2)))
struct SAMLSignInTests {
    @Test("a first sign-in makes the person, the next finds them, and their session says how it came about")
    func firstSignIn() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            #expect(web.page.contains("Sign in with Corporate"))
            // SDP-SP03: in nobody's frame.
            #expect(web.contentSecurityPolicy.contains("frame-ancestors 'none'"))
            let address = try await web.depart(to: "corp")
            #expect(address.hasPrefix("https://idp.example/sso?SAMLRequest="))
            let asked = try stage.idp.read(address)
            #expect(asked.request.header.issuer == "https://gate.example.org/saml/metadata")
            #expect(asked.request.header.destination == "https://idp.example/sso")
            #expect(asked.query.algorithm == nil && (asked.relayState?.utf8.count ?? 0) == 43)
            try await web.post(try stage.idp.answer(address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let person = try #require(try await stage.person("ada"))
            #expect(person.displayName == "Ada Lovelace" && person.mail == "ada@corp.example")
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.events.map(\.method) == [.federated] && session.strength == .aal1)
            let again = WebPerson(api.client)
            try await again.signIn(at: stage.idp)
            #expect(again.isAtAccount)
            #expect(try await stage.person("ada")?.id == person.id)
        }
    }

    @Test func groupsGiveRolesAndTheirLossTakesThem() async throws {
        let stage = try await SAMLStage.open(extra: SAMLStage.keepers(of: "corp"))
        try await stage.running.serve { api in
            func mayRead() async throws -> AttributeValue? {
                try await WebPerson(api.client).signIn(at: stage.idp)
                return try await stage.mayRead(api)
            }
            let before = try await mayRead()
            #expect(before == true)
            stage.idp.attributes = stage.idp.attributes.filter { !$0.name.hasSuffix("5.1.1") }
            let after = try await mayRead()
            #expect(after == false)
        }
    }

    @Test("requests are signed and assertions opened with the gateway's own key, which its metadata publish")
    func ownKey() async throws {
        let own = try await MockKeyPair.make()
        let stage = try await SAMLStage.open("sign_requests: true", own: own)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/saml/metadata")
            let document = try SAMLSignatures.verify(
                Array(web.page.utf8), keys: [try SAMLVerificationKey(pem: own.certificate)], limits: .metadata)
            let entity = try #require(
                try MetadataDocument(reading: document)["https://gate.example.org/saml/metadata"])
            let role = try #require(entity.serviceProviders.first)
            let places = role.assertionConsumers.map(\.endpoint)
            #expect(places.map(\.location) == Array(repeating: "https://gate.example.org/saml/acs", count: 2))
            #expect(places.map(\.spoken) == [.post, .artifact])
            #expect(role.role.signingKeys.count == 1 && role.role.encryptionKeys.count == 1)
            let address = try await web.depart(to: "corp")
            let asked = try stage.idp.read(address)
            let key = try SAMLVerificationKey(pem: own.certificate)
            #expect(asked.query.algorithm == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
            try asked.query.verify(keys: [key])
            stage.idp.lies.encryptsFor = key
            try await web.post(try stage.idp.answer(address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    @Test func whereOnlyAFormIsTakenTheBrowserPostsIt() async throws {
        let idp = MockIdentityProvider(keys: try await MockKeyPair.make())
        idp.binding = .post
        let stage = try await SAMLStage.open(idp: idp)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/login?provider=corp")
            #expect(web.page.contains("action=\"https://idp.example/sso\""), "\(web.page.suffix(600))")
            let text = try #require(web.page.firstMatch(of: /name="SAMLRequest" value="([^"]+)"/)?.output.1)
            let state = try #require(web.page.firstMatch(of: /name="RelayState" value="([^"]+)"/)?.output.1)
            let plain = text.replacing("&#x3D;", with: "=").replacing("&#x2B;", with: "+").replacing(
                "&#x2F;", with: "/")
            let read = try PostBinding.read([("SAMLRequest", String(plain)), ("RelayState", String(state))])
            let request = try AuthnRequest(reading: try XMLReader.parse(read.message))
            try await web.post(try idp.answer(to: request, read.relayState?.text))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    @Test("a second factor of the provider counts where its context is believed")
    func secondFactor() async throws {
        let stage = try await SAMLStage.open()
        stage.idp.lies.assertion = { $0.authn.contextClass = AuthnContextClass.multiFactor }
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: stage.idp)
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.strength == .aal2)
        }
    }

    @Test("whoever is known by an attribute needs no name in the subject")
    func withoutName() async throws {
        let stage = try await SAMLStage.open("scopes: [corp.example]")
        stage.idp.attributes.append(SAMLAttribute(SubjectIdentifier.subjectID, values: ["ada-7@corp.example"]))
        stage.idp.lies.assertion = { $0.subject = nil }
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.idp)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    @Test("whoever wanted a page gets there after the sign-in")
    func deepLink() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.idp, "corp", "&return=%2Faccount%3Ftab%3Ddevices")
            #expect(web.url.hasSuffix("/account?tab=devices") && web.status == 200, "\(web.url) \(web.status)")
        }
    }
}
