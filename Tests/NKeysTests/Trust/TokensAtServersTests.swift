import Fixtures
import Foundation
import NKeys
import Testing

@Suite(
    "Tokens as real servers take them",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct TokensAtServersTests {
    private let now = Int64(Date().timeIntervalSince1970)
    private let refused = "Authorization Violation"

    @Test("What others sign, what was changed and what is over is refused", arguments: realServers)
    func forged(server: String) async throws {
        var scene = try Scene(now: now)
        let signer = try NKeyPair.generate(.account)
        scene.accountClaims.signingKeys = [.plain(signer.publicKey)]
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let good = try scene.user()
        #expect(try judge.refusal(good) == nil)
        #expect(try judge.refusal(scene.user(by: signer)) == nil)

        let stranger = try NKeyPair.generate(.account)
        #expect(try judge.refusal(scene.user(by: stranger)) == refused)
        #expect(try judge.refusal(scene.user { $0.common.expires = now - 10 }) == refused)
        #expect(try judge.refusal(scene.user { $0.common.notBefore = now + 60 }) == refused)
        #expect(try judge.refusal(token: good.token.text, .generate(.user)) == refused)
        #expect(try judge.refusal(token: good.token.text, nil) == refused)
        #expect(try judge.refusal(token: scene.accountToken().text, scene.accountPair) == refused)
        let changed = try Self.changed(good.token.text)
        #expect(fault { _ = try NATSToken(changed) } == .invalidSignature)
        #expect(try judge.refusal(token: changed, good.pair) == refused)
    }

    /// The token with other claims and its old signature.
    private static func changed(_ text: String) throws -> String {
        let parts = text.split(separator: ".").map(String.init)
        let text = try claims(of: NATSToken(text)).replacing(#""subs":-1"#, with: #""subs":-1 "#)
        return [
            parts[0],
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: ""), parts[2],
        ].joined(separator: ".")
    }

    @Test("The claims of another program, which no server reads, are refused here too", arguments: realServers)
    func foreignShape(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let pair = try NKeyPair.generate(.user)
        let text = try forge(
            claims:
                #"{"iat":\#(now),"iss":"\#(scene.accountPair.publicKey)","sub":"\#(pair.publicKey)","nats":{"version":2,"permissions":{"pub_allow":["a"]}}}"#,
            header: #"{"typ":"JWT","alg":"ed25519"}"#, by: scene.accountPair)
        #expect(fault { _ = try NATSToken(text) } == .unsupportedAlgorithm)
        #expect(try judge.refusal(token: text, pair) == refused)
    }

    @Test("A connection ends when its token does", arguments: realServers)
    func expiry(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let soon = Int64(Date().timeIntervalSince1970) + 2
        let client = try judge.connection(scene.user { $0.common.expires = soon })
        #expect(try client.next(within: .seconds(6)) == .error("User Authentication Expired"))
        #expect(try client.next(within: .seconds(2)) == .closed)
    }

    @Test("A revocation that is pushed ends the live connection, and a newer token connects", arguments: realServers)
    func revocation(server: String) async throws {
        var scene = try Scene(now: now)
        let judge = try await Judge.full(server, scene)
        defer { judge.server.stop() }
        let (user, other) = (try scene.user(issuedAt: now - 10), try scene.user(issuedAt: now - 10))
        let client = try judge.connection(user)
        let bystander = try judge.connection(other)
        scene.accountClaims.revocations.revoke(user.pair.publicKey, until: now - 5)
        let system = try judge.connection(scene.systemUser())
        let answer = try system.request(ServerConfiguration.updateSubject, scene.accountToken().text)
        #expect(answer.contains("\"code\":200"), "\(answer)")
        #expect(try client.next(within: .seconds(5)) == .error("User Authentication Revoked"))
        #expect(try client.next(within: .seconds(2)) == .closed)
        #expect(try judge.refusal(user) == refused)
        #expect(fault { _ = try scene.trusted().user(user.token, now: now) } == .revoked)
        #expect(try bystander.publish("a") == [])
        guard case .user(let said) = user.token.claims else { return }
        let renewed = try said.signed(by: scene.accountPair, of: scene.accountPair.publicKey, issuedAt: now)
        #expect(try judge.refusal(Credentials(renewed, user.pair)) == nil)

        scene.accountClaims.revocations.revokeEverybody(until: now + 5)
        let again = try system.request(ServerConfiguration.updateSubject, scene.accountToken().text)
        #expect(again.contains("\"code\":200"), "\(again)")
        #expect(try bystander.next(within: .seconds(5)) == .error("User Authentication Revoked"))
        #expect(try judge.refusal(Credentials(renewed, user.pair)) == refused)
    }

    @Test("A new account is pushed and serves at once; one of another operator is not taken", arguments: realServers)
    func pushed(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.full(server, scene)
        defer { judge.server.stop() }
        let pair = try NKeyPair.generate(.account)
        let account = AccountClaims(CommonClaims(pair.publicKey, name: "new"))
        let user = try NKeyPair.generate(.user)
        let credentials = try Credentials(
            UserClaims(CommonClaims(user.publicKey, name: "u"), rights: UserRights(SubjectRights()))
                .signed(by: pair, of: pair.publicKey, issuedAt: now), user)
        #expect(try judge.refusal(credentials) == refused)
        let system = try judge.connection(scene.systemUser())
        let foreign = try account.signed(by: .generate(.operator), issuedAt: now)
        _ = try system.request(ServerConfiguration.updateSubject, foreign.text)
        #expect(try judge.refusal(credentials) == refused)
        let own = try account.signed(by: scene.operatorPair, issuedAt: now)
        let answer = try system.request(ServerConfiguration.updateSubject, own.text)
        #expect(answer.contains("\"code\":200"), "\(answer)")
        #expect(try judge.refusal(credentials) == nil)
    }

    @Test("Time windows and networks bound who comes in", arguments: realServers)
    func bounds(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let second = Int(now % 86_400)
        func window(_ from: Int, _ to: Int) throws -> ClockRange {
            try ClockRange(start: (second + from + 86_400) % 86_400, end: (second + to + 86_400) % 86_400)
        }
        func rights(_ change: (inout UserRights) throws -> Void) rethrows -> UserRights {
            var rights = UserRights(SubjectRights(), timeZone: nil)
            try change(&rights)
            return rights
        }
        let open = try window(-3_600, 3_600)
        let shut = try window(7_200, 10_800)
        #expect(open.contains(second) && !shut.contains(second))
        for (times, expected) in [([open], nil), ([shut], refused), ([shut, open], nil)] {
            let user = try scene.user(
                rights {
                    $0.times = times; $0.timeZone = "UTC"
                })
            #expect(try judge.refusal(user) == expected)
        }
        // The same times in another zone: it is another time of the day there.
        let there = try scene.user(
            rights {
                $0.times = [open]; $0.timeZone = "Asia/Tokyo"
            })
        #expect(try judge.refusal(there) == refused)
        let nowhere = try scene.user(
            rights {
                $0.times = [open]; $0.timeZone = "Europe/Nowhere"
            })
        #expect(try judge.refusal(nowhere) == refused)
        for (sources, expected) in [
            (["127.0.0.0/8"], nil), (["10.0.0.0/8"], refused), (["10.0.0.0/8", "127.0.0.1/32"], nil),
            (["::1/128"], refused),
        ] {
            let user = try scene.user(rights { $0.sources = sources })
            #expect(try judge.refusal(user) == expected)
        }
    }

    @Test("A connection ends when its window closes", arguments: realServers)
    func windowCloses(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let second = Int(Int64(Date().timeIntervalSince1970) % 86_400)
        var rights = UserRights(SubjectRights(), timeZone: "UTC")
        rights.times = [try ClockRange(start: (second + 86_340) % 86_400, end: (second + 3) % 86_400)]
        let client = try judge.connection(scene.user(rights))
        #expect(try client.next(within: .seconds(6)) == .error("User Authentication Expired"))
    }

    @Test(
        "Bearers need no seed, unless the account refuses them; kinds of connections are told apart",
        arguments: realServers)
    func bearers(server: String) async throws {
        var scene = try Scene(now: now)
        var bearer = UserRights(SubjectRights())
        bearer.bearerToken = true
        var web = UserRights(SubjectRights())
        web.connectionTypes = [.websocket]
        var both = web
        both.connectionTypes.append(.standard)
        for refusing in [false, true] {
            scene.accountClaims.limits.refusesBearerTokens = refusing
            let judge = try await Judge.memory(server, scene)
            defer { judge.server.stop() }
            let user = try scene.user(bearer)
            #expect(try judge.refusal(token: user.token.text, nil) == (refusing ? refused : nil))
            #expect(fault { _ = try scene.trusted().user(user.token, now: now) } == (refusing ? .bearerRefused : nil))
            #expect(try judge.refusal(scene.user(web)) == refused)
            #expect(try judge.refusal(scene.user(both)) == nil)
        }
    }

    @Test("A token that is not warned of fits the line in which clients show it", arguments: realServers)
    func length(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        func user(_ count: Int) throws -> Credentials {
            try scene.user(UserRights(SubjectRights(publish: .only((0..<count).map { "subject.number.\($0)" }))))
        }
        let counts = Array(1...200)
        let longest = try #require(counts.last { try user($0).token.faults().isEmpty })
        #expect(try judge.refusal(user(longest)) == nil)
        #expect(try user(longest + 1).token.faults().map(\.severity) == [.warning])
        #expect(try judge.refusal(user(200)) == "maximum control line exceeded")
    }

    @Test("Under a strict operator only signing keys sign", arguments: realServers)
    func strict(server: String) async throws {
        var scene = try Scene(now: now)
        let (operatorKey, accountKey) = (try NKeyPair.generate(.operator), try NKeyPair.generate(.account))
        scene.operatorClaims.strictSigningKeys = true
        scene.operatorClaims.signingKeys = [operatorKey.publicKey]
        scene.accountClaims.signingKeys = [.plain(accountKey.publicKey)]
        let (token, system) = (try scene.operatorToken(), try scene.systemClaims.signed(by: operatorKey, issuedAt: now))
        let account = try scene.accountClaims.signed(by: operatorKey, issuedAt: now)
        let other = try NKeyPair.generate(.account)
        let wrong = try AccountClaims(
            CommonClaims(other.publicKey, name: "o"), signingKeys: [.plain(accountKey.publicKey)]
        )
        .signed(by: scene.operatorPair, issuedAt: now)
        let text = try ServerConfiguration(operator: token, accounts: [system, account, wrong], resolver: .memory).text
        let judge = Judge(server: try await NatsServer.start(server) { _ in text })
        defer { judge.server.stop() }
        let trusted = try TrustedOperator(token, trusting: [scene.operatorPair.publicKey], now: now)
        let held = try trusted.account(account, now: now)
        let (good, bad) = (try scene.user(by: accountKey), try scene.user())
        #expect(try judge.refusal(good) == nil)
        #expect(fault { _ = try held.user(good.token, now: now) } == nil)
        #expect(try judge.refusal(bad) == refused)
        #expect(fault { _ = try held.user(bad.token, now: now) } == .wrongIssuer)
        #expect(fault { _ = try trusted.account(wrong, now: now) } == .wrongIssuer)
        let user = try NKeyPair.generate(.user)
        let lost = try UserClaims(CommonClaims(user.publicKey, name: "u"), rights: UserRights(SubjectRights()))
            .signed(by: accountKey, of: other.publicKey, issuedAt: now)
        #expect(try judge.refusal(Credentials(lost, user)) == refused)
    }
}
