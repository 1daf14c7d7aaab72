import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

// Profiles §4.1.5: the identity provider begins, where it may.
@Suite("Answers in SAML that nobody asked for", .timeLimit(.minutes(2)))
struct SAMLUnsolicitedTests {
    private static let allowed = "allow_unsolicited: true, return_targets: [/account?tab=devices]"

    @Test("they are refused unless the provider may begin")
    func offByDefault() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            for state in [nil, "something"] as [String?] {
                try await web.post(try stage.idp.unsolicited(state))
                #expect(web.status == 400 && stage.sessions == 0)
            }
        }
    }

    @Test("where it may, somebody is signed in once, and sent on where that is listed and nowhere else")
    func signIn() async throws {
        let stage = try await SAMLStage.open(Self.allowed)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let posted = try stage.idp.unsolicited("/account?tab=devices")
            try await web.post(posted)
            #expect(
                web.url.hasSuffix("/account?tab=devices") && web.status == 200, "\(web.url) \(web.page.suffix(300))")
            #expect(stage.sessions == 1)
            for target in ["https://evil.example/", "/account?tab=other", "//evil.example", "x"] {
                let other = WebPerson(api.client)
                try await other.post(try stage.idp.unsolicited(target))
                #expect(other.url == WebPerson.gateway + "/account", "\(target): \(other.url)")
            }
            #expect(stage.sessions == 5)
            // The same answer in another browser, or again in this one.
            let thief = WebPerson(api.client)
            try await thief.post(posted)
            #expect(!thief.isAtAccount && stage.sessions == 5)
        }
    }

    @Test("a session that is there is not replaced without a click in this very browser")
    func loginForgery() async throws {
        let stage = try await SAMLStage.open(Self.allowed)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.idp)
            let session = web.jar
            stage.idp.name = NameID("eve-1", format: NameIDFormat.persistent)
            stage.idp.attributes = [SAMLAttribute("urn:oid:0.9.2342.19200300.100.1.1", values: ["eve"])]
            try await web.post(try stage.idp.unsolicited())
            #expect(web.status == 200 && web.page.contains("Sign in with Corporate?") && web.jar == session)
            #expect(stage.sessions == 1)
            // Another site's click has no token of this session.
            let action = web.url
            try await web.request(.post, action, body: "csrf=x")
            #expect(web.status == 403 && stage.sessions == 1)
            try await web.open(action)
            try await web.submit("csrf", [:])
            #expect(web.isAtAccount && stage.sessions == 2, "\(web.status) \(web.page.suffix(300))")
            #expect(try await stage.newestSession(of: "eve") != nil)
            try await web.open(action)
            #expect(web.status == 400)
        }
    }

    @Test("what is not right in everything signs nobody in")
    func attacks() async throws {
        let stage = try await SAMLStage.open(Self.allowed)
        let stranger = MockIdentityProvider(entityID: stage.idp.entityID, keys: try await MockKeyPair.make())
        let lies: [(String, String?, @Sendable (inout MockIdentityProvider.Lies) -> Void)] = [
            ("unsigned", "saml.sig_missing", { $0.isUnsigned = true }),
            ("to a request", "saml.inresponseto", { $0.header = { $0.inResponseTo = "_some" } }),
            (
                "confirming a request", "saml.confirmation",
                { $0.assertion = { $0.confirmation.inResponseTo = "_some" } }
            ),
            (
                "for somebody else", "saml.audience",
                { $0.assertion = { $0.conditions.audiences = ["https://x.example"] } }
            ),
            ("expired", "saml.confirmation", { $0.assertion = { $0.confirmation.notOnOrAfter -= 900 } }),
            ("of another issuer", nil, { $0.header = { $0.issuer = "https://other.example" } }),
        ]
        try await stage.running.serve { api in
            for (number, (name, reason, tell)) in lies.enumerated() {
                let web = WebPerson(api.client)
                web.address = "198.51.100.\(number + 1)"
                stage.idp.lies = MockIdentityProvider.Lies()
                tell(&stage.idp.lies)
                try await web.post(try stage.idp.unsolicited())
                #expect(!web.isAtAccount && stage.sessions == 0, "\(name)")
                guard let reason else {
                    #expect(web.status == 400, "\(name)")
                    continue
                }
                let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused&limit=200")
                let newest = events.body?["items"]?.list?.max {
                    $0["position"]?.integer ?? 0 < $1["position"]?.integer ?? 0
                }
                #expect(newest?["facts"]?["upstream_reason"] == .string(reason), "\(name)")
            }
            let web = WebPerson(api.client)
            try await web.post(try stranger.unsolicited())
            #expect(!web.isAtAccount && stage.sessions == 0)
        }
    }

    @Test("of fifty copies, sent at the same time, one signs in")
    func race() async throws {
        let stage = try await SAMLStage.open(Self.allowed)
        try await stage.running.serve { api in
            let posted = try stage.idp.unsolicited()
            let client = api.client
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { try await WebPerson(client).post(posted) } }
                try await group.waitForAll()
            }
            #expect(stage.sessions == 1)
        }
    }
}
