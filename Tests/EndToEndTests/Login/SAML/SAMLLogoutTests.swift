import Foundation
import HTTPTypes
import HummingbirdTesting
import Identity
import NIOCore
import SAML
import Storage
import Testing
import Vocabulary

@testable import Gateway

// S4-66: single logout, in both roles and both directions.
@Suite("A SAML sign-out reaches everybody", .timeLimit(.minutes(3)))
struct SAMLLogoutTests {
    private static let success = Status.success
    private static let partial = Status(.success, .partialLogout)

    // MARK: The identity provider begins

    @Test(
        "the identity provider ends the session that it names, by the browser with and without cookies, and by SOAP",
        arguments: [Binding.redirect, .post, .soap])
    func providerBegins(_ binding: Binding) async throws {
        let stage = try await LogoutStage.open()
        try await stage.running.serve { api in
            let (web, _) = try await stage.signIn(api)
            let other = try await stage.signIn(api).web
            let index = stage.newestIndex
            #expect(stage.sessions == 2)
            let response: LogoutResponse
            if binding == .soap {
                response = try await Self.ask(api, stage.provider, stage.own) {
                    stage.provider.request(stage.idp.name, [index], to: LogoutPartner.behind)
                }
            } else {
                let element = try stage.provider.request(stage.idp.name, [index]).element()
                if binding == .redirect {
                    try await other.open(try stage.provider.address(element))
                } else {
                    let form = try stage.provider.form(element)
                    try await other.sendElsewhere(form.body, to: form.address)
                }
                let said = try #require(try await other.signOut(round: stage.everybody, stage.own).answer)
                #expect(said.1 == "state-1")
                response = said.0
            }
            #expect(response.status == Self.success)
            #expect(stage.sessions == 1)
            try await other.open(WebPerson.gateway + "/account")
            #expect(!other.isAtAccount)
            // The other session there goes on here.
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.isAtAccount)
            let ends = try await stage.ends(api)
            #expect(ends == ["upstreamlogout"])
        }
    }

    private static func ask(
        _ api: TestAPI, _ partner: LogoutPartner, _ own: MockKeyPair, _ request: () throws -> LogoutRequest
    ) async throws -> LogoutResponse {
        let (status, body) = try await post(api, try partner.envelope(try request().element()))
        #expect(status == 200, "\(String(decoding: body, as: UTF8.self))")
        return try LogoutResponse(
            reading: try partner.read(ArrivedMessage(envelope: body, kind: .response), from: own))
    }

    static func post(_ api: TestAPI, _ envelope: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        try await api.client.execute(
            uri: "/saml/soap/logout", method: .post, headers: [.contentType: "text/xml; charset=utf-8"],
            body: ByteBuffer(bytes: envelope)
        ) { ($0.status.code, Array($0.body.readableBytesView)) }
    }

    @Test("without an index every session of the name ends; an encrypted name is opened")
    func allSessions() async throws {
        let stage = try await LogoutStage.open()
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            _ = try await stage.signIn(api)
            let key = try stage.own.published
            let choice = try #require(AlgorithmPolicy().encryption(to: [key]))
            let element = try stage.provider.request(stage.idp.name, []).element(
                encryptingFor: choice, recipient: "https://gate.example.org/saml/metadata")
            #expect(element.child(XMLNamespace.assertion, "NameID") == nil)
            try await web.open(try stage.provider.address(element))
            #expect(try await web.signOut(round: stage.everybody, stage.own).answer?.0.status == Self.success)
            #expect(stage.sessions == 0)
        }
    }

    @Test("whoever waits for no answer gets none (asynchronous logout), and the session has ended")
    func asynchronous() async throws {
        let stage = try await LogoutStage.open()
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            var request = stage.provider.request(stage.idp.name, [stage.newestIndex])
            request.isAsynchronous = true
            try await web.open(try stage.provider.address(try request.element()))
            #expect(web.status == 200 && web.page.contains("You are signed out") && web.location == nil)
            #expect(stage.sessions == 0)
            _ = try await stage.signIn(api)
            var behind = stage.provider.request(stage.idp.name, [stage.newestIndex], to: LogoutPartner.behind)
            behind.isAsynchronous = true
            let (status, body) = try await Self.post(api, try stage.provider.envelope(try behind.element()))
            #expect(status == 204 && body.isEmpty && stage.sessions == 0)
        }
    }

    @Test("what the identity provider ends reaches the applications before it is answered, by SOAP as far as that goes")
    func throughUs() async throws {
        let stage = try await LogoutStage.open(applications: [[.redirect], [.soap]])
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            let request = stage.provider.request(stage.idp.name, [stage.newestIndex])
            try await web.open(try stage.provider.address(try request.element()))
            let round = try await web.signOut(round: stage.everybody, stage.own)
            #expect(round.visited == [stage.applications[0].entityID] && stage.applications[1].told.count == 1)
            #expect(round.answer?.0.status == Self.success && round.answer?.1 == "state-1")
            #expect(round.answer?.0.header.inResponseTo == request.header.id && stage.provider.told.isEmpty)
            _ = try await stage.signIn(api)
            let behind = try await Self.ask(api, stage.provider, stage.own) {
                stage.provider.request(stage.idp.name, [stage.newestIndex], to: LogoutPartner.behind)
            }
            #expect(behind.status == Self.partial && stage.applications.map(\.told.count) == [1, 2])
        }
    }

    // MARK: Somebody signs out here

    @Test("signing out here goes on to the identity provider, which is told its own name and session to the letter")
    func signedOutHere() async throws {
        let stage = try await LogoutStage.open()
        stage.idp.name = NameID(
            "zoe\u{308}-1", format: NameIDFormat.persistent, nameQualifier: stage.idp.entityID,
            spNameQualifier: "https://gate.example.org/saml/metadata", spProvidedID: "ours")
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            try await Self.signOut(web)
            // Ended before anybody is told.
            #expect(stage.sessions == 0)
            let round = try await web.signOut(round: stage.everybody, stage.own)
            #expect(round.visited == [stage.provider.entityID] && round.answer == nil)
            #expect(web.status == 200 && web.page.contains("You are signed out") && !web.page.contains("Corporate"))
            let told = try #require(stage.provider.told.first)
            #expect(told.subject.isSame(as: stage.idp.name) && told.sessionIndexes == [stage.newestIndex])
            #expect(told.reason == .user && told.header.destination == stage.provider.place)
            let waiting = try await Self.waiting(stage)
            #expect(waiting == 0)
        }
    }

    private static func signOut(_ web: WebPerson) async throws {
        try await web.open(WebPerson.gateway + "/logout")
        try await web.submit(to: "/logout", [:])
    }

    private static func waiting(_ stage: LogoutStage) async throws -> Int {
        let now = stage.gateway.clock() + .days(1)
        return try await stage.gateway.store.read { try $0.duePeerLogouts(at: now, limit: 100) }.count
    }

    @Test("applications are told one after the other, by redirections, forms and SOAP, the identity provider last")
    func everybodyIsTold() async throws {
        let stage = try await LogoutStage.open(applications: [[.redirect], [.post], [.soap], [.soap, .redirect]])
        try await stage.running.serve { api in
            let (web, session) = try await stage.signIn(api)
            try await Self.signOut(web)
            let round = try await web.signOut(round: stage.everybody, stage.own)
            let through = [0, 1, 3].map { stage.applications[$0].entityID }
            #expect(Set(round.visited.dropLast()) == Set(through) && round.visited.last == stage.provider.entityID)
            #expect(round.visited.count == 4 && web.page.contains("You are signed out"))
            for application in stage.applications {
                let told = application.told
                #expect(told.count == 1 && told[0].sessionIndexes == [LogoutStage.index(session)])
                #expect(told[0].subject.isSame(as: LogoutStage.name(at: application)))
            }
        }
    }

    @Test("whoever does not answer keeps nobody signed in here, and the page says who could not be told")
    func silence() async throws {
        let stage = try await LogoutStage.open(applications: [[.redirect], [], [.soap]])
        stage.applications[2].isAway = true
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            try await Self.signOut(web)
            #expect(stage.sessions == 0)
            // At the first application the browser stays; the person comes back by themselves.
            try await web.open(WebPerson.gateway + "/saml/slo/next")
            #expect(web.page.contains("https://sp0.example/saml has not confirmed"))
            // Another browser has no say in it, and nothing is given away.
            let stranger = WebPerson(api.client)
            try await stranger.open(WebPerson.gateway + "/saml/slo/next")
            #expect(stranger.page.contains("You are signed out") && !stranger.page.contains("sp0"))
            // Nor has another site.
            try await web.request(.post, WebPerson.gateway + "/saml/slo/next", body: "csrf=made-up")
            #expect(web.status == 403)
            try await web.open(WebPerson.gateway + "/saml/slo/next")
            try await web.submit(to: "/saml/slo/next", [:])
            let round = try await web.signOut(round: stage.everybody, stage.own)
            #expect(round.visited == [stage.provider.entityID])
            for name in ["sp0", "sp1", "sp2"] {
                #expect(web.page.contains("https://\(name).example/saml did not confirm it"), "\(web.page.suffix(900))")
            }
            #expect(!web.page.contains("Corporate did not"))
            // The one that was away is told later.
            stage.applications[2].isAway = false
            let later = stage.gateway.clock() + .minutes(11)
            let due = try await stage.gateway.store.read { try $0.duePeerLogouts(at: later, limit: 10) }
            #expect(Set(due.map(\.peer)) == ["https://sp0.example/saml", "https://sp2.example/saml"])
        }
    }

    @Test("a restart in between loses nothing: the answer is taken, and the page at the end says what came of it")
    func restart() async throws {
        let stage = try await LogoutStage.open()
        stage.provider.status = Status(.responder)
        let kept = Kept()
        try await stage.running.visit { api in
            let web = try await stage.signIn(api).web
            try await Self.signOut(web)
            let (_, message) = try #require(try web.outgoing())
            let answer = try stage.provider.answer(try stage.provider.read(message, from: stage.own))
            kept.address = try stage.provider.address(answer, kind: .response, relayState: nil)
            kept.jar = web.jar
        }
        let again = try await stage.running.restarted(clock: SystemClock.now)
        try await again.serve { api in
            let web = WebPerson(api.client)
            web.jar = kept.jar
            try await web.open(kept.address)
            #expect(web.status == 200 && web.page.contains("Corporate did not confirm it"), "\(web.page.suffix(500))")
        }
    }

    /// Written and read one after the other.
    private final class Kept: @unchecked Sendable {
        var address = ""
        var jar: [String: [String: String]] = [:]
    }

    @Test("with more peers than a browser is sent to the rest is told of as not told")
    func hopLimit() async throws {
        let many = Array(repeating: [Binding.redirect], count: LogoutJourney.hopLimit + 1)
        let stage = try await LogoutStage.open([], applications: many)
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            try await Self.signOut(web)
            let round = try await web.signOut(round: stage.everybody, stage.own)
            #expect(round.visited.count == LogoutJourney.hopLimit)
            #expect(web.page.matches(of: /did not confirm it/).count == 2)
        }
    }

    @Test("single_logout: false keeps it here; encrypt_logout_names encrypts what is told")
    func settings() async throws {
        let quiet = try await LogoutStage.open(settings: "single_logout: false")
        try await quiet.running.serve { api in
            let web = try await quiet.signIn(api).web
            try await Self.signOut(web)
            #expect(try web.outgoing() == nil)
            #expect(quiet.sessions == 0 && web.page.contains("You are signed out"))
        }
        let sealed = try await LogoutStage.open(settings: "encrypt_logout_names: true")
        sealed.provider.decryption = try SAMLDecryptionKey(pem: sealed.provider.keys.key)
        try await sealed.running.serve { api in
            let web = try await sealed.signIn(api).web
            try await Self.signOut(web)
            let (_, message) = try #require(try web.outgoing())
            let element = try sealed.provider.read(message, from: sealed.own)
            #expect(element.child(XMLNamespace.assertion, "EncryptedID") != nil)
            _ = try await web.signOut(round: sealed.everybody, sealed.own)
            #expect(sealed.provider.told.first?.subject.isSame(as: sealed.idp.name) == true)
        }
    }

    // MARK: An application begins

    @Test("an application signs somebody out everywhere, and hears whether everybody confirmed")
    func applicationBegins() async throws {
        for fails in [false, true] {
            let stage = try await LogoutStage.open(applications: [[.post], [.redirect], [.soap]])
            stage.applications[1].status = fails ? Status(.responder) : .success
            try await stage.running.serve { api in
                let (web, session) = try await stage.signIn(api)
                let asker = stage.applications[0]
                let element = try asker.request(LogoutStage.name(at: asker), [LogoutStage.index(session)]).element()
                let form = try asker.form(element)
                try await web.sendElsewhere(form.body, to: form.address)
                #expect(stage.sessions == 0)
                let round = try await web.signOut(round: stage.everybody, stage.own)
                #expect(round.visited == [stage.applications[1].entityID, stage.provider.entityID])
                let (response, relayState) = try #require(round.answer)
                #expect(response.status == (fails ? Self.partial : Self.success) && relayState == "state-1")
                #expect(asker.told.isEmpty && stage.applications[2].told.count == 1)
                let ends = try await stage.ends(api)
                #expect(ends == ["logout"])
            }
        }
    }

    @Test("by SOAP an application hears what could be told without a browser")
    func applicationBehind() async throws {
        let stage = try await LogoutStage.open([.soap], applications: [[.soap], [.redirect]])
        try await stage.running.serve { api in
            let (_, session) = try await stage.signIn(api)
            let asker = stage.applications[0]
            let response = try await Self.ask(api, asker, stage.own) {
                asker.request(LogoutStage.name(at: asker), [LogoutStage.index(session)], to: LogoutPartner.behind)
            }
            #expect(response.status == Self.partial && stage.sessions == 0)
            #expect(stage.provider.told.count == 1 && stage.applications[1].told.isEmpty)
        }
    }

    @Test("whoever was signed in to an application signs out there, by the name and the session that it was told")
    func fromSignOnToSignOut() async throws {
        let place = "https://wiki.example.net/slo"
        let stage = try await SignOnStage.open(metadata: { $0.role.singleLogout = [Endpoint(.redirect, place)] })
        let wiki = LogoutPartner(stage.application.entityID, place: place, keys: stage.application.keys)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let brought = try #require(try await stage.walk(web, try stage.application.address(request)))
            let told = try stage.application.verify(brought, to: request.header.id)
            web.halt = "https://"
            let logout = wiki.request(NameID(try #require(told.nameID)), [try #require(told.sessionIndex)])
            try await web.open(try wiki.address(try logout.element()))
            #expect(stage.sessions == 0)
            let answer = try await web.signOut(round: [wiki], stage.own).answer?.0
            #expect(answer?.status == Self.success && answer?.header.inResponseTo == logout.header.id)
            web.halt = nil
            try await web.open(try stage.application.address(stage.application.request()))
            #expect(web.page.contains("name=\"identifier\""))
        }
    }

    // MARK: Without a browser

    @Test(
        "what an administrator ends, SOAP tells; what runs out by itself is no reason to sign out at the identity provider"
    )
    func behind() async throws {
        let clock = MovedClock()
        let stage = try await LogoutStage.open([.soap], applications: [[.soap], [.redirect]], clock: clock.now)
        try await stage.running.serve { api in
            let (_, first) = try await stage.signIn(api)
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            _ = try await stage.gateway.sessions.end(first.id, .administrator, by: caller)
            await stage.gateway.samlLogoutCourier.deliver()
            #expect(stage.provider.told.map(\.reason) == [.admin])
            #expect(stage.applications.map(\.told.count) == [1, 0])
            _ = try await stage.signIn(api)
            clock.advance(.hours(1))
            try await stage.gateway.sessions.endExpired(at: clock.value)
            stage.applications[0].isAway = true
            await stage.gateway.samlLogoutCourier.deliver()
            #expect(stage.applications[0].told.count == 1)
            stage.applications[0].isAway = false
            clock.advance(.minutes(5))
            await stage.gateway.samlLogoutCourier.deliver()
            #expect(stage.provider.told.count == 1)
            #expect(stage.applications[0].told.last?.reason == .globalTimeout)
            let waiting = try await Self.waiting(stage)
            #expect(waiting == 0)
        }
    }

    // MARK: Bounds

    @Test("a session lasts no longer than the identity provider says (SessionNotOnOrAfter)")
    func sessionBound() async throws {
        let clock = MovedClock()
        let stage = try await LogoutStage.open(clock: clock.now)
        stage.idp.lies.assertion = { $0.authn.sessionNotOnOrAfter = $0.authn.instant + 600 }
        try await stage.running.serve { api in
            let (web, session) = try await stage.signIn(api)
            // The identity provider goes by a clock that goes on.
            #expect((590...630).contains(session.lifetime.absoluteSeconds))
            clock.advance(.seconds(580))
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.isAtAccount)
            clock.advance(.seconds(51))
            try await web.open(WebPerson.gateway + "/account")
            #expect(!web.isAtAccount)
        }
    }

    @Test("of one session no more peers are remembered than there is room for, and the newest stay")
    func rememberedLimit() async throws {
        let stage = try await LogoutStage.open([])
        try await stage.running.serve { api in
            let (_, session) = try await stage.signIn(api)
            try await stage.gateway.store.write(.login) { tx in
                for number in 0...StoredPeerSession.limit {
                    try tx.remember(
                        PeerSession(peer: "urn:sp", nameID: NameID("n-\(number)"), sessionIndex: nil),
                        as: .serviceProvider, of: session.id, in: session.tenant)
                }
            }
            let known = try await stage.gateway.store.read { try $0.peerSessions(of: session.id) }
            #expect(known.count == StoredPeerSession.limit)
        }
    }

    @Test("our metadata say where to, in the bindings that are served; without a key nothing is")
    func metadata() async throws {
        let stage = try await LogoutStage.open()
        let tenant = try #require(stage.gateway.tenants.defaultTenant?.id)
        let places = try stage.gateway.saml.logoutEndpoints(of: tenant)
        #expect(places.map(\.spoken) == [.redirect, .post, .soap])
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/saml/metadata")
            // As a service provider and as an identity provider.
            #expect(web.page.matches(of: /SingleLogoutService/).count == 6)
        }
        let bare = try await SAMLStage.open()
        try await bare.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/saml/metadata")
            #expect(!web.page.contains("SingleLogoutService"))
            let keys = try await MockKeyPair.make()
            let partner = LogoutPartner("urn:x", place: "https://x.example", keys: keys)
            try await web.request(.get, try partner.address(try partner.request(NameID("n"), []).element()))
            #expect(web.status == 404)
        }
    }
}
