import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

// S4-65, S4-68, S4-69: signing in at another provider, from the first page to the session.
@Suite("People sign in at another provider", .timeLimit(.minutes(2)))
struct UpstreamSignInTests {
    @Test func theFirstPageOffersItBesideTheFormAndItsButtonLeadsThere() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            #expect(web.page.contains("Sign in with Mock"))
            #expect(web.page.contains("name=\"identifier\""))
            let path = try #require(web.page.firstMatch(of: /href="([^"]+provider=mock)"/)?.output.1)
            let target = path.replacing("&amp;", with: "&").replacing("&#x3D;", with: "=")
            try await web.request(.get, WebPerson.gateway + String(target))
            #expect(web.status == 303)
            let address = try #require(web.location)
            let query = try MockProvider.query(address)
            #expect(address.hasPrefix("https://idp.example/authorize?"))
            #expect(query["client_id"] == "gatehouse" && query["nonce"] != nil)
            #expect(query["redirect_uri"] == "https://gate.example.org/login/callback/mock")
            try await web.open(try stage.provider.authorize(address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    // S4-68.
    @Test("a first sign-in at an OpenID provider makes the person, and their session says how it came about")
    func firstSignIn() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let person = try #require(try await stage.person("ada"))
            #expect(person.displayName == "Ada Lovelace" && person.mail == "ada@corp.example")
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.events.map(\.method) == [.federated])
            #expect(session.strength == .aal1 && session.provider == session.events[0].provider)
            #expect(session.satisfies(.aal1, maxAgeSeconds: 60, now: SystemClock.now()))
            let again = WebPerson(api.client)
            try await again.signIn(at: stage.provider)
            #expect(again.isAtAccount)
            #expect(try await stage.person("ada")?.id == person.id)
        }
    }

    @Test func groupsGiveRoles() async throws {
        let stage = try await UpstreamStage.open(extra: UpstreamStage.keepers(of: "mock"))
        try await stage.running.serve { api in
            func mayRead() async throws -> AttributeValue? {
                try await WebPerson(api.client).signIn(at: stage.provider)
                return try await stage.mayRead(api)
            }
            let before = try await mayRead()
            #expect(before == true)
            stage.provider.person["groups"] = []
            let after = try await mayRead()
            #expect(after == false)
        }
    }

    @Test func withoutLeaveToMakePeopleOnlyThoseWhoAreLinkedGetIn() async throws {
        let stage = try await UpstreamStage.open("create_people_at_login: false")
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(stage.sessions == 0 && web.page.contains("role=\"alert\""))
            #expect(try await stage.person("ada") == nil)
        }
    }

    // The attempt is in the store, and its secrets open there again.
    @Test func aRestartBetweenTheRedirectAndTheAnswerLosesNothing() async throws {
        let stage = try await UpstreamStage.open()
        let cookies = CookieBox()
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            cookies.address = try await web.depart()
            cookies.jar = web.jar
        }
        let again = try await stage.running.restarted(
            clock: SystemClock.now, fetch: UpstreamStage.fetch(stage.providers))
        try await again.serve { api in
            let web = WebPerson(api.client)
            web.jar = cookies.jar
            try await web.open(try stage.provider.authorize(cookies.address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    @Test func aDomainThatIsTheProvidersLeadsThereFromTheForm() async throws {
        let stage = try await UpstreamStage.open("domains: [corp.example]")
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            let form = try web.prepared("identifier", ["identifier": "ada@corp.example"])
            try await web.request(.post, WebPerson.gateway + form.path, body: form.body)
            // A form may not be redirected to another origin: a page goes there by itself.
            #expect(web.status == 200)
            let address = try #require(web.location)
            #expect(try MockProvider.query(address)["login_hint"] == "ada@corp.example")
            try await web.open(try stage.provider.authorize(address))
            #expect(web.isAtAccount)
        }
    }

    @Test func twoTabsEachComeToTheirEnd() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let (first, second) = (try await web.depart(), try await web.depart())
            try await web.open(try stage.provider.authorize(second))
            #expect(web.isAtAccount)
            try await web.open(try stage.provider.authorize(first))
            #expect(web.isAtAccount)
        }
    }

    @Test func saysNoAtTheProviderAndMayChooseAgain() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            stage.provider.lies.callback = ["code": nil, "error": "access_denied"]
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(stage.sessions == 0 && web.page.contains("Signing in was cancelled."))
            stage.provider.lies.callback = [:]
            let path = try #require(web.page.firstMatch(of: /href="([^"]+provider=mock)"/)?.output.1)
            try await web.request(.get, WebPerson.gateway + path.replacing("&amp;", with: "&"))
            try await web.open(try stage.provider.authorize(try #require(web.location)))
            #expect(web.isAtAccount)
        }
    }

    // Apple and others post the answer from their own site, where none of our Lax cookies come along.
    @Test func anAnswerThatIsPostedWithoutCookiesIsFetchedWithThem() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try stage.provider.authorize(try await web.depart())
            let body = String(back.split(separator: "?")[1])
            let posted = try await api.send(
                .post, "/login/callback/mock", token: .some(nil),
                headers: [.contentType: "application/x-www-form-urlencoded", .origin: "https://idp.example"],
                form: body)
            #expect(posted.status == 303 && stage.sessions == 0)
            let location = try #require(posted.headers[.location])
            #expect(!location.contains("code="), "the code stays out of the address")
            try await web.open(WebPerson.gateway + location)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    @Test func itsSecondFactorCountsOnlyWhereTheConfigurationBelievesIt() async throws {
        let plain = try await UpstreamStage.open()
        plain.provider.lies.claims = ["amr": ["mfa", "otp"]]
        try await plain.running.serve { api in
            try await WebPerson(api.client).signIn(at: plain.provider)
            #expect(try await plain.newestSession(of: "ada")?.strength == .aal1)
        }
        let believing = try await UpstreamStage.open("second_factor: { amr: [mfa] }")
        believing.provider.lies.claims = ["amr": ["mfa", "otp"]]
        try await believing.running.serve { api in
            try await WebPerson(api.client).signIn(at: believing.provider, "mock", "&acr=urn%3Agatehouse%3Aaal%3A2")
            let session = try #require(try await believing.newestSession(of: "ada"))
            #expect(session.strength == .aal2 && session.events.map(\.method) == [.federated, .multiFactor])
        }
    }

    @Test func aSecondFactorThatIsAskedForHereIsStillOwed() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider, "mock", "&acr=urn%3Agatehouse%3Aaal%3A2")
            #expect(stage.sessions == 0)
            #expect(web.page.contains("An invitation is needed"), "\(web.page.suffix(600))")
        }
    }

    // S4-69: initiate_sso(provider_name: 'Company OAuth', redirect_uri: …) over HTTP and from Swift.
    @Test(
        "single sign-on is initiated by provider and redirect URI, over HTTP and from Swift, and returns to applications alone"
    )
    func initiateSSO() async throws {
        let stage = try await UpstreamStage.open(
            extra: "applications: [ { id: notes, name: Notes, host: notes.example.org, forward_auth: {} } ]")
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let redirect = "https%3A%2F%2Fnotes.example.org%2Fauth%2Fcallback%3Fa%3Db"
            for name in ["mock", "Mock"] {
                try await web.request(.get, WebPerson.gateway + "/login?provider=\(name)&redirect_uri=\(redirect)")
                let address = try #require(web.location)
                try await web.request(.get, try stage.provider.authorize(address))
                let next = try #require(web.location, "\(web.page.suffix(300))")
                #expect(next.hasPrefix("https://notes.example.org/.gatehouse/callback?code="))
                web.jar = [:]
            }
            for evil in [
                "https://evil.example/", "https://notes.example.org.evil.example/", "//evil.example", "javascript:x",
            ] {
                let answer = try await api.send(
                    .get, "/login?provider=mock&redirect_uri=\(evil)", token: .some(nil))
                #expect(answer.status == 400, "\(evil) \(answer.status)")
            }
            #expect(try await api.send(.get, "/login?provider=nobody", token: .some(nil)).status == 404)

            let tenant = try #require(stage.gateway.tenants.defaultTenant?.id)
            let started = try await stage.gateway.initiateSSO(
                provider: "Mock", redirectURI: "https://notes.example.org/auth/callback",
                from: LoginBrowser(tenant: tenant, preSession: nil))
            guard case .leave(let departure, _) = started else {
                Issue.record("nobody was sent anywhere")
                return
            }
            #expect(departure.address.hasPrefix("https://idp.example/authorize?"))
            await #expect(throws: Fault.self) {
                try await stage.gateway.initiateSSO(
                    provider: "Mock", redirectURI: "https://evil.example/",
                    from: LoginBrowser(tenant: tenant, preSession: nil))
            }
        }
    }

    @Test func theTimeOfItsOwnSignInIsKeptAndAFreshOneIsAskedForWhereItHasTo() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let hourAgo = Int64(Date().timeIntervalSince1970) - 3_600
            stage.provider.lies.claims = ["auth_time": .integer(hourAgo)]
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.authenticatedAt == Timestamp(seconds: hourAgo))
            // The account's credentials ask for a proof of the last minutes.
            let address = try await web.depart(to: "mock", "&max_age=300")
            let query = try MockProvider.query(address)
            #expect(query["max_age"] == "300" && query["prompt"] == "login")
            try await web.open(try stage.provider.authorize(address))
            #expect(try await stage.newestSession(of: "ada")?.id == session.id, "an old sign-in is refused")
            stage.provider.lies.claims = [:]
            try await web.open(try stage.provider.authorize(try await web.depart(to: "mock", "&max_age=300")))
            let fresh = try #require(try await stage.newestSession(of: "ada"))
            #expect(fresh.rotatedFrom == session.id)
            #expect(fresh.satisfies(.aal1, maxAgeSeconds: 300, now: SystemClock.now()))
        }
    }
}

/// What one browser takes over a restart.
final class CookieBox: @unchecked Sendable {
    // Used by one test after the other, never at once.
    var address = ""
    var jar: [String: [String: String]] = [:]
}
