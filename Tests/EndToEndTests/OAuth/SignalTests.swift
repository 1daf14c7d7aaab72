import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

/// Receivers that hear of ended sessions and changed credentials (SSF 1.0, CAEP 1.0, RFC 8935).
@Suite("Security events reach their receivers", .timeLimit(.minutes(3)))
struct SignalTests {
    private static func address(_ port: Int) -> String { "http://127.0.0.1:\(port)/events" }

    private static func event(_ claims: JSONObject, _ type: String) -> JSONObject? {
        claims["events"]?.object?[type]?.object
    }

    @Test("an ended session is told to the application it was used at, by the names that it knows")
    func revoked() async throws {
        let (receiver, other) = (SignalReceiverServer(), SignalReceiverServer())
        try await receiver.listen { port in
            try await other.listen { second in
                let running = try await SignalScene.open()
                try await running.serve { api in
                    let gateway = running.gateway
                    _ = try await SignalScene.stream(
                        api, of: "shop", to: Self.address(port), header: SignalScene.header)
                    _ = try await SignalScene.stream(api, of: "rival", to: Self.address(second))
                    try await SignalScene.signIn(api, at: "shop")
                    // Somebody of whom the second knows nothing, and the first does.
                    try await SignalScene.signIn(api, at: "rival", as: "bob")
                    let ended = try await api.send(.delete, "/api/v1/people/ada/sessions")
                    #expect(ended.status == 200)
                    await gateway.signalCourier.deliver()
                    #expect(receiver.pushes.count == 1 && other.pushes.isEmpty)
                    let push = try #require(receiver.pushes.first)
                    #expect(push.authorization == SignalScene.header && push.type == SecurityEvent.mediaType)
                    let claims = try await SignalScene.verify(api, push.token, for: "shop")
                    let told = try #require(Self.event(claims, SignalScene.revoked))
                    #expect(told["initiating_entity"] == "admin")
                    #expect(told["reason_admin"]?.object?["en"]?.text?.isEmpty == false)
                    #expect(told["event_timestamp"]?.integer != nil)
                    let subject = try #require(claims["sub_id"]?.object)
                    #expect(subject["format"] == "complex")
                    let ada = try await api.send(.get, "/api/v1/people/ada").body?["id"]?.string
                    #expect(subject["user"]?.object?["sub"]?.text == ada)
                    #expect(subject["user"]?.object?["iss"]?.text == OAuthScene.issuer)
                    #expect(subject["session"]?.object?["id"]?.text?.isEmpty == false)
                    // Whoever reads a receiver's mail learns nothing of whom another knows.
                    _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
                    await gateway.signalCourier.deliver()
                    let pairwise = try await SignalScene.verify(api, try #require(other.tokens.first), for: "rival")
                    let bob = try await api.send(.get, "/api/v1/people/bob").body?["id"]?.string
                    let name = pairwise["sub_id"]?.object?["user"]?.object?["sub"]?.text
                    #expect(name != nil && name != bob && receiver.pushes.count == 1)
                    #expect(!(String(data: Data(pairwise.serialized), encoding: .utf8) ?? "").contains(bob ?? "x"))
                }
            }
        }
    }

    @Test("who ended a session, and why, is told rightly; that it only got a new id is not told")
    func reasons() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let clock = MovedClock()
            let running = try await SignalScene.open(clock: clock.now)
            try await running.serve { api in
                let gateway = running.gateway
                _ = try await SignalScene.stream(api, of: "shop", to: Self.address(port))
                let web = try await SignalScene.signIn(api, at: "shop")
                clock.advance(.seconds(2))
                _ = try await OAuthScene.walk(
                    web, OAuthScene.address("shop", ["prompt": "login", "scope": "openid"]))
                await gateway.signalCourier.deliver()
                #expect(receiver.pushes.isEmpty)
                try await web.open(WebPerson.gateway + "/logout")
                try await web.submit(to: "/logout", [:])
                try await SignalScene.signIn(api, at: "shop", as: "bob")
                #expect(try await api.send(.post, "/api/v1/people/bob/disable").status < 300)
                await gateway.signalCourier.deliver()
                let events = try await receiver.tokens.asyncMap {
                    Self.event(try await SignalScene.verify(api, $0, for: "shop"), SignalScene.revoked)
                }
                #expect(events.map { $0?["initiating_entity"]?.text } == ["user", "admin"])
            }
        }
    }

    @Test("changed credentials are told of people whom the application knows, in the order in which they changed")
    func credentials() async throws {
        let (receiver, everything) = (SignalReceiverServer(), SignalReceiverServer())
        try await receiver.listen { port in
            try await everything.listen { second in
                let running = try await SignalScene.open()
                try await running.serve { api in
                    let gateway = running.gateway
                    _ = try await SignalScene.stream(api, of: "shop", to: Self.address(port))
                    _ = try await SignalScene.stream(api, of: "dull", to: Self.address(second), everybody: true)
                    try await SignalScene.signIn(api, at: "shop")
                    let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
                    for login in ["ada", "bob"] {
                        let person = try await gateway.people.person(named: login, in: caller.tenant)
                        let outcome = try await gateway.credentials.setPassword(
                            SecretText("another password \(login)"), of: person.id, mustChange: false, by: caller)
                        #expect(outcome == .changed)
                        _ = try await gateway.credentials.makeRecoveryCodes(for: person.id, by: caller)
                        _ = try await gateway.credentials.makeRecoveryCodes(for: person.id, by: caller)
                    }
                    await gateway.signalCourier.deliver()
                    func told(_ tokens: [String], _ client: String) async throws -> [String] {
                        try await tokens.asyncMap { token in
                            let claims = try await SignalScene.verify(api, token, for: client)
                            let event = Self.event(claims, SignalScene.changed)
                            #expect(event?["initiating_entity"] == "admin")
                            #expect(claims["sub_id"]?.object?["format"] == "iss_sub")
                            return "\(event?["credential_type"]?.text ?? "") \(event?["change_type"]?.text ?? "")"
                        }
                    }
                    let expected = ["password update", "recovery-codes create", "recovery-codes update"]
                    #expect(try await told(receiver.tokens, "shop") == expected)
                    #expect(try await told(everything.tokens, "dull") == expected + expected)
                    // One cause has one name on a stream, and another on every other.
                    let first = try await SignalScene.verify(api, receiver.tokens[0], for: "shop")
                    let same = try await SignalScene.verify(api, everything.tokens[0], for: "dull")
                    #expect(first["txn"] != same["txn"] && first["jti"] != same["jti"])
                }
            }
        }
    }
}

extension Collection {
    /// One after the other.
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
