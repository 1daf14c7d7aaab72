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

    /// Goes to the identity provider as `depart`, has it answer, and says what the browser would bring to the application.
    private static func walk(
        _ web: WebPerson, _ request: AuthnRequest, _ stage: SAMLBetweenStage
    ) async throws -> MockServiceProvider.Brought? {
        if let address = try await stage.depart(web, request) {
            try await web.post(try stage.between.idp.answer(address))
        }
        return MockServiceProvider.brought(by: web)
    }

    @Test("whoever the identity provider saw is vouched for, and both are named")
    func passedOn() async throws {
        let stage = try await SAMLBetweenStage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let brought = try #require(try await Self.walk(web, request, stage), "\(web.url) \(web.page.suffix(600))")
            let assertion = try stage.application.verify(brought, to: request.header.id)
            #expect(assertion.issuer == Place.gateway)
            #expect(assertion.authenticatingAuthorities == [stage.between.idp.entityID])
            #expect(assertion.authnContextClass == AuthnContextClass.passwordProtectedTransport)
            #expect(assertion.proxyCount == nil)
        }
    }

    @Test("an application that allows no proxy, and a word that may not be passed on, are answered so")
    func limits() async throws {
        let stage = try await SAMLBetweenStage.open()
        let exceeded = [Status.Code.responder.rawValue, Status.Detail.proxyCountExceeded.rawValue]
        try await stage.between.running.serve { api in
            // Whoever is known from there already is not vouched for either.
            let known = WebPerson(api.client)
            _ = try #require(try await Self.walk(known, stage.application.request(), stage))
            var request = stage.application.request()
            request.scoping = Scoping(proxyCount: 0)
            let refused = try #require(try await Self.walk(known, request, stage))
            #expect(refused.status == exceeded)
            stage.between.idp.lies.assertion = { $0.conditions.proxyCount = 0 }
            let second = try #require(try await Self.walk(WebPerson(api.client), stage.application.request(), stage))
            #expect(second.status == exceeded)
            stage.between.idp.lies.assertion = { $0.conditions.proxyCount = 2 }
            let third = stage.application.request()
            let brought = try #require(try await Self.walk(WebPerson(api.client), third, stage))
            #expect(try stage.application.verify(brought, to: third.header.id).proxyCount == 1)
        }
    }

    @Test("an application may say whom to ask, among those that there are")
    func listed() async throws {
        let stage = try await SAMLBetweenStage.open()
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
        let stage = try await SAMLBetweenStage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            stage.between.idp.lies.assertion = { $0.authn.contextClass = "https://example.org/profile/paper" }
            let first = stage.application.request()
            let said = try stage.application.verify(
                try #require(try await Self.walk(web, first, stage)), to: first.header.id)
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
