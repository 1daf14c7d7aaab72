import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

/// Applications that may not have anybody asked anything, and people whom only an identity provider behind the gateway knows
/// (SAML Core §3.4.1, `IsPassive`).
@Suite("Nobody is asked anything, behind the gateway either", .timeLimit(.minutes(2)))
struct SAMLPassiveTests {
    private static let noPassive = [Status.Code.responder.rawValue, Status.Detail.noPassive.rawValue]

    private static func request(_ stage: SAMLBetweenStage) -> AuthnRequest {
        var request = stage.application.request()
        request.isPassive = true
        return request
    }

    /// What the application is told at once.
    private static func told(_ web: WebPerson) throws -> [String] {
        try #require(MockServiceProvider.brought(by: web), "\(web.url) \(web.page.suffix(400))").status
    }

    @Test("whoever the identity provider knows is signed in, unseen, and stays so")
    func known() async throws {
        let stage = try await SAMLBetweenStage.open("ask_passively: true")
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            let request = Self.request(stage)
            let address = try #require(try await stage.depart(web, request), "\(web.url) \(web.page.suffix(400))")
            let asked = try stage.between.idp.read(address).request
            #expect(asked.isPassive && !asked.forcesAuthn)
            #expect(asked.scoping?.requesters == [stage.application.entityID])
            let assertion = try await stage.answered(web, address, to: request)
            #expect(assertion.authenticatingAuthorities == [stage.between.idp.entityID])
            // The session is here now: nobody is asked behind it.
            let again = Self.request(stage)
            #expect(try await stage.depart(web, again) == nil)
            let brought = try #require(MockServiceProvider.brought(by: web))
            _ = try stage.application.verify(brought, to: again.header.id)
        }
    }

    @Test("whoever it does not know is nobody, and it is asked once for each request")
    func unknown() async throws {
        let stage = try await SAMLBetweenStage.open("ask_passively: true")
        stage.between.idp.lies.status = Status(.responder, .noPassive)
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            for _ in 0..<2 {
                let address = try #require(try await stage.depart(web, Self.request(stage)))
                try await web.post(try stage.between.idp.answer(address))
                #expect(try Self.told(web) == Self.noPassive)
            }
            #expect(try await api.send(.get, "/api/v1/sessions").body?["items"]?.list?.isEmpty == true)
            // Without the wish they are asked as ever.
            stage.between.idp.lies.status = .success
            let request = stage.application.request()
            let address = try #require(try await stage.depart(web, request))
            #expect(try !stage.between.idp.read(address).request.isPassive)
            _ = try await stage.answered(web, address, to: request)
        }
    }

    @Test("what would need a page is nobody: a factor that is owed, an answer that is not believed")
    func pages() async throws {
        let stage = try await SAMLBetweenStage.open("ask_passively: true, create_people_at_login: false")
        try await stage.between.running.serve { api in
            // Nobody here is the person that the provider knows.
            let web = WebPerson(api.client)
            let address = try #require(try await stage.depart(web, Self.request(stage)))
            try await web.post(try stage.between.idp.answer(address))
            #expect(try Self.told(web) == Self.noPassive)
            stage.between.idp.lies.isUnsigned = true
            let second = try #require(try await stage.depart(web, Self.request(stage)))
            try await web.post(try stage.between.idp.answer(second))
            #expect(try Self.told(web) == Self.noPassive)
            #expect(try await api.send(.get, "/api/v1/sessions").body?["items"]?.list?.isEmpty == true)
        }
    }

    @Test("where none was named for it, where an application lets nobody else answer, and where it is forced: nobody")
    func notAsked() async throws {
        let usual = try await SAMLBetweenStage.open()
        try await usual.between.running.serve { api in
            let web = WebPerson(api.client)
            let departure = try await usual.depart(web, Self.request(usual))
            #expect(departure == nil)
            #expect(try Self.told(web) == Self.noPassive)
        }
        let stage = try await SAMLBetweenStage.open("ask_passively: true")
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            var alone = Self.request(stage)
            alone.scoping = Scoping(proxyCount: 0)
            #expect(try await stage.depart(web, alone) == nil)
            let exceeded = [Status.Code.responder.rawValue, Status.Detail.proxyCountExceeded.rawValue]
            let said = try Self.told(web)
            #expect(said == Self.noPassive || said == exceeded, "\(said)")
            var forced = Self.request(stage)
            forced.forcesAuthn = true
            #expect(try await stage.depart(web, forced) == nil)
            #expect(try Self.told(web).first == Status.Code.responder.rawValue)
        }
    }
}
