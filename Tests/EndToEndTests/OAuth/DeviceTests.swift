import Gateway
import HTTPTypes
import JOSE
import OAuth
import Testing
import Vocabulary

/// Devices without a browser, connected by a code that somebody types (RFC 8628).
@Suite("Connecting devices", .timeLimit(.minutes(2)))
struct DeviceTests {
    private static let grant = "urn:ietf:params:oauth:grant-type:device_code"

    private static func serve(
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        _ body: @Sendable @escaping (TestAPI, TestGateway) async throws -> Void
    ) async throws {
        let running = try await OAuthScene.open(["ada", "bob"], clock: clock)
        try await running.serve { try await body($0, running) }
    }

    private static func begin(_ api: TestAPI, _ scope: String = "openid offline_access") async throws
        -> ServiceTokenTests.Answer
    {
        try await OAuthScene.post(api, "/oauth2/device_authorization", .init([("scope", scope)]), "television")
    }

    private static func poll(_ api: TestAPI, _ code: String?, _ client: String = "television") async throws
        -> ServiceTokenTests.Answer
    {
        try await OAuthScene.post(
            api, "/oauth2/token", .init([("grant_type", grant), ("device_code", code ?? "")]), client)
    }

    private static func signedIn(_ api: TestAPI, _ login: String = "ada") async throws -> WebPerson {
        let web = OAuthScene.browser(api)
        try await web.open(WebPerson.gateway + "/login")
        try await OAuthScene.signIn(web, as: login)
        return web
    }

    @Test("a device waits, somebody types its code and agrees, and the device gets its tokens once")
    func wholeWay() async throws {
        let clock = MovedClock()
        try await Self.serve(clock: clock.now) { api, _ in
            let begun = try await Self.begin(api)
            #expect(begun.status == 200 && begun.json["interval"]?.integer == 5)
            #expect(begun["verification_uri"] == OAuthScene.issuer + "/device")
            let (device, shown) = (begun["device_code"], try #require(begun["user_code"]))
            #expect(try await Self.poll(api, device)["error"] == "authorization_pending")
            #expect(try await Self.poll(api, device)["error"] == "slow_down")
            // The address fills the code in, and a person still has to send it.
            let web = OAuthScene.browser(api)
            try await web.open(WebPerson.gateway + "/device?user_code=" + shown)
            try await OAuthScene.signIn(web)
            #expect(web.page.contains("value=\"\(shown)\"") && !web.page.contains("name=\"decision\""))
            try await web.submit("user_code", ["user_code": shown.lowercased().replacing("-", with: " ")])
            #expect(web.page.contains("The Television asks for access as The person ada"))
            #expect(web.page.contains("Go on only if you started this yourself") && web.page.contains(shown))
            try await web.submit("user_code", ["decision": "allow"])
            #expect(web.page.contains("Your device is connected"))
            clock.advance(.seconds(60))
            let tokens = try await Self.poll(api, device)
            #expect(tokens.status == 200 && tokens["refresh_token"] != nil && tokens["id_token"] != nil)
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 200)
            #expect(try await Self.poll(api, device)["error"] == "invalid_grant")
        }
    }

    @Test("a no is told to the device, a code is decided once, and time runs out")
    func refusedAndLate() async throws {
        let clock = MovedClock()
        try await Self.serve(clock: clock.now) { api, _ in
            let web = try await Self.signedIn(api)
            let begun = try await Self.begin(api)
            try await web.open(WebPerson.gateway + "/device")
            try await web.submit("user_code", ["user_code": begun["user_code"] ?? ""])
            try await web.submit("user_code", ["decision": "deny"])
            #expect(web.page.contains("Your device was refused"))
            #expect(try await Self.poll(api, begun["device_code"])["error"] == "access_denied")
            try await web.open(WebPerson.gateway + "/device")
            try await web.submit("user_code", ["user_code": begun["user_code"] ?? "", "decision": "allow"])
            #expect(web.page.contains("No device waits with this code"))
            let late = try await Self.begin(api)
            clock.advance(.seconds(601))
            #expect(try await Self.poll(api, late["device_code"])["error"] == "expired_token")
        }
    }

    @Test("wrong codes are slowed by person, and another client's device code is none")
    func guesses() async throws {
        try await Self.serve { api, _ in
            let (ada, bob) = (try await Self.signedIn(api), try await Self.signedIn(api, "bob"))
            let begun = try await Self.begin(api)
            for _ in 0..<5 {
                try await ada.open(WebPerson.gateway + "/device")
                try await ada.submit("user_code", ["user_code": "BBBB-BBBB"])
                #expect(ada.page.contains("No device waits with this code"))
            }
            try await ada.open(WebPerson.gateway + "/device")
            try await ada.submit("user_code", ["user_code": begun["user_code"] ?? ""])
            #expect(ada.page.contains("Too many wrong codes"))
            try await bob.open(WebPerson.gateway + "/device")
            try await bob.submit("user_code", ["user_code": begun["user_code"] ?? "", "csrf": "forged"])
            #expect(bob.status == 403)
            try await bob.open(WebPerson.gateway + "/device")
            try await bob.submit("user_code", ["user_code": begun["user_code"] ?? ""])
            try await bob.submit("user_code", ["decision": "allow"])
            #expect(try await Self.poll(api, begun["device_code"], "phone")["error"] == "unauthorized_client")
            #expect(try await Self.poll(api, begun["device_code"], "radio")["error"] == "invalid_grant")
            #expect(try await Self.poll(api, begun["device_code"]).status == 200)
        }
    }
}
