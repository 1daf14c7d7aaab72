import Foundation
import Gateway
import HTTPTypes
import JOSE
import OAuth
import Testing
import Vocabulary

/// Streams that receivers manage themselves (SSF 1.0 §7 and §8.1, CAEP Interoperability Profile 1.0, RFC 8936).
@Suite("Receivers manage their streams", .timeLimit(.minutes(3)))
struct SignalManagementTests {
    private static let push = """
        {"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example.org/events",
        "authorization_header":"Bearer secret"},"description":"ours",
        "events_requested":["https://schemas.openid.net/secevent/caep/event-type/session-revoked","urn:x"]}
        """

    @Test("the transmitter tells what it has, at the root and for a tenant by path insertion")
    func discovery() async throws {
        let running = try await TestGateway.open(tenants: ["default", "acme"])
        try await running.serve { api in
            for (path, issuer) in [("", ""), ("/t/acme", "/t/acme")] {
                let answer = try await SignalScene.call(
                    api, .get, "/.well-known/ssf-configuration" + path, token: nil)
                let base = OAuthScene.issuer + issuer
                #expect(answer.status == 200 && answer["issuer"] == base && answer["spec_version"] == "1_0")
                for name in ["jwks_uri", "configuration_endpoint", "status_endpoint", "verification_endpoint"] {
                    #expect(answer[name]?.hasPrefix(base + "/") == true, "\(name)")
                }
                let keys = try await SignalScene.call(api, .get, issuer + "/oauth2/jwks", token: nil)
                #expect(keys.json["keys"]?.array?.isEmpty == false)
                #expect(try await SignalScene.call(api, .get, issuer + "/ssf/stream", token: nil).status == 401)
            }
        }
    }

    @Test("a stream is made, read, changed, replaced and deleted by its receiver")
    func managed() async throws {
        try await SignalScene.open().serve { api in
            let token = try await SignalScene.token(api, "shop")
            func call(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) async throws
                -> SignalScene.Answer
            { try await SignalScene.call(api, method, path, body, token: token) }
            #expect(try await call(.get, "/ssf/stream").list.isEmpty)
            let made = try await call(.post, "/ssf/stream", Self.push)
            #expect(made.status == 201 && made["iss"] == OAuthScene.issuer && made["aud"] == "shop")
            #expect(made.json["events_delivered"] == [.string(SignalScene.revoked)])
            #expect(made.json["events_supported"]?.array?.count == 2 && made["description"] == "ours")
            let delivery = try #require(made.json["delivery"]?.object)
            #expect(delivery["endpoint_url"] == "https://rp.example.org/events")
            // Whoever gets hold of a token does not get the header.
            #expect(!String(decoding: made.json.serialized, as: UTF8.self).contains("secret"))
            let id = try #require(made["stream_id"])
            #expect(try await call(.get, "/ssf/stream?stream_id=\(id)").json == made.json)
            #expect(try await call(.get, "/ssf/stream").list == [made.json])
            let changed = try await call(
                .patch, "/ssf/stream",
                """
                {"stream_id":"\(id)","aud":"shop","events_requested":["\(SignalScene.changed)"]}
                """)
            #expect(changed.status == 200 && changed.json["events_delivered"] == [.string(SignalScene.changed)])
            #expect(changed["description"] == "ours" && changed.json["delivery"] == made.json["delivery"])
            for wrong in ["\"aud\":\"rival\"", "\"iss\":\"https://evil.example\"", "\"events_delivered\":[]"] {
                let answer = try await call(.patch, "/ssf/stream", "{\"stream_id\":\"\(id)\",\(wrong)}")
                #expect(answer.status == 400 && answer["error"] == "invalid_request", "\(wrong)")
            }
            let replaced = try await call(.put, "/ssf/stream", "{\"stream_id\":\"\(id)\"}")
            #expect(replaced.status == 200 && replaced["description"] == nil)
            #expect(replaced.json["events_delivered"]?.array?.count == 2)
            #expect(replaced.json["delivery"]?.object?["method"] == "urn:ietf:rfc:8936")
            #expect(replaced.json["delivery"]?.object?["endpoint_url"]?.text == OAuthScene.issuer + "/ssf/poll/\(id)")
            for (status, reason) in [("paused", "\"reason\":\"nightly\","), ("disabled", ""), ("enabled", "")] {
                let body = "{\"stream_id\":\"\(id)\",\(reason)\"status\":\"\(status)\"}"
                let answer = try await call(.post, "/ssf/status", body)
                #expect(answer.status == 200 && answer["status"] == status)
                let read = try await call(.get, "/ssf/status?stream_id=\(id)")
                #expect(read["status"] == status && read["reason"] == (reason.isEmpty ? nil : "nightly"))
            }
            for body in ["{}", "{\"status\":\"off\",\"stream_id\":\"\(id)\"}", "[]", "{"] {
                #expect(try await call(.post, "/ssf/status", body).status == 400, "\(body)")
            }
            #expect(try await call(.delete, "/ssf/stream").status == 400)
            #expect(try await call(.delete, "/ssf/stream?stream_id=\(id)").status == 204)
            #expect(try await call(.delete, "/ssf/stream?stream_id=\(id)").status == 404)
            let events = try await api.send(.get, "/api/v1/audit/events?limit=100").text
            for type in ["created", "changed", "paused", "disabled", "enabled", "deleted"] {
                #expect(events.contains("signal_stream.\(type)"), "\(type)")
            }
        }
    }

    @Test("another's stream is not there, and a token without the scope, of somebody, or none, opens nothing")
    func kept() async throws {
        try await SignalScene.open().serve { api in
            let (shop, rival) = (try await SignalScene.token(api, "shop"), try await SignalScene.token(api, "rival"))
            let reader = try await SignalScene.token(api, "shop", scope: "ssf.read")
            let made = try await SignalScene.call(api, .post, "/ssf/stream", Self.push, token: shop)
            let id = try #require(made["stream_id"])
            let requests: [(HTTPRequest.Method, String, String?)] = [
                (.get, "/ssf/stream?stream_id=\(id)", nil), (.patch, "/ssf/stream", "{\"stream_id\":\"\(id)\"}"),
                (.put, "/ssf/stream", "{\"stream_id\":\"\(id)\"}"), (.get, "/ssf/status?stream_id=\(id)", nil),
                (.post, "/ssf/status", "{\"stream_id\":\"\(id)\",\"status\":\"disabled\"}"),
                (.post, "/ssf/verify", "{\"stream_id\":\"\(id)\"}"), (.post, "/ssf/poll/\(id)", "{}"),
                (.delete, "/ssf/stream?stream_id=\(id)", nil),
            ]
            // A token that somebody granted: nobody can let an application hear of others.
            let web = OAuthScene.browser(api)
            let answer = try await OAuthScene.walk(web, OAuthScene.address("shop", ["scope": "openid ssf.manage"]))
            var form = OAuth.Parameters([
                ("grant_type", "authorization_code"), ("code", answer["code"] ?? ""),
                ("redirect_uri", OAuthScene.callback), ("code_verifier", OAuthScene.verifier),
            ])
            form.set("client_id", nil)
            let granted = try await ServiceTokenTests.post(
                api, "/oauth2/token", form.encoded, nil,
                [
                    .authorization: "Basic "
                        + Data("shop:\(String(repeating: "o", count: 32))".utf8).base64EncodedString()
                ])
            let theirs = try #require(granted["access_token"])
            for (method, path, body) in requests {
                let other = try await SignalScene.call(api, method, path, body, token: rival)
                #expect(other.status == 404, "\(method) \(path)")
                for (token, status) in [(nil, 401), ("gh_at_nonsense", 401), (theirs, 401)] as [(String?, Int)] {
                    let refused = try await SignalScene.call(api, method, path, body, token: token)
                    #expect(refused.status == status && refused.headers[.wwwAuthenticate] != nil, "\(path)")
                }
                if method != .get {
                    let refused = try await SignalScene.call(api, method, path, body, token: reader)
                    #expect(refused.status == 403, "\(method) \(path)")
                    #expect(refused.headers[.wwwAuthenticate]?.contains("scope=\"ssf.manage\"") == true)
                } else {
                    #expect(try await SignalScene.call(api, method, path, body, token: reader).status == 200)
                }
            }
            let dull = try await SignalScene.token(api, "dull", scope: "other")
            #expect(try await SignalScene.call(api, .get, "/ssf/stream", token: dull).status == 403)
            let still = try await SignalScene.call(api, .get, "/ssf/status?stream_id=\(id)", token: shop)
            #expect(still["status"] == "enabled")
            // What an administrator holds, its receiver does not let go on.
            let held = "{\"stream_id\":\"\(id)\",\"status\":\"enabled\"}"
            for (status, answer) in [("disabled", 403), ("enabled", 200)] {
                _ = try await api.send(.post, "/api/v1/signal-streams/\(id)/status", ["status": .string(status)])
                #expect(try await SignalScene.call(api, .post, "/ssf/status", held, token: shop).status == answer)
            }
            let inQuery = try await SignalScene.call(api, .get, "/ssf/stream?access_token=\(shop)", token: nil)
            #expect(inQuery.status == 400)
        }
    }

    @Test("a verification comes back with its state, and no sooner than it may be asked for again")
    func verification() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let clock = MovedClock()
            let running = try await SignalScene.open(clock: clock.now)
            try await running.serve { api in
                let token = try await SignalScene.token(api, "shop")
                let id = try await SignalScene.stream(api, of: "shop", to: "http://127.0.0.1:\(port)/events")
                func verify(_ more: String) async throws -> SignalScene.Answer {
                    try await SignalScene.call(
                        api, .post, "/ssf/verify", "{\"stream_id\":\"\(id)\"\(more)}", token: token)
                }
                let state = String(repeating: "s", count: SignalService.stateByteLimit)
                #expect(try await verify(",\"state\":\"\(state)t\"").status == 400)
                #expect(try await verify(",\"state\":\"\(state)\"").status == 204)
                let soon = try await verify("")
                #expect(soon.status == 429 && soon.headers[.retryAfter] == "30")
                clock.advance(SignalService.verificationInterval)
                #expect(try await api.send(.post, "/api/v1/signal-streams/\(id)/verify").status == 204)
                await running.gateway.signalCourier.deliver()
                let claims = try await receiver.tokens.asyncMap {
                    try await SignalScene.verify(api, $0, for: "shop")
                }
                #expect(claims.count == 2)
                #expect(claims.allSatisfy { $0["sub_id"] == ["format": "opaque", "id": .string(id)] })
                let states = claims.map { $0["events"]?.object?[SignalScene.verification]?.object?["state"]?.text }
                #expect(states == [state, nil])
            }
        }
    }

    @Test("an address inside that a receiver names is not called; the same one that an administrator names is")
    func inside() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let clock = MovedClock()
            let running = try await SignalScene.open(clock: clock.now)
            try await running.serve { api in
                let token = try await SignalScene.token(api, "shop")
                for address in ["http://127.0.0.1:\(port)/events", "http://rp.example.org/", "ftp://rp.example.org/"] {
                    let body = Self.push.replacingOccurrences(of: "https://rp.example.org/events", with: address)
                    let answer = try await SignalScene.call(api, .post, "/ssf/stream", body, token: token)
                    #expect(answer.status == 400, "\(address)")
                }
                var ids: [String] = []
                for host in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]"] {
                    let body = Self.push.replacingOccurrences(of: "rp.example.org", with: "\(host):\(port)")
                    let made = try await SignalScene.call(api, .post, "/ssf/stream", body, token: token)
                    #expect(made.status == 201)
                    let id = try #require(made["stream_id"])
                    _ = try await SignalScene.call(
                        api, .post, "/ssf/verify", "{\"stream_id\":\"\(id)\"}", token: token)
                    ids.append(id)
                }
                await running.gateway.signalCourier.deliver()
                for id in ids {
                    let shown = try await SignalScene.shown(api, id)
                    #expect(shown["last_error"]?.string == "fetch.forbidden_address")
                    #expect(shown["said_by_receiver"]?.bool == true && shown["waiting"]?.integer == 1)
                }
                // One more than a client may have.
                #expect(try await SignalScene.call(api, .post, "/ssf/stream", Self.push, token: token).status == 409)
                let path = "/api/v1/signal-streams/\(ids[0])"
                let change: AttributeValue = [
                    "delivery": [
                        "method": "urn:ietf:rfc:8935", "endpoint_url": .string("http://127.0.0.1:\(port)/events"),
                    ]
                ]
                let changed = try await api.send(.patch, path, change, headers: [.ifMatch: "*"])
                #expect(changed.status == 200, "\(changed.text)")
                await running.gateway.signalCourier.deliver()
                #expect(receiver.pushes.count == 1)
                // What the administrator trusted was that address, and no other that the receiver writes over it.
                let body = """
                    {"stream_id":"\(ids[0])","delivery":{"method":"urn:ietf:rfc:8935",
                    "endpoint_url":"https://10.0.0.1/"}}
                    """
                #expect(try await SignalScene.call(api, .patch, "/ssf/stream", body, token: token).status == 200)
                #expect(try await SignalScene.shown(api, ids[0])["said_by_receiver"]?.bool == true)
            }
        }
    }

    @Test("a stream without an endpoint is polled: what is taken goes, what is not stays")
    func polled() async throws {
        try await SignalScene.open().serve { api in
            let token = try await SignalScene.token(api, "shop")
            let made = try await SignalScene.call(api, .post, "/ssf/stream", "{}", token: token)
            let id = try #require(made["stream_id"])
            func poll(_ body: String) async throws -> SignalScene.Answer {
                try await SignalScene.call(api, .post, "/ssf/poll/\(id)", body, token: token)
            }
            #expect(try await poll("{}").json == ["sets": [:]])
            for login in ["ada", "bob"] {
                try await SignalScene.signIn(api, at: "shop", as: login)
                _ = try await api.send(.delete, "/api/v1/people/\(login)/sessions")
            }
            let first = try await poll("{\"maxEvents\":1,\"returnImmediately\":true}")
            let sets = try #require(first.json["sets"]?.object)
            #expect(sets.count == 1 && first.json["moreAvailable"]?.bool == true)
            let jti = try #require(sets.names.first)
            let claims = try await SignalScene.verify(api, try #require(sets[jti]?.text), for: "shop")
            #expect(claims["jti"]?.text == jti)
            // Not acknowledged, so it is there again, the same.
            #expect(try await poll("{\"maxEvents\":1}").json == first.json)
            #expect(try await poll("{\"maxEvents\":0,\"ack\":[\"\(jti)\",\"unknown\"]}").json == ["sets": [:]])
            let rest = try #require(try await poll("{}").json["sets"]?.object)
            #expect(rest.count == 1 && rest.names != [jti])
            let last = try #require(rest.names.first)
            #expect(try await poll("{\"setErrs\":{\"\(last)\":{\"err\":\"invalid_request\"}}}").json == ["sets": [:]])
            let shown = try await SignalScene.shown(api, id)
            #expect(shown["waiting"]?.integer == 0 && shown["last_error"]?.string == "invalid_request")
            // A stream that is pushed is not polled.
            let pushed = try await SignalScene.call(api, .post, "/ssf/stream", Self.push, token: token)
            let other = try #require(pushed["stream_id"])
            #expect(try await SignalScene.call(api, .post, "/ssf/poll/\(other)", "{}", token: token).status == 404)
        }
    }

    @Test("a stream of the configuration is there at the start, and is changed nowhere else")
    func configured() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let oauth = """
                  signals:
                    streams:
                      - client: shop
                        endpoint_url: "http://127.0.0.1:\(port)/events"
                        authorization_header_file: own.secret
                        events: [session-revoked]
                """
            let running = try await SignalScene.open(oauth: oauth)
            try await running.serve { api in
                let token = try await SignalScene.token(api, "shop")
                let list = try await SignalScene.call(api, .get, "/ssf/stream", token: token).list
                let id = try #require(list.first?["stream_id"]?.text)
                #expect(list.count == 1 && list[0]["events_delivered"] == [.string(SignalScene.revoked)])
                let path = "/ssf/stream?stream_id=\(id)"
                #expect(try await SignalScene.call(api, .delete, path, token: token).status == 403)
                let body = "{\"stream_id\":\"\(id)\",\"description\":\"mine\"}"
                #expect(try await SignalScene.call(api, .patch, "/ssf/stream", body, token: token).status == 403)
                #expect(try await api.send(.delete, "/api/v1/signal-streams/\(id)").status == 409)
                try await SignalScene.signIn(api, at: "shop")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                await running.gateway.signalCourier.deliver()
                #expect(receiver.pushes.first?.authorization == String(repeating: "o", count: 32))
            }
        }
    }
}
