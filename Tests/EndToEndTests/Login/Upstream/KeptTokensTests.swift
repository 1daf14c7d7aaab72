import Fetch
import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

// RFC 6749 §6, OpenID Connect Core §12, RFC 7009, on the relying party's side.
@Suite("Whoever loses something at their provider loses it here", .timeLimit(.minutes(2)))
struct KeptTokensTests {
    private static let keep = "keep_tokens: { refresh_every: 15m, unreachable_for: 1h }, groups_claim: groups"

    /// A stage whose provider's tokens are of the moved clock's time.
    private struct Scene: Sendable {
        let stage: UpstreamStage
        let clock: MovedClock
        var provider: MockProvider { stage.provider }
        var gateway: Gateway { stage.gateway }

        func advance(_ by: Duration) {
            clock.advance(by)
            tell()
        }

        func tell(_ more: JSONObject = [:]) {
            let now = clock.value.seconds
            var claims: JSONObject = [
                "iat": .integer(now), "exp": .integer(now + 300), "auth_time": .integer(now),
            ]
            for name in more.names { claims[name] = more[name] }
            provider.lies.claims = claims
        }

        func groups(of login: String = "ada") async throws -> [String] {
            let person = try #require(try await stage.person(login))
            let principal = Principal(
                tenant: person.tenant, subject: .person(person.id),
                credential: .session(SessionID.random(at: clock.value)),
                provider: nil, events: [])
            return try await gateway.describe(principal)?.groups ?? []
        }

        /// How often the token endpoint was asked.
        var asked: Int { provider.asked.count { $0 == "/token" } }

        func reasons(_ api: TestAPI) async throws -> [String] {
            let events = try await api.send(.get, "/api/v1/audit/events?type=session.ended")
            return (events.body?["items"]?.list ?? []).compactMap { $0["facts"]?["reason"]?.string }
        }
    }

    private static func run(
        _ settings: String = keep, _ body: @escaping @Sendable (Scene, TestAPI, WebPerson) async throws -> Void
    ) async throws {
        let clock = MovedClock()
        let stage = try await UpstreamStage.open(settings, clock: clock.now)
        try await stage.running.serve { api in
            let scene = Scene(stage: stage, clock: clock)
            scene.tell()
            let ada = WebPerson(api.client)
            try await ada.signIn(at: stage.provider)
            #expect(ada.isAtAccount, "\(ada.url)")
            try await body(scene, api, ada)
        }
    }

    @Test func nothingIsKeptUnlessItIsAsked() async throws {
        try await Self.run("groups_claim: groups") { scene, _, _ in
            #expect(scene.provider.openGrants == 0)
            scene.advance(.hours(2))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.asked == 1)
        }
    }

    @Test func aGroupThatIsLostThereIsLostHereWhileTheSessionLives() async throws {
        try await Self.run { scene, api, ada in
            #expect(try await scene.groups() == ["keepers"])
            try await scene.gateway.tendKeptTokens()
            #expect(scene.asked == 1, "asked before it was due")
            scene.provider.person["groups"] = ["readers"]
            scene.advance(.minutes(16))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.asked == 2)
            #expect(try await scene.groups() == ["readers"])
            let told = try await api.send(.get, "/api/v1/audit/events?type=person.groups_refreshed")
            #expect(told.body?["items"]?.list?.count ?? 0 >= 1)
            // Its refresh tokens are good once: the next one is of the answer before.
            for count in 3...6 {
                scene.advance(.minutes(16))
                try await scene.gateway.tendKeptTokens()
                #expect(scene.asked == count && scene.stage.sessions == 1)
                try await ada.open(WebPerson.gateway + "/account")
                #expect(ada.isAtAccount)
            }
            #expect(scene.provider.openGrants == 1)
        }
    }

    @Test func whoeverIsDisabledThereIsSignedOutHere() async throws {
        try await Self.run { scene, api, ada in
            scene.provider.disableEverybody()
            scene.advance(.minutes(16))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.stage.sessions == 0)
            #expect(try await scene.reasons(api) == ["upstreamrevoked"])
            try await ada.open(WebPerson.gateway + "/account")
            #expect(ada.url.contains("/login"))
            // And is let in again as soon as they may.
            scene.tell()
            try await WebPerson(api.client).signIn(at: scene.provider)
            #expect(scene.stage.sessions == 1)
        }
    }

    @Test func aSpentTokenEndsTheSession() async throws {
        try await Self.run { scene, _, _ in
            // Somebody else has used it: the provider ends everything that came of it.
            scene.provider.spendEverything()
            scene.advance(.minutes(16))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.stage.sessions == 0 && scene.provider.openGrants == 0)
        }
    }

    @Test(arguments: ["status", "silence", "lies"])
    func aProviderThatIsAwayEndsNothingBeforeItsTime(how: String) async throws {
        try await Self.run { scene, api, ada in
            func breakIt() {
                switch how {
                case "status": scene.provider.lies.answers["/token"] = { _ in FetchResponse(status: 503) }
                case "silence":
                    scene.provider.lies.answers["/token"] = { _ in throw Fault("fetch.timeout", .peer, "Nobody.") }
                // Somebody else's ID token is believed of nobody (§12.2).
                default: scene.tell(["sub": "mallory-1", "groups": ["admins"]])
                }
            }
            for _ in 0..<3 {
                scene.advance(.minutes(16))
                breakIt()
                try await scene.gateway.tendKeptTokens()
                #expect(scene.stage.sessions == 1)
                #expect(try await scene.groups() == ["keepers"])
                // The session itself is in use.
                try await ada.open(WebPerson.gateway + "/account")
                #expect(ada.isAtAccount)
            }
            // It is back within its time, and the time begins anew.
            scene.provider.lies.answers = [:]
            scene.advance(.minutes(10))
            try await scene.gateway.tendKeptTokens()
            scene.advance(.minutes(6))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.stage.sessions == 1)
            for _ in 0..<3 {
                scene.advance(.minutes(16))
                breakIt()
                try await scene.gateway.tendKeptTokens()
                try await ada.open(WebPerson.gateway + "/account")
                #expect(ada.isAtAccount)
            }
            // Fifty-nine minutes after the last good answer, and then sixty.
            scene.advance(.minutes(11))
            breakIt()
            try await scene.gateway.tendKeptTokens()
            #expect(scene.stage.sessions == 1)
            scene.advance(.minutes(1))
            breakIt()
            try await scene.gateway.tendKeptTokens()
            #expect(scene.stage.sessions == 0)
            #expect(try await scene.reasons(api) == ["upstreamsilent"])
        }
    }

    @Test func oneAsksAtATime() async throws {
        try await Self.run { scene, _, _ in
            scene.advance(.minutes(16))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try? await scene.gateway.tendKeptTokens() } }
            }
            #expect(scene.asked == 2 && scene.stage.sessions == 1 && scene.provider.openGrants == 1)
        }
    }

    @Test(arguments: ["sign-out", "disabled", "erased", "expired", "idle"])
    func whatNoSessionNeedsIsGivenBack(how: String) async throws {
        try await Self.run { scene, _, ada in
            #expect(scene.provider.openGrants == 1)
            let caller = try TestGateway.operatorCaller(scene.gateway, tenant: "default")
            let person = try #require(try await scene.stage.person("ada"))
            switch how {
            case "sign-out":
                let session = try #require(try await scene.stage.newestSession(of: "ada"))
                _ = try await scene.gateway.sessions.end(session.id, .logout, by: caller)
            case "disabled": try await scene.gateway.people.disable(person.id, .administrator, by: caller)
            case "erased": try await scene.gateway.people.erase(person.id, by: caller)
            case "idle": scene.advance(.minutes(61))
            default: scene.advance(.days(2))
            }
            try await scene.gateway.tendKeptTokens()
            #expect(scene.provider.openGrants == 0, "\(how)")
            #expect(scene.provider.asked.count { $0 == "/revoke" } == 1)
            // Once.
            try await scene.gateway.tendKeptTokens()
            #expect(scene.provider.asked.count { $0 == "/revoke" } == 1)
        }
    }

    @Test func aSessionThatIsStrengthenedKeepsItsToken() async throws {
        try await Self.run { scene, _, ada in
            scene.advance(.minutes(2))
            try await ada.open(try scene.provider.authorize(try await ada.depart(to: "mock", "&max_age=60")))
            #expect(try await scene.stage.newestSession(of: "ada")?.rotatedFrom != nil)
            scene.advance(.minutes(16))
            try await scene.gateway.tendKeptTokens()
            #expect(scene.asked == 3 && scene.stage.sessions == 1)
        }
    }

    @Test func aRestartForgetsNothing() async throws {
        let clock = MovedClock()
        let stage = try await UpstreamStage.open(Self.keep, clock: clock.now)
        let scene = Scene(stage: stage, clock: clock)
        scene.tell()
        try await stage.running.visit { api in try await WebPerson(api.client).signIn(at: stage.provider) }
        let again = try await stage.running.restarted(clock: clock.now, fetch: UpstreamStage.fetch(stage.providers))
        let later = Scene(stage: UpstreamStage(running: again, providers: stage.providers), clock: clock)
        try await again.serve { _ in
            #expect(later.stage.sessions == 1)
            // The file holds no token of the provider's.
            for name in ["gatehouse.db", "gatehouse.db-wal"] {
                let file = FileManager.default.contents(atPath: again.folder + "/data/" + name) ?? Data()
                for secret in stage.provider.secrets where secret.hasPrefix("refresh-") {
                    #expect(file.range(of: Data(secret.utf8)) == nil)
                }
            }
            later.provider.person["groups"] = []
            later.advance(.minutes(16))
            try await later.gateway.tendKeptTokens()
            #expect(try await later.groups() == [])
            later.provider.disableEverybody()
            later.advance(.minutes(16))
            try await later.gateway.tendKeptTokens()
            #expect(later.stage.sessions == 0)
        }
    }

    @Test func aScheduleHasItsBounds() async throws {
        for (text, word) in [
            ("keep_tokens: { refresh_every: 10s }", "refresh_every"),
            ("keep_tokens: { unreachable_for: 8d }", "unreachable_for"),
            ("keep_tokens: { refresh_every: 24h, unreachable_for: 1h }", "unreachable_for"),
            ("keep_tokens: { often: 1h }", "often"),
        ] {
            await #expect("\(text)") { _ = try await UpstreamStage.open(text) } throws: { "\($0)".contains(word) }
        }
    }
}
