import Fetch
import Foundation
import Gateway
import HTTPTypes
import JOSE
import Logging
import OAuth
import Synchronization
import Testing
import Vocabulary

// The relying-party modules of the OpenID conformance suite and the attacks of RFC 9700, each as one lie of a provider.
// What is counted is sessions.
@Suite("Nobody is signed in by a provider's answer that is not right in everything", .timeLimit(.minutes(3)))
struct UpstreamFaultTests {
    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        let tell: @Sendable (inout MockProvider.Lies, MockProvider) throws -> Void
        var testDescription: String { name }

        init(_ name: String, _ tell: @escaping @Sendable (inout MockProvider.Lies, MockProvider) throws -> Void) {
            self.name = name
            self.tell = tell
        }
    }

    private static func claim(_ name: String, _ members: JSONObject) -> Lie {
        Lie(name) { lies, _ in lies.claims = members }
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    private static let claims: [Lie] = [
        claim("iss of another", ["iss": "https://evil.example"]),
        claim("iss with a slash", ["iss": "https://idp.example/"]),
        claim("no iss", ["iss": nil]), claim("aud of another client", ["aud": "other"]), claim("no aud", ["aud": nil]),
        claim("several audiences without azp", ["aud": ["gatehouse", "other"]]),
        claim("azp of another", ["azp": "other"]),
        claim("nonce of another login", ["nonce": "other"]), claim("no nonce", ["nonce": nil]),
        claim("no sub", ["sub": nil]), claim("empty sub", ["sub": ""]), claim("no iat", ["iat": nil]),
        claim("no exp", ["exp": nil]), claim("expired", ["exp": .integer(now - 600)]),
        claim("iat of an hour ago", ["iat": .integer(now - 3_600)]), claim("not yet", ["nbf": .integer(now + 3_600)]),
        claim("at_hash of another token", ["at_hash": "77QmUPtjPfzWtF2AnpK9RQ"]),
        claim("c_hash of another code", ["c_hash": "77QmUPtjPfzWtF2AnpK9RQ"]),
    ]

    private static let signatures: [Lie] = [
        Lie("another key under the same name") { lies, provider in
            lies.signer = try SigningKey.generate(.es256, keyID: provider.key.keyID)
        },
        Lie("a key that is not published") { lies, _ in lies.signer = try SigningKey.generate(.es256) },
        Lie("unsigned") { lies, _ in
            lies.token = { claims in
                Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + Base64URL.encode(claims.serialized) + "."
            }
        },
        Lie("signed with our own secret") { lies, _ in
            let key = try SigningKey(sharedSecret: Array(MockProvider.secret.utf8), algorithm: .hs256)
            lies.token = { try? JWT.sign($0, with: key) }
        },
        Lie("signed with the public key as a secret") { lies, provider in
            let bytes = provider.key.publicKey?.json.serialized ?? []
            let key = try SigningKey(sharedSecret: bytes, algorithm: .hs256, keyID: provider.key.keyID)
            lies.token = { try? JWT.sign($0, with: key) }
        },
        Lie("a key that the token brings along") { lies, _ in
            let key = try SigningKey.generate(.es256)
            let jwk = try #require(key.publicKey).json
            lies.token = { try? JWT.sign($0, with: key, parameters: ["jwk": .object(jwk)]) }
        },
        Lie("a type of another token") { lies, provider in
            let key = provider.key
            lies.token = { try? JWT.sign($0, with: key, type: "logout+jwt") }
        },
        Lie("cut off") { lies, provider in
            let key = provider.key
            lies.token = { claims in (try? JWT.sign(claims, with: key)).map { String($0.dropLast(8)) } }
        },
        Lie("no ID token") { lies, _ in lies.token = { _ in nil } },
        Lie("an ID token that is none") { lies, _ in lies.token = { _ in "e.y.J" } },
    ]

    private static let answers: [Lie] = [
        Lie("state of nobody") { lies, _ in lies.callback = ["state": "other"] },
        Lie("no state") { lies, _ in lies.callback = ["state": nil] },
        Lie("iss of another provider beside the code") { lies, _ in lies.callback = ["iss": "https://evil.example"] },
        Lie("no iss beside the code, though it always sends one") { lies, _ in lies.callback = ["iss": nil] },
        Lie("no code") { lies, _ in lies.callback = ["code": nil] },
        Lie("a code of nobody") { lies, _ in lies.callback = ["code": "other"] },
        Lie("an error") { lies, _ in lies.callback = ["code": nil, "error": "server_error"] },
        Lie("a code beside an error") { lies, _ in lies.callback = ["error": "server_error"] },
        Lie("userinfo of somebody else") { lies, _ in lies.userInfo = ["sub": "mallory"] },
        Lie("userinfo of nobody") { lies, _ in lies.userInfo = ["sub": nil] },
        Lie("userinfo that refuses") { lies, _ in lies.answers["/userinfo"] = { _ in FetchResponse(status: 401) } },
        Lie("userinfo that is a page") { lies, _ in
            lies.answers["/userinfo"] = { _ in FetchResponse(status: 200, body: Array("<html>".utf8)) }
        },
        Lie("a token endpoint that is away") { lies, _ in
            lies.answers["/token"] = { _ in throw Fault("fetch.timeout", .peer, "Nobody answered.") }
        },
        Lie("a token endpoint that fails") { lies, _ in
            lies.answers["/token"] = { _ in FetchResponse(status: 503) }
        },
        Lie("a token endpoint that leads elsewhere") { lies, _ in
            lies.answers["/token"] = { _ in
                FetchResponse(status: 302, headers: [FetchHeader("Location", "https://evil.example/token")])
            }
        },
        Lie("a token for another use") { lies, _ in
            lies.answers["/token"] = { _ in MockProvider.json(["access_token": "t", "token_type": "mac"]) }
        },
        Lie("an answer of a megabyte") { lies, _ in
            lies.answers["/token"] = { _ in
                FetchResponse(status: 200, body: [UInt8](repeating: 0x20, count: UpstreamTokens.byteLimit + 1))
            }
        },
        Lie("an answer of ten thousand brackets") { lies, _ in
            lies.answers["/token"] = { _ in
                FetchResponse(status: 200, body: [UInt8](repeating: UInt8(ascii: "["), count: 10_000))
            }
        },
    ]

    @Test func eachLieEndsInAPageAndInNoSession() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            for lie in Self.claims + Self.signatures + Self.answers {
                var lies = MockProvider.Lies()
                try lie.tell(&lies, stage.provider)
                stage.provider.lies = lies
                let web = WebPerson(api.client)
                try await web.signIn(at: stage.provider)
                #expect(stage.sessions == 0, "\(lie.name)")
                #expect(!web.isAtAccount && web.status < 500, "\(lie.name): \(web.status)")
            }
            stage.provider.lies = MockProvider.Lies()
            let honest = WebPerson(api.client)
            try await honest.signIn(at: stage.provider)
            #expect(honest.isAtAccount && stage.sessions == 1, "and the truth is believed")
        }
    }

    private static let documents: [Lie] = [
        Lie("a document of another issuer") { lies, _ in lies.metadata = ["issuer": "https://evil.example"] },
        Lie("a document without an issuer") { lies, _ in lies.metadata = ["issuer": nil] },
        Lie("a token endpoint without TLS") { lies, _ in lies.metadata = ["token_endpoint": "http://idp.example/token"]
        },
        Lie("an authorization endpoint that is a script") { lies, _ in
            lies.metadata = ["authorization_endpoint": "javascript:alert(1)"]
        },
        Lie("a document that leads elsewhere") { lies, _ in
            lies.answers["/.well-known/openid-configuration"] = { _ in
                FetchResponse(status: 302, headers: [FetchHeader("Location", "http://169.254.169.254/")])
            }
        },
        Lie("a document that is a page") { lies, _ in
            lies.answers["/.well-known/openid-configuration"] = { _ in
                FetchResponse(status: 200, body: Array("<html>".utf8))
            }
        },
        Lie("keys that are secrets") { lies, _ in
            lies.answers["/jwks"] = { _ in MockProvider.json(["keys": [["kty": "oct", "k": "c2VjcmV0"]]]) }
        },
        Lie("no keys") { lies, _ in lies.answers["/jwks"] = { _ in MockProvider.json(["keys": []]) } },
        Lie("keys that are away") { lies, _ in lies.answers["/jwks"] = { _ in FetchResponse(status: 404) } },
    ]

    // Documents are kept once they are right, so each lie is told to a gateway that has none yet.
    @Test(arguments: documents)
    func aProviderThatDescribesItselfWronglySignsNobodyIn(lie: Lie) async throws {
        let stage = try await UpstreamStage.open()
        var lies = MockProvider.Lies()
        try lie.tell(&lies, stage.provider)
        stage.provider.lies = lies
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/login?provider=mock")
            if let address = web.location { try await web.open(try stage.provider.authorize(address)) }
            #expect(stage.sessions == 0 && !web.isAtAccount && web.status < 500, "\(web.status)")
        }
    }

    // MARK: Whose answer it is

    @Test func anAnswerIsGoodOnce() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try stage.provider.authorize(try await web.depart())
            try await web.open(back)
            #expect(web.isAtAccount && stage.sessions == 1)
            let asked = stage.provider.asked.count
            try await web.open(back)
            #expect(stage.sessions == 1 && stage.provider.asked.count == asked, "nobody is asked about it again")
            #expect(!web.isAtAccount)
        }
    }

    @Test func ofManyAtOnceOneIsTaken() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try stage.provider.authorize(try await web.depart())
            let path = String(back.dropFirst(WebPerson.gateway.count))
            let cookie = web.jar[WebPerson.gateway, default: [:]].map { "\($0.key)=\($0.value)" }.joined(
                separator: "; ")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask { _ = try? await api.send(.get, path, token: .some(nil), headers: [.cookie: cookie]) }
                }
            }
            #expect(stage.sessions == 1)
            #expect(stage.provider.asked.count { $0 == "/token" } == 1)
        }
    }

    // Login CSRF: the victim's browser is given the attacker's answer.
    @Test func anotherBrowserGetsNothingForIt() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let (attacker, victim) = (WebPerson(api.client), WebPerson(api.client))
            let back = try stage.provider.authorize(try await attacker.depart())
            try await victim.open(back)
            #expect(stage.sessions == 0 && !victim.isAtAccount)
            _ = try await victim.depart()
            try await victim.open(back)
            #expect(stage.sessions == 0 && !victim.isAtAccount)
            #expect(!stage.provider.asked.contains("/token"), "the code stays unused")
            try await attacker.open(back)
            #expect(stage.sessions == 1, "and is still the attacker's own")
        }
    }

    // Mix-up: an answer at the address of another provider than the browser was sent to (RFC 9700 §4.4).
    @Test func anAnswerBelongsToTheProviderItWasAskedOf() async throws {
        let (honest, evil) = (try MockProvider(), try MockProvider(issuer: "https://evil.example"))
        let stage = try await UpstreamStage.open(
            providers: [honest, evil],
            more: """
                  - { id: evil, type: oidc, name: Evil, issuer: "https://evil.example", client_id: gatehouse, \
                client_secret_file: client.secret }
                """)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try honest.authorize(try await web.depart())
            try await web.open(back.replacing("/callback/mock", with: "/callback/evil"))
            #expect(stage.sessions == 0 && !evil.asked.contains("/token"), "the code is not shown to the other")
            let other = try evil.authorize(try await web.depart(to: "evil"))
            try await web.open(other.replacing("/callback/evil", with: "/callback/mock"))
            #expect(stage.sessions == 0 && !honest.asked.contains("/token"))
            // The other one sends the browser on to the honest one, with its own state.
            evil.lies.callback = ["iss": honest.issuer]
            try await web.open(try evil.authorize(try await web.depart(to: "evil")))
            #expect(stage.sessions == 0)
        }
    }

    @Test func anAnswerForWhereTheLoginStoodBeforeIsWorthNothing() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            let path = try #require(web.page.firstMatch(of: /href="([^"]+provider=mock)"/)?.output.1)
            let button = WebPerson.gateway + path.replacing("&amp;", with: "&")
            try await web.request(.get, button)
            let first = try #require(web.location)
            try await web.request(.get, button)
            let second = try #require(web.location)
            try await web.open(try stage.provider.authorize(first))
            #expect(stage.sessions == 0)
            try await web.open(try stage.provider.authorize(second))
            #expect(stage.sessions == 1)
        }
    }

    @Test func anAnswerThatComesTooLateIsTooLate() async throws {
        let clock = MovedClock()
        let stage = try await UpstreamStage.open(clock: clock.now)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try stage.provider.authorize(try await web.depart())
            clock.advance(.seconds(UpstreamAttempt.lifetime))
            try await web.open(back)
            #expect(stage.sessions == 0 && !stage.provider.asked.contains("/token"))
        }
    }

    @Test(arguments: [
        "?state=a&state=b&code=c", "?code=%ff", "?state=%00", "?error=x", "",
        "?state=" + String(repeating: "s", count: 200),
    ])
    func whatIsNoAnswerIsAPage(query: String) async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let answer = try await api.send(.get, "/login/callback/mock" + query, token: .some(nil))
            #expect((200..<500).contains(answer.status) && stage.sessions == 0, "\(answer.status)")
            #expect(try await api.send(.get, "/login/callback/nobody", token: .some(nil)).status == 404)
            #expect(try await api.send(.get, "/login/callback/local", token: .some(nil)).status == 404)
        }
    }

    // MARK: Keys

    @Test func keysThatWereRotatedAreFetchedOnceInAWhile() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try stage.provider.rotateKey()
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 1, "rotated before the first login")
            try stage.provider.rotateKey()
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 2, "rotated between two")
            let fetched = stage.provider.asked.count { $0 == "/jwks" }
            stage.provider.lies.signer = try SigningKey.generate(.es256)
            for _ in 0..<5 { try await WebPerson(api.client).signIn(at: stage.provider) }
            #expect(stage.sessions == 2)
            #expect(stage.provider.asked.count { $0 == "/jwks" } == fetched, "nobody has us knock at the provider")
        }
    }

    // MARK: What is kept

    @Test func noSecretIsInARowOrAFile() async throws {
        let stage = try await UpstreamStage.open("sign_out_upstream: true")
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            let address = try await web.depart()
            let query = try MockProvider.query(address)
            let state = try #require(query["state"])
            let nonce = try #require(query["nonce"])
            try await web.open(try stage.provider.authorize(address))
            #expect(web.isAtAccount)
            let data = try Self.everything(in: stage.running.folder + "/data")
            for secret in stage.provider.secrets + [state, nonce] {
                let plain = secret.replacing("used ", with: "")
                #expect(data.range(of: Data(plain.utf8)) == nil, "\(plain.prefix(12))")
            }
        }
        try await stage.running.close()
    }

    @Test func noSecretIsInALog() async throws {
        let log = WrittenLog()
        let stage = try await UpstreamStage.open("sign_out_upstream: true", logger: log.logger)
        try await stage.running.serve { api in
            var known: [String] = []
            for lie in [[:], ["nonce": "other"], ["aud": "other"]] as [JSONObject] {
                stage.provider.lies.claims = lie
                let web = WebPerson(api.client)
                let address = try await web.depart()
                let query = try MockProvider.query(address)
                known += [query["state"], query["nonce"]].compactMap(\.self)
                try await web.open(try stage.provider.authorize(address))
                known += web.jar.values.flatMap(\.values)
            }
            #expect(stage.sessions == 1 && log.text.contains("/login/callback"), "\(log.text.prefix(400))")
            for secret in stage.provider.secrets.map({ $0.replacing("used ", with: "") }) + known {
                #expect(!log.text.contains(secret), "\(secret.prefix(12))")
            }
        }
    }

    private static func everything(in folder: String) throws -> Data {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return files.reduce(into: Data()) { data, name in
            if let found = FileManager.default.contents(atPath: folder + "/" + name) { data.append(found) }
        }
    }
}

/// Everything that is logged, at every level.
final class WrittenLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger {
        Logger(label: "written") { [self] _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: WrittenLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            log.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
        }
    }
}
