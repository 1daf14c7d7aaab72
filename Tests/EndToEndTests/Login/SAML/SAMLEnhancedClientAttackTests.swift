import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import Testing
import Vocabulary

@testable import SAML

/// What comes to the place for enhanced clients and is not right in everything: nobody is signed in by it, and a password
/// opens nothing there that it would not open on the page.
@Suite("No enhanced client gets more than a page would give", .timeLimit(.minutes(3)))
struct SAMLEnhancedClientAttackTests {
    private static let evil = "https://evil.example/ecp"

    /// What is wrong with a request, and the word for it.
    private struct Lie: Sendable {
        let word: String
        let change: @Sendable (inout AuthnRequest) -> Void

        init(_ word: String, _ change: @escaping @Sendable (inout AuthnRequest) -> Void) {
            (self.word, self.change) = (word, change)
        }
    }

    private static let lies: [Lie] = [
        Lie("issuer") { $0.header.issuer = "https://nobody.example/saml" },
        Lie("issuer") { $0.header.issuer = "https://WIKI.example.net/saml" },
        // A place for browsers is none for a client, by address, index or binding; nor is anybody else's.
        Lie("consumer") { $0.consumer = .endpoint(url: "https://wiki.example.net/acs", binding: nil) },
        Lie("consumer") { $0.consumer = .index(0) },
        Lie("consumer") { $0.consumer = .endpoint(url: nil, binding: Binding.post.rawValue) },
        Lie("consumer") { $0.consumer = .endpoint(url: evil, binding: Binding.paos.rawValue) },
        Lie("consumer") { $0.consumer = .endpoint(url: EnhancedClient.consumer + "/", binding: nil) },
        Lie("destination") { $0.header.destination = MockServiceProvider.signOn },
        Lie("stale") { $0.header.issueInstant -= 86_400 },
        Lie("stale") { $0.header.issueInstant += 86_400 },
    ]

    @Test("a request that is not right in everything is told what is wrong by a fault, and no password is looked at")
    func requests() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            for lie in Self.lies {
                for (login, isSigned) in [("ada", true), ("ada", false), (nil, false)] as [(String?, Bool)] {
                    let answer = try await client.ask(as: login, isSigned: isSigned, lie.change)
                    #expect(answer.status == 500 && answer.fault?.hasPrefix(lie.word) == true, "\(answer.text)")
                    #expect(answer.headers[.contentType] == "text/xml; charset=utf-8" && answer.blocks.isEmpty)
                    #expect(!answer.text.contains("evil.example") && answer.headers[.setCookie] == nil)
                }
                // Nothing was tried.
                let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused").body?["items"]?.list
                #expect(events?.isEmpty == true && stage.sessions == 0)
            }
        }
        // An application without such a place is answered nowhere.
        let browsersOnly = try await SignOnStage.open(saml: "ecp: true")
        try await browsersOnly.running.serve { api in
            let answer = try await EnhancedClient(api: api, stage: browsersOnly).ask()
            #expect(answer.fault?.hasPrefix("consumer") == true, "\(answer.text)")
        }
    }

    @Test("a signature that is there holds, and is there where it has to be")
    func signatures() async throws {
        let stranger = try await MockKeyPair.make()
        let stage = try await EnhancedClient.open(["ada"], "require_signed_requests: true")
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let unsigned = try await client.ask()
            #expect(unsigned.fault?.hasPrefix("unsigned") == true, "\(unsigned.text)")
            let foreign = try await client.bring(
                try client.envelope(client.request(), signer: try stranger.signing))
            #expect(foreign.fault?.hasPrefix("unsigned") == true, "\(foreign.text)")
            let signed = try client.envelope(client.request(), isSigned: true)
            let changed = try await client.bring(
                signed.replacing("IssueInstant=", with: "ForceAuthn=\"true\" IssueInstant="))
            #expect(changed.fault != nil && stage.sessions == 0, "\(changed.text)")
            let right = try await client.bring(signed)
            #expect(right.isSuccess && right.blocks.contains { $0.name.local == "RequestAuthenticated" })
        }
    }

    @Test(
        "what is no envelope of ours is a fault: traps of XML, headers that nobody knows, messages beside the message")
    func envelopes() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let right = try client.envelope(client.request())
            let unknown = "<x:a xmlns:x=\"urn:x\" soap11:mustUnderstand=\"1\"/>"
            func headed(_ block: String) -> String {
                right.replacing("<soap11:Body>", with: "<soap11:Header>\(block)</soap11:Header><soap11:Body>")
            }
            let wrong = [
                "", "hello", "<a/>", "\u{0}", String(repeating: "<a>", count: 100),
                "<!DOCTYPE a [<!ENTITY b \"c\">]>" + right,
                "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" + right,
                "<?pi x?>" + right, headed(unknown),
                headed("<saml:Assertion xmlns:saml=\"\(XMLNamespace.assertion)\"/>"),
                right.replacing("<soap11:Body>", with: "<soap11:Body>text"),
                right.replacing(
                    "</soap11:Body>",
                    with: "<samlp:AuthnRequest xmlns:samlp=\"\(XMLNamespace.protocols)\"/></soap11:Body>"),
                right.replacing(XMLNamespace.soap11, with: "http://www.w3.org/2003/05/soap-envelope"),
                String(decoding: try XMLWriter.bytes(of: SOAPEnvelope.fault(.client, "no")), as: UTF8.self),
                String(decoding: try XMLWriter.bytes(of: client.request().element()), as: UTF8.self),
            ]
            for envelope in wrong {
                let answer = try await client.bring(envelope)
                #expect(answer.status == 500 && answer.fault != nil, "\(envelope.prefix(200)) \(answer.text)")
                #expect(answer.response == nil && !answer.text.contains("root:"))
            }
            #expect(stage.sessions == 0)
            // One that need not be understood is gone by.
            #expect(try await client.bring(headed(unknown.replacing("\"1\"", with: "\"0\""))).isSuccess)
            let long = String(repeating: " ", count: XMLLimits.message.bytes + 1)
            #expect(try await client.bring(long).status == 413)
        }
    }

    @Test("a page of another site can make no browser sign anybody in, whatever the browser remembers")
    func pages() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let envelope = try client.envelope(client.request())
            for type in [
                "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
                "text/html", "application/xml",
            ] {
                let answer = try await client.bring(envelope, type: type)
                #expect(answer.status == 415 && answer.response == nil, "\(type) \(answer.text)")
            }
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            for headers in [
                [.origin: "https://evil.example"], [.origin: "null"], [.origin: WebPerson.gateway],
                [site: "cross-site"],
                [site: "same-origin"], [site: "none"],
            ] as [HTTPFields] {
                let answer = try await client.bring(envelope, headers: headers)
                #expect(answer.status == 403 && answer.response == nil, "\(headers) \(answer.text)")
            }
            let read = try await api.client.execute(uri: "/saml/ecp", method: .get) { $0.status.code }
            #expect(read == 404 || read == 405)
            // Nobody asks before, so no script of another site is let through.
            let asked = try await api.client.execute(
                uri: "/saml/ecp", method: .options,
                headers: [.origin: "https://evil.example", .accessControlRequestMethod: "POST"]
            ) { $0.headers[.accessControlAllowOrigin] }
            #expect(asked == nil && stage.sessions == 0)
            #expect(try await client.bring(envelope, type: "application/soap+xml").isSuccess)
        }
    }

    @Test("credentials of another kind, two of them and what is none are no password")
    func credentials() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let envelope = try client.envelope(client.request())
            let noColon = Data("ada".utf8).base64EncodedString()
            for value in ["Bearer \(api.token)", "Basic \(noColon)", "Basic %%%", "Basic", "Digest x"] {
                let answer = try await client.bring(envelope, as: nil, headers: [.authorization: value])
                #expect(answer.status == 400 && answer.response == nil, "\(value) \(answer.text)")
                #expect(!answer.text.contains(api.token))
            }
            for (login, password) in [
                ("", OAuthScene.password), ("ada", ""), ("", ""), ("ada\u{301}", OAuthScene.password),
            ] {
                let answer = try await client.bring(envelope, as: login, password: password)
                #expect(answer.status == 401 || answer.status == 429, "\(login) \(answer.status) \(answer.text)")
            }
            #expect(stage.sessions == 0)
        }
    }

    @Test("a request is answered with somebody once, over restarts of the client too; a wrong password uses nothing up")
    func replay() async throws {
        let clock = MovedClock()
        let stage = try await EnhancedClient.open(clock: clock.now)
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let envelope = try client.envelope(client.request())
            #expect(try await client.bring(envelope, as: nil).status == 401)
            #expect(try await client.bring(envelope, password: "wrong").status == 401)
            clock.advance(.seconds(2))
            #expect(try await client.bring(envelope).isSuccess)
            for seconds: Int64 in [0, 1, 470] {
                clock.advance(.seconds(seconds))
                let again = try await client.bring(envelope)
                #expect(again.fault?.hasPrefix("stale") == true, "\(again.text)")
            }
            #expect(stage.sessions == 1)
        }
    }

    @Test("of many who bring the same request at the same time one is answered")
    func race() async throws {
        let stage = try await EnhancedClient.open(["ada", "bob", "eve", "dan"])
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let envelope = try client.envelope(client.request())
            var answered = 0
            async let one = client.bring(envelope, as: "ada")
            async let two = client.bring(envelope, as: "bob")
            async let three = client.bring(envelope, as: "eve")
            async let four = client.bring(envelope, as: "dan")
            for answer in [try await one, try await two, try await three, try await four] where answer.isSuccess {
                answered += 1
            }
            #expect(answered == 1 && stage.sessions == 1)
        }
    }

    @Test(
        "tries are counted together with the login page's, in both directions, and of people there are none of as well")
    func lockOut() async throws {
        let clock = MovedClock()
        let stage = try await EnhancedClient.open(
            ["ada", "bob"], extra: "lockout: { account_limit: 3, source_limit: 1000 }", clock: clock.now)
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            for login in ["ada", "nobody"] {
                for _ in 0..<3 {
                    #expect(try await client.ask(as: login, password: "wrong").status == 401)
                    clock.advance(.seconds(4))
                }
                let locked = try await client.ask(as: login)
                #expect(locked.status == 429 && locked.headers[.retryAfter] != nil, "\(login) \(locked.text)")
            }
            // The page waits for the same account.
            let web = WebPerson(api.client)
            web.address = "192.0.2.99"
            try await web.open(WebPerson.gateway + "/account")
            try await OAuthScene.signIn(web)
            #expect(!web.isAtAccount && stage.sessions == 0, "\(web.page.suffix(300))")
            // And what was tried there counts here.
            let guesser = WebPerson(api.client)
            try await guesser.open(WebPerson.gateway + "/account")
            try await guesser.submit("identifier", ["identifier": "bob"])
            for _ in 0..<3 {
                try await guesser.submit("password", ["password": "wrong"])
                clock.advance(.seconds(4))
            }
            #expect(try await client.ask(as: "bob").status == 429)
            clock.advance(.minutes(16))
            #expect(try await client.ask(as: "bob").isSuccess)
            // A wrong one is in the journal, and says by what.
            let refused = try await api.send(.get, "/api/v1/audit/events?type=login.refused").body?["items"]?.list ?? []
            #expect(refused.contains { $0["facts"]?["client"] == "ecp" }, "\(refused.count)")
            for event in refused { #expect(!"\(event)".contains("wrong") && !"\(event)".contains("nobody")) }
        }
    }

    @Test("whoever needs a second factor, a new password or more than a password is not served, and no session is left")
    func bars() async throws {
        let stage = try await EnhancedClient.open(
            ["ada", "bob", "carl", "dan"], extra: "roles: [ { name: Strong, requires_mfa: true } ]")
        let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
        func person(_ login: String) async throws -> PersonID { try #require(try await stage.person(login)).id }
        let strong = try await stage.gateway.roles.role(named: "Strong", in: caller.tenant)
        _ = try await stage.gateway.roles.assign(
            strong.id, to: .person(try await person("ada")), expiresAt: nil, by: caller)
        _ = try await stage.gateway.credentials.setPassword(
            SecretText(OAuthScene.password + " anew"), of: try await person("bob"), mustChange: true, by: caller)
        try await stage.gateway.people.disable(try await person("carl"), .administrator, by: caller)
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let factor = try await client.ask(as: "ada")
            #expect(factor.isRefused(.responder, .noAuthnContext), "\(factor.text)")
            let outdated = try await client.ask(as: "bob", password: OAuthScene.password + " anew")
            #expect(outdated.isRefused(.responder, .authnFailed), "\(outdated.text)")
            let disabled = try await client.ask(as: "carl")
            #expect(disabled.isRefused(.responder, .authnFailed), "\(disabled.text)")
            // What an application asks for is refused before anybody's password is looked at, right or wrong.
            for password in [OAuthScene.password, "wrong"] {
                let two = try await client.ask(as: "dan", password: password) {
                    $0.authnContext = RequestedAuthnContext([AuthnContextClass.multiFactor])
                }
                #expect(two.isRefused(.responder, .noAuthnContext), "\(two.text)")
            }
            let behind = try await client.ask(as: "dan") {
                $0.scoping = Scoping(identityProviders: ["https://idp.example/saml"])
            }
            #expect(behind.isRefused(.responder, .noSupportedIDP), "\(behind.text)")
            #expect(stage.sessions == 0)
            for answer in [factor, outdated, disabled, behind] {
                #expect(answer.blocks.map(\.name.local) == ["Response"])
            }
            // A rule keeps somebody out of the application.
            try await OAuthScene.govern(
                api,
                [
                    "id": "no-wiki", "effect": "deny", "actions": ["enter"],
                    "resources": ["types": ["saml_application"], "ids": [.string(stage.application.entityID)]],
                ])
            let barred = try await client.ask(as: "dan")
            #expect(barred.isRefused(.responder, .requestDenied), "\(barred.text)")
            #expect(stage.sessions == 0)
            let ended = try await api.send(.get, "/api/v1/audit/events?type=session.ended").body?["items"]?.list ?? []
            #expect(ended.count == 1 && ended.first?["facts"]?["reason"] == "rule")
        }
        let minimum = try await EnhancedClient.open(["ada"], "minimum_context: \"\(AuthnContextClass.multiFactor)\"")
        try await minimum.running.serve { api in
            let answer = try await EnhancedClient(api: api, stage: minimum).ask()
            #expect(answer.isRefused(.responder, .noAuthnContext), "\(answer.text)")
        }
    }

    @Test(
        "channels that are not the same, that one end alone describes, or that nobody signed for: an error, and nobody is told of"
    )
    func channels() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let one = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 3])
            let other = ChannelBinding(kind: "tls-server-end-point", octets: [3, 2, 1])
            let wrong: [([ChannelBinding], [ChannelBinding], Bool)] = [
                ([one], [other], true), ([one], [], true), ([], [one], true), ([one], [one], false), ([], [one], false),
            ]
            for (asked, shown, isSigned) in wrong {
                var request = client.request()
                request.channels = asked
                let answer = try await client.bring(
                    try client.envelope(request, isSigned: isSigned, channels: shown))
                #expect(answer.isRefused(.requester, .requestDenied), "\(answer.text)")
                #expect(answer.blocks.map(\.name.local) == ["Response"])
            }
            #expect(stage.sessions == 0)
        }
    }

    @Test("another tenant's application is nobody here, and its people are others")
    func tenants() async throws {
        let stage = try await EnhancedClient.open(tenants: ["default", "other"])
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let answer = try await client.bring(try client.envelope(client.request()), to: "/t/other/saml/ecp")
            #expect(answer.fault?.hasPrefix("issuer") == true, "\(answer.text)")
            #expect(try await client.bring(try client.envelope(client.request()), to: "/t/none/saml/ecp").status == 404)
        }
    }
}
