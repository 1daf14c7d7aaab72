import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

/// The gateway between an application and an identity provider, both of which speak SAML (SAML Core §3.4.1.5).
@Suite("Between applications and identity providers of SAML", .timeLimit(.minutes(2)))
struct SAMLProxyTests {
    private typealias Place = MockServiceProvider

    private struct Stage {
        let between: SAMLStage
        let application: MockServiceProvider

        static func open(_ settings: String = "") async throws -> Stage {
            let (own, theirs) = (try await MockKeyPair.make(), try await MockKeyPair.make())
            let application = MockServiceProvider(keys: theirs, trusted: own.certificate)
            let between = try await SAMLStage.open(
                own: own,
                applications: "{ entity_id: \"\(application.entityID)\", metadata_file: wiki.xml\(settings) }",
                files: ["wiki.xml": try application.metadata()])
            return Stage(between: between, application: application)
        }

        /// Opens an address, and signs in at the identity provider with this button or without one.
        func walk(_ web: WebPerson, _ request: AuthnRequest) async throws -> MockServiceProvider.Brought? {
            web.halt = "https://idp.example/"
            try await web.open(try application.address(request))
            if web.location == nil, let corp = web.link("Sign in with Corporate") {
                try await web.open(corp)
            }
            if let address = web.location, address.hasPrefix("https://idp.example/") {
                try await web.post(try between.idp.answer(address))
            }
            return MockServiceProvider.brought(by: web)
        }
    }

    @Test("whoever the identity provider saw is vouched for, and both are named")
    func passedOn() async throws {
        let stage = try await Stage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let brought = try #require(try await stage.walk(web, request), "\(web.url) \(web.page.suffix(600))")
            let assertion = try stage.application.verify(brought, to: request.header.id)
            #expect(assertion.issuer == Place.gateway)
            #expect(assertion.authenticatingAuthorities == [stage.between.idp.entityID])
            #expect(assertion.authnContextClass == AuthnContextClass.passwordProtectedTransport)
            #expect(assertion.proxyCount == nil)
        }
    }

    @Test("an application that allows no proxy, and a word that may not be passed on, are answered so")
    func limits() async throws {
        let stage = try await Stage.open()
        let exceeded = [Status.Code.responder.rawValue, Status.Detail.proxyCountExceeded.rawValue]
        try await stage.between.running.serve { api in
            var request = stage.application.request()
            request.scoping = Scoping(proxyCount: 0)
            let refused = try #require(try await stage.walk(WebPerson(api.client), request))
            #expect(refused.status == exceeded)
            stage.between.idp.lies.assertion = { $0.conditions.proxyCount = 0 }
            let second = try #require(try await stage.walk(WebPerson(api.client), stage.application.request()))
            #expect(second.status == exceeded)
            stage.between.idp.lies.assertion = { $0.conditions.proxyCount = 2 }
            let third = stage.application.request()
            let brought = try #require(try await stage.walk(WebPerson(api.client), third))
            #expect(try stage.application.verify(brought, to: third.header.id).proxyCount == 1)
        }
    }

    @Test("an application may say whom to ask, among those that there are")
    func listed() async throws {
        let stage = try await Stage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            web.halt = "https://idp.example/"
            var request = stage.application.request()
            request.scoping = Scoping(identityProviders: ["https://other.example/", stage.between.idp.entityID])
            try await web.open(try stage.application.address(request))
            // No page in between: it is known where to go.
            let address = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(address.hasPrefix("https://idp.example/"))
            try await web.post(try stage.between.idp.answer(address))
            let brought = try #require(Place.brought(by: web), "\(web.url) \(web.page.suffix(400))")
            _ = try stage.application.verify(brought, to: request.header.id)
            request = stage.application.request()
            request.scoping = Scoping(identityProviders: ["https://other.example/"])
            try await web.open(try stage.application.address(request))
            let refused = try #require(Place.brought(by: web))
            #expect(refused.status == [Status.Code.responder.rawValue, Status.Detail.noSupportedIDP.rawValue])
        }
    }

    @Test(
        "who is to prove it anew does so behind us, and a claim of several factors that is not believed is not passed on"
    )
    func forced() async throws {
        let stage = try await Stage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            stage.between.idp.lies.assertion = { $0.authn.contextClass = "https://example.org/profile/paper" }
            let first = stage.application.request()
            let said = try stage.application.verify(
                try #require(try await stage.walk(web, first)), to: first.header.id)
            #expect(said.authnContextClass == "https://example.org/profile/paper")
            var request = stage.application.request()
            request.forcesAuthn = true
            try await web.open(try stage.application.address(request))
            if let corp = web.link("Sign in with Corporate") { try await web.open(corp) }
            let address = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(try stage.between.idp.read(address).request.forcesAuthn)
            stage.between.idp.lies.assertion = { $0.authn.contextClass = AuthnContextClass.timeSyncToken }
            try await web.post(try stage.between.idp.answer(address))
            let brought = try #require(Place.brought(by: web), "\(web.url) \(web.page.suffix(400))")
            let anew = try stage.application.verify(brought, to: request.header.id)
            #expect(anew.authnContextClass == AuthnContextClass.unspecified)
        }
    }
}
