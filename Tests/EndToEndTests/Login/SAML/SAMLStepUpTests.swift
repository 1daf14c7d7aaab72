import Gateway
import HTTPTypes
import Identity
import JOSE
import SAML
import Testing
import Vocabulary

/// What the gateway asks of an identity provider for one sign-in, beyond what it asks of every one (SAML Core §3.3.2.2.1,
/// §3.4.1.5.1).
@Suite("An identity provider is asked for what a sign-in needs", .timeLimit(.minutes(2)))
struct SAMLStepUpTests {
    private static let strong = "urn:corp:two-factors"
    private static let named = "second_factor_contexts: [\"\(strong)\", \"urn:corp:key\"]"
    private static let demand = "&acr=urn%3Agatehouse%3Aaal%3A2"

    private static func says(_ context: String, _ idp: MockIdentityProvider) {
        idp.lies.assertion = { $0.authn.contextClass = context }
    }

    @Test("where two factors are needed, the contexts that are named are asked for, exactly; otherwise nothing is")
    func asked() async throws {
        let stage = try await SAMLStage.open(Self.named)
        try await stage.running.serve { api in
            let plain = try stage.idp.read(try await WebPerson(api.client).depart(to: "corp")).request
            #expect(plain.authnContext == nil && plain.scoping == nil && !plain.forcesAuthn)
            let web = WebPerson(api.client)
            let address = try await web.depart(to: "corp", Self.demand)
            let request = try stage.idp.read(address).request
            #expect(request.authnContext == RequestedAuthnContext([Self.strong, "urn:corp:key"], comparison: .exact))
            Self.says("urn:corp:key", stage.idp)
            try await web.post(try stage.idp.answer(address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            #expect(try await stage.newestSession(of: "ada")?.strength == .aal2)
        }
    }

    @Test("a name that nobody wrote down, and one that is not to be asked for, are not asked for")
    func unnamed() async throws {
        for settings in ["", Self.named + ", ask_second_factor: false"] {
            let stage = try await SAMLStage.open(settings)
            try await stage.running.serve { api in
                let address = try await WebPerson(api.client).depart(to: "corp", Self.demand)
                #expect(try stage.idp.read(address).request.authnContext == nil, "\(settings)")
            }
        }
    }

    @Test("an answer that is weaker than asked signs nobody in, also where it is one of those that else would do")
    func weaker() async throws {
        let stage = try await SAMLStage.open(Self.named + ", pass_on_contexts: [\"urn:corp:paper\"]")
        try await stage.running.serve { api in
            for context in [
                AuthnContextClass.passwordProtectedTransport, AuthnContextClass.multiFactor, "urn:corp:paper",
                "URN:corp:two-factors",
            ] {
                let web = WebPerson(api.client)
                let address = try await web.depart(to: "corp", Self.demand)
                Self.says(context, stage.idp)
                try await web.post(try stage.idp.answer(address))
                #expect(stage.sessions == 0 && web.page.contains("We could not sign you in there"), "\(context)")
            }
        }
    }

    @Test("a session is strengthened there, by the same person, who is asked once")
    func stepUp() async throws {
        let stage = try await SAMLStage.open(Self.named)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.idp)
            let weak = try #require(try await stage.newestSession(of: "ada"))
            #expect(weak.strength == .aal1)
            web.halt = "https://idp.example/"
            // Nobody has to say where: it is where the session came of.
            try await web.open(WebPerson.gateway + "/login?return=%2Faccount" + Self.demand)
            let address = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(try stage.idp.read(address).request.authnContext?.classes == [Self.strong, "urn:corp:key"])
            // Somebody else's factors strengthen nobody.
            Self.says(Self.strong, stage.idp)
            stage.idp.name = NameID("eve-1", format: NameIDFormat.persistent)
            try await web.post(try stage.idp.answer(address))
            #expect(!web.isAtAccount && stage.sessions == 1)
            stage.idp.name = NameID("ada-1", format: NameIDFormat.persistent)
            try await web.open(WebPerson.gateway + "/login?return=%2Faccount" + Self.demand)
            try await web.post(try stage.idp.answer(try #require(web.location)))
            #expect(web.isAtAccount, "\(web.url) \(web.page.suffix(400))")
            let strong = try #require(try await stage.newestSession(of: "ada"))
            #expect(strong.strength == .aal2 && strong.person == weak.person && stage.sessions == 1)
        }
    }

    @Test("whom a role asks for two factors goes there again for them, in the same login, and not for ever")
    func role() async throws {
        let stage = try await SAMLStage.open(
            Self.named,
            extra: """
                roles: [ { name: Keeper, requires_mfa: true, permissions: [ { action: read, type: page } ] } ]
                mappings: [ { provider: corp, group: keepers, role: Keeper } ]
                """)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            web.halt = "https://idp.example/"
            let first = try await web.depart(to: "corp")
            #expect(try stage.idp.read(first).request.authnContext == nil)
            try await web.post(try stage.idp.answer(first))
            let second = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(try stage.idp.read(second).request.authnContext?.classes.first == Self.strong)
            #expect(stage.sessions == 0)
            Self.says(Self.strong, stage.idp)
            try await web.post(try stage.idp.answer(second))
            #expect(web.isAtAccount, "\(web.url) \(web.page.suffix(400))")
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(
                session.strength == .aal2 && session.events.map(\.method) == [.federated, .federated, .multiFactor])
            // Who does not have them is not sent back and forth.
            stage.idp.lies.assertion = nil
            let weak = WebPerson(api.client)
            weak.halt = "https://idp.example/"
            try await weak.post(try stage.idp.answer(try await weak.depart(to: "corp")))
            try await weak.post(try stage.idp.answer(try #require(weak.location)))
            #expect(weak.page.contains("We could not sign you in there") && stage.sessions == 1)
        }
    }

    // MARK: For applications

    @Test("an application that asks for two factors gets them by the provider's own name, and is named there")
    func mapped() async throws {
        let stage = try await SAMLBetweenStage.open(Self.named)
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            var request = stage.application.request()
            request.authnContext = RequestedAuthnContext([AuthnContextClass.multiFactor])
            request.scoping = Scoping(proxyCount: 3, requesters: ["https://before.example/saml"])
            let address = try #require(try await stage.depart(web, request), "\(web.url) \(web.page.suffix(400))")
            let asked = try stage.between.idp.read(address).request
            #expect(asked.authnContext?.classes == [Self.strong, "urn:corp:key"])
            #expect(
                asked.scoping
                    == Scoping(
                        proxyCount: 2, requesters: ["https://before.example/saml", stage.application.entityID]))
            Self.says(Self.strong, stage.between.idp)
            let assertion = try await stage.answered(web, address, to: request)
            #expect(assertion.authnContextClass == AuthnContextClass.multiFactor)
        }
    }

    @Test("who asks is said to nobody where that is switched off")
    func withheld() async throws {
        let stage = try await SAMLBetweenStage.open("send_scoping: false")
        try await stage.between.running.serve { api in
            let address = try #require(try await stage.depart(WebPerson(api.client), stage.application.request()))
            #expect(try stage.between.idp.read(address).request.scoping == nil)
        }
    }

    @Test("what may not be passed on is not, and the circle of proxies ends here")
    func unpassable() async throws {
        let stage = try await SAMLBetweenStage.open("")
        try await stage.between.running.serve { api in
            for scoping in [
                Scoping(proxyCount: 0), Scoping(requesters: [MockServiceProvider.gateway]),
            ] {
                let web = WebPerson(api.client)
                var request = stage.application.request()
                request.scoping = scoping
                let place = try await stage.depart(web, request)
                #expect(place == nil, "\(scoping)")
                #expect(web.page.contains("name=\"identifier\"") && stage.between.sessions == 0)
            }
        }
    }

    @Test("a class that only the provider knows is passed on where that is settled, and is believed by that name alone")
    func passedOn() async throws {
        let paper = "https://example.org/profile/paper"
        let stage = try await SAMLBetweenStage.open("pass_on_contexts: [\"\(paper)\"]")
        try await stage.between.running.serve { api in
            var request = stage.application.request()
            request.authnContext = RequestedAuthnContext([paper, "urn:unknown"])
            let web = WebPerson(api.client)
            web.halt = "https://idp.example/"
            try await web.open(try stage.application.address(request))
            // There is one provider that may know it, so nobody is asked which.
            let address = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(try stage.between.idp.read(address).request.authnContext == RequestedAuthnContext([paper]))
            Self.says(paper, stage.between.idp)
            let said = try await stage.answered(web, address, to: request)
            #expect(said.authnContextClass == paper)
            // Nobody passes this one on.
            var other = stage.application.request()
            other.authnContext = RequestedAuthnContext(["urn:unknown"])
            let stranger = WebPerson(api.client)
            let place = try await stage.depart(stranger, other)
            #expect(place == nil)
            let refused = try #require(MockServiceProvider.brought(by: stranger))
            #expect(refused.status == [Status.Code.responder.rawValue, Status.Detail.noAuthnContext.rawValue])
            // And another class than was passed on is no answer.
            let weak = WebPerson(api.client)
            let asked = try #require(try await stage.depart(weak, request))
            Self.says("urn:unknown", stage.between.idp)
            try await weak.post(try stage.between.idp.answer(asked))
            #expect(
                MockServiceProvider.brought(by: weak) == nil && weak.page.contains("We could not sign you in there"))
        }
    }

    @Test("an OpenID provider is asked for its values of acr, once, and held to them")
    func openID() async throws {
        let stage = try await UpstreamStage.open("second_factor: { acr: [phr] }")
        try await stage.running.serve { api in
            let plain = try await WebPerson(api.client).depart()
            #expect(!plain.contains("acr_values"))
            let address = try await WebPerson(api.client).depart(to: "mock", Self.demand)
            #expect(address.contains("acr_values=phr&"))
            stage.provider.lies.claims = ["acr": "other"]
            let weak = WebPerson(api.client)
            try await weak.signIn(at: stage.provider, "mock", Self.demand)
            #expect(stage.sessions == 0 && weak.page.contains("We could not sign you in there"))
            stage.provider.lies.claims = ["acr": "phr"]
            try await WebPerson(api.client).signIn(at: stage.provider, "mock", Self.demand)
            #expect(try await stage.newestSession(of: "ada")?.strength == .aal2)
        }
    }
}
