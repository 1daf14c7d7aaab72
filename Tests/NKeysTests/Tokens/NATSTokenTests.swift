import Fixtures
import JOSE
import NKeys
import Testing

@Suite("Tokens of NATS")
struct NATSTokenTests {
    @Test("Tokens of the reference are read and believed from the operator down")
    func reference() throws {
        let (top, middle) = (try NATSToken(corpus("operator.jwt")), try NATSToken(corpus("account.jwt")))
        let user = try Credentials(parsing: SecretOctets(corpus("user.creds")))
        let now: Int64 = 1_700_000_000
        let trusted = try TrustedOperator(top, trusting: [top.issuer], now: now).account(middle, now: now)
        let believed = try trusted.user(user.token, now: now)
        #expect(believed.claims.common.name == "one")
        #expect(believed.rights == UserRights(SubjectRights()))
        var limits = AccountLimits()
        limits.jetStream = .limited(
            JetStreamLimits(memory: 1_073_741_824, disk: 10_737_418_240, streams: 100, consumers: .nothing))
        #expect(trusted.claims.limits == limits)
        #expect(middle.issuedAt == 1_616_187_250)
        #expect(middle.tokenID == "QIQCDZQFDHQOVBW7CKC4T3W2IWGYWVHJ6SU4RNV3PZ75HSPUPKVA")
    }

    @Test("The same claims, key and time are the same token, with members in the order of their names")
    func deterministic() throws {
        let scene = try Scene()
        let token = try scene.accountToken()
        #expect(try scene.accountToken().text == token.text)
        let text = try claims(of: token)
        #expect(text.hasPrefix(#"{"iat":1700000000,"iss":"O"#))
        #expect(text.contains(#""subs":-1,"wildcards":true},"type":"account","version":2},"sub":"A"#))
        #expect(token.tokenID?.count == 52)
        var other = scene
        other.accountClaims.limits.payload = 5
        #expect(try other.accountToken().tokenID != token.tokenID)
    }

    /// An account with everything in it that a token can say.
    static func everything(_ scene: Scene) throws -> AccountClaims {
        var claims = scene.accountClaims
        let key = try { try NKeyPair.generate($0).publicKey }(.account)
        claims.common.audience = "someone"
        claims.common.notBefore = 5
        claims.common.expires = 2_000_000_000
        claims.common.tags = ["a:b", "c"]
        var template = UserRights(
            SubjectRights(
                publish: .only(["a.{{name()}}"], deny: ["b"]), subscribe: .only(["c q.*"]),
                responses: ResponsePermission(messages: 3, nanoseconds: 1_000_000_000)),
            sources: ["10.0.0.0/8", "fe80::/10"], times: [try ClockRange("22:00:00", "06:00:00")],
            timeZone: "Europe/Berlin", subscriptions: 7, data: 8, payload: 9)
        template.bearerToken = true
        template.proxyRequired = true
        template.connectionTypes = [.mqtt, .standard]
        let other = try NKeyPair.generate(.account).publicKey
        claims.signingKeys = [.plain(key), .scoped(.init(other, role: "r", template: template, description: "d"))]
            .sorted { $0.key.text < $1.key.text }
        var stream = Export(.stream, "s.*.>", name: "stream", needsActivation: true)
        stream.accountTokenPosition = 2
        stream.advertise = true
        stream.description = "what it is"
        stream.informationAddress = "https://example.org/s"
        stream.revocations.revoke(key, until: 9)
        var service = Export(.service, "ask.me")
        service.responseType = .chunked
        service.responseThreshold = 5
        service.latency = .init(percent: 10, results: "latency")
        service.allowTrace = true
        var sampled = Export(.service, "ask.you")
        sampled.latency = .init(percent: nil, results: "latency")
        claims.exports = [stream, service, sampled]
        var taken = Import(.service, "x.*", from: key, localSubject: "y.$1", name: "taken")
        taken.share = true
        var heard = Import(.stream, "z", from: key)
        heard.allowTrace = true
        claims.imports = [taken, heard]
        claims.revocations.revokeEverybody(until: 3)
        claims.revocations.revoke(try NKeyPair.generate(.user).publicKey, until: 4)
        claims.defaultRights = SubjectRights(publish: .only(["d"]))
        claims.mappings = ["m": [.init("n", percent: 40), .init("o", percent: 60), .init("p", cluster: "east")]]
        claims.callout = .init(
            users: [try NKeyPair.generate(.user).publicKey], anyAccount: true,
            curveKey: try NKeyPair.generate(.curve).publicKey)
        claims.trace = .init(destination: "traces", percent: 5)
        claims.clusterTraffic = .owner
        claims.description = "all of it"
        claims.informationAddress = "https://example.org/"
        claims.limits.jetStream = .tiers([
            "R1": JetStreamLimits(memory: 1, disk: 2, streams: 3, consumers: 4),
            "R3": JetStreamLimits(memory: 0, disk: 5),
        ])
        claims.limits.refusesBearerTokens = true
        claims.limits.leafNodes = 3
        return claims
    }

    @Test("What is written is read")
    func roundTrip() throws {
        let scene = try Scene()
        let claims = try Self.everything(scene)
        #expect(claims.faults().filter { $0.severity == .blocking } == [])
        let token = try claims.signed(by: scene.operatorPair, issuedAt: scene.now)
        #expect(token.claims == .account(claims))
        #expect(try NATSToken(token.text) == token)

        var head = scene.operatorClaims
        head.signingKeys = [try NKeyPair.generate(.operator).publicKey]
        head.accountServerAddress = "nats://localhost:4222"
        head.serviceAddresses = ["nats://a:4222", "wss://b"]
        head.oldestServer = "2.9.0"
        head.strictSigningKeys = true
        #expect(try head.signed(by: scene.operatorPair, issuedAt: 9).claims == .operator(head))

        let signer = try NKeyPair.generate(.account)
        let leave = ActivationClaims(CommonClaims(signer.publicKey, name: "leave"), subject: "a.>", kind: .service)
        let activation = try leave.signed(by: signer, of: scene.accountPair.publicKey, issuedAt: 9)
        #expect(activation.claims == .activation(leave))
        #expect(activation.account == scene.accountPair.publicKey)
        #expect(activation.issuer == signer.publicKey)
    }

    @Test("Not one character of a token can be changed")
    func mutations() throws {
        let scene = try Scene()
        let token = try scene.user().token.text
        var draw = Seeded(11)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=")
        let characters = Array(token)
        for place in characters.indices {
            var changed = characters
            repeat { changed[place] = draw.pick(alphabet) } while changed[place] == characters[place]
            #expect((try? NATSToken(String(changed))) == nil, "place \(place)")
        }
        for count in [1, 10, token.count / 2, token.count - 1] {
            #expect((try? NATSToken(String(token.prefix(count)))) == nil)
        }
        for text in [token + "A", token + ".", token + "=", " " + token, token + "\n", "." + token] {
            #expect((try? NATSToken(text)) == nil)
        }
    }

    @Test("Parts of two tokens make none")
    func spliced() throws {
        let scene = try Scene()
        let (one, two) = (try scene.user().token.text, try scene.user().token.text)
        let (a, b) = (one.split(separator: "."), two.split(separator: "."))
        #expect(fault { _ = try NATSToken("\(a[0]).\(b[1]).\(a[2])") } == .invalidSignature)
    }

    private static let key = "UBO2MQV67TQTVIRV3XFTEZOACM4WLOCMCDMAWN5QVN5PI2N6JHTVDRON"

    @Test(
        "Sound signatures over what is no such token",
        arguments: [
            (#""nats":{"type":"user","version":1}"#, NATSFault.Code.unsupportedVersion),
            (#""nats":{"type":"user","version":3}"#, .unsupportedVersion),
            (#""nats":{"type":"user"}"#, .unsupportedVersion),
            (#""nats":{"type":"user","version":"2"}"#, .wrongClaimType),
            (#""type":"user","nats":{}"#, .unsupportedVersion),
            (#""nats":{"type":"server","version":2}"#, .unsupportedType),
            (#""nats":{"version":2}"#, .unsupportedType),
            (#""nats":[]"#, .wrongClaimType),
            (#""x":1"#, .unknownClaim),
            (#""exp":"soon","nats":{"type":"user","version":2}"#, .wrongClaimType),
            (#""exp":1.5,"nats":{"type":"user","version":2}"#, .wrongClaimType),
            (#""nats":{"type":"user","version":2,"subs":"1"}"#, .wrongClaimType),
            (#""nats":{"type":"user","version":2,"Subs":1}"#, .unknownClaim),
            (#""nats":{"type":"user","version":2,"subs":1,"subs":2}"#, .malformedClaims),
            (#""nats":{"type":"user","version":2,"permissions":{}}"#, .unknownClaim),
            (#""nats":{"type":"user","version":2,"pub":{"allow":["a"],"Deny":["a"]}}"#, .unknownClaim),
            (#""nats":{"type":"user","version":2,"pub":{"allow":"a"}}"#, .wrongClaimType),
            (#""nats":{"type":"user","version":2,"src":"127.0.0.1/8"}"#, .wrongClaimType),
            (#""nats":{"type":"user","version":2,"times":[{"start":"8:00:00","end":"09:00:00"}]}"#, .invalidTimes),
            (#""nats":{"type":"user","version":2,"times":[{"start":"08:00:00"}]}"#, .missingClaim),
            (#""nats":{"type":"user","version":2,"allowed_connection_types":["standard"]}"#, .malformedClaims),
            (#""nats":{"type":"user","version":2,"issuer_account":"A"}"#, .malformedKey),
            (#""nats":{"type":"user","version":2,"issuer_account":"\#(key)"}"#, .wrongKeyKind),
            (#""nats":{"type":"account","version":2}"#, .wrongKeyKind),
            (#""nats":{"type":"operator","version":2}"#, .wrongKeyKind),
            (#""nats":{"type":"activation","version":2,"subject":"a","kind":"stream"}"#, .wrongKeyKind),
        ])
    func malformed(members: String, code: NATSFault.Code) throws {
        let pair = try NKeyPair.generate(.account)
        let text = try forge(
            claims: #"{"iat":1,"iss":"\#(pair.publicKey)","sub":"\#(Self.key)",\#(members)}"#, by: pair)
        #expect(fault { _ = try NATSToken(text) } == code)
    }

    @Test(
        "Headers of others",
        arguments: [
            (#"{"alg":"none","typ":"JWT"}"#, NATSFault.Code.unsupportedAlgorithm),
            (#"{"alg":"ed25519","typ":"JWT"}"#, .unsupportedAlgorithm),
            (#"{"alg":"EdDSA","typ":"JWT"}"#, .unsupportedAlgorithm),
            (#"{"alg":"ed25519-nkey"}"#, .malformedHeader),
            (#"{"alg":"ed25519-nkey","typ":"JWT","crit":["x"]}"#, .malformedHeader),
            (#"{"alg":"ed25519-nkey","alg":"ed25519-nkey","typ":"JWT"}"#, .malformedHeader),
            (#"{"alg":"ed25519-nkey","typ":"at+jwt"}"#, .malformedHeader), ("[]", .malformedHeader),
        ])
    func headers(header: String, code: NATSFault.Code) throws {
        let scene = try Scene()
        let sound = try claims(of: scene.user().token)
        #expect(fault { _ = try NATSToken(forge(claims: sound, header: header, by: scene.accountPair)) } == code)
    }

    @Test("Each kind of key issues what it may, and nothing else")
    func issuers() throws {
        let scene = try Scene()
        let user = try NKeyPair.generate(.user)
        #expect(fault { _ = try scene.user(by: scene.operatorPair) } == .wrongIssuer)
        #expect(fault { _ = try scene.user(by: user) } == .wrongIssuer)
        #expect(fault { _ = try scene.accountClaims.signed(by: scene.accountPair, issuedAt: 1) } == .wrongIssuer)
        #expect(fault { _ = try scene.operatorClaims.signed(by: .generate(.operator), issuedAt: 1) } == .wrongIssuer)
        let sound = try claims(of: scene.user().token)
        // The text of a user's token under an operator's key, or under a curve key, which has no signatures.
        for pair in [scene.operatorPair, try NKeyPair.generate(.server)] {
            let text = sound.replacing(scene.accountPair.publicKey.text, with: pair.publicKey.text)
            #expect(fault { _ = try NATSToken(forge(claims: text, by: pair)) } == .wrongIssuer)
        }
        let curve = try NKeyPair.generate(.curve)
        let text = sound.replacing(scene.accountPair.publicKey.text, with: curve.publicKey.text)
        #expect(fault { _ = try NATSToken(forge(claims: text, by: scene.accountPair)) } == .invalidSignature)
    }

    @Test("What is too large is refused before it is looked at, and never written")
    func sizes() throws {
        let scene = try Scene()
        #expect(fault { _ = try NATSToken(String(repeating: "a", count: NATSToken.textLimit + 1)) } == .tooLarge)
        #expect(fault { _ = try NATSToken(String(repeating: ".", count: 100_000)) } == .malformedToken)
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        let text = #"{"iat":1,"iss":"\#(scene.accountPair.publicKey)","sub":"\#(Self.key)","nats":\#(deep)}"#
        #expect(fault { _ = try NATSToken(forge(claims: text, by: scene.accountPair)) } == .malformedClaims)
        var account = scene.accountClaims
        account.limits.exports = .unlimited
        account.mappings = Dictionary(uniqueKeysWithValues: (0..<9_000).map { ("m\($0)", [.init("n")]) })
        #expect(fault { _ = try account.signed(by: scene.operatorPair, issuedAt: 1) } != nil)
    }
}
