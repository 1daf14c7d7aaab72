import Foundation
import Gateway
import HTTPTypes
import JOSE
import OAuth
import Testing
import Vocabulary

/// What becomes of events whose receivers are away, slow or unwilling (RFC 8935 §2), and of sessions that run out.
@Suite("Security events are told until they are taken", .timeLimit(.minutes(3)))
struct SignalDeliveryTests {
    private static func address(_ port: Int) -> String { "http://127.0.0.1:\(port)/events" }

    private static func event(_ claims: JSONObject, _ type: String) -> JSONObject? {
        claims["events"]?.object?[type]?.object
    }

    @Test("what was not taken is told again, the same, in order; a restart loses none of it")
    func again() async throws {
        let receiver = SignalReceiverServer([.status(500), .refuse("invalid_key"), .status(302), .status(401)])
        try await receiver.listen { port in
            let clock = MovedClock()
            var running = try await SignalScene.open(clock: clock.now)
            let first = running
            try await first.visit { api in
                let id = try await SignalScene.stream(
                    api, of: "shop", to: Self.address(port), header: SignalScene.header)
                try await SignalScene.signIn(api, at: "shop")
                try await SignalScene.signIn(api, at: "shop", as: "bob")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                clock.advance(.seconds(1))
                _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
                for fault in ["status_500", "invalid_key"] {
                    await first.gateway.signalCourier.deliver()
                    // Nothing is due yet, so nothing happens.
                    await first.gateway.signalCourier.deliver()
                    let shown = try await SignalScene.shown(api, id)
                    #expect(shown["last_error"]?.string == fault && shown["waiting"]?.integer == 2)
                    clock.advance(.minutes(5))
                }
                #expect(receiver.pushes.count == 2)
            }
            running = try await first.restarted(clock: clock.now)
            let second = running
            try await second.visit { api in
                for _ in 0..<3 {
                    await second.gateway.signalCourier.deliver()
                    clock.advance(.minutes(5))
                }
                #expect(receiver.tokens.count == 6 && Set(receiver.tokens).count == 2)
                #expect(Set(receiver.tokens.prefix(5)).count == 1)
                for push in receiver.pushes { #expect(push.authorization == SignalScene.header) }
                let tally = await second.gateway.signalCourier.tally
                #expect(tally.pushed == 2 && tally.failed == 2 && tally.givenUp == 0)
                let metrics = try await second.gateway.metrics()
                func value(_ name: String) -> String? {
                    metrics.first { $0.name == name }?.series.first.map { "\($0.value)" }
                }
                #expect(value("gatehouse_signals_pushed_total")?.contains("2") == true)
                #expect(value("gatehouse_signals_waiting")?.contains("0") == true)
                for name in ["gatehouse.db", "gatehouse.db-wal"] {
                    let file = FileManager.default.contents(atPath: second.folder + "/data/" + name) ?? Data()
                    #expect(file.range(of: Data(SignalScene.header.utf8)) == nil)
                }
            }
            try await running.close()
        }
    }

    @Test("what a receiver says it can never take is given up, and the next goes on")
    func refused() async throws {
        let receiver = SignalReceiverServer([.refuse("invalid_request")])
        try await receiver.listen { port in
            let running = try await SignalScene.open()
            try await running.serve { api in
                let gateway = running.gateway
                let id = try await SignalScene.stream(api, of: "shop", to: Self.address(port))
                try await SignalScene.signIn(api, at: "shop")
                try await SignalScene.signIn(api, at: "shop", as: "bob")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
                await gateway.signalCourier.deliver()
                #expect(receiver.pushes.count == 2 && Set(receiver.tokens).count == 2)
                let shown = try await SignalScene.shown(api, id)
                #expect(shown["waiting"]?.integer == 0 && shown["failures"]?.integer == 0)
                let events = try await api.send(.get, "/api/v1/audit/events?type=signal_stream.given_up")
                #expect(events.text.contains("refused"), "\(events.text.prefix(400))")
            }
        }
    }

    @Test("a slow receiver, and one that is not there, keep no other waiting")
    func slow() async throws {
        let (slow, quick) = (SignalReceiverServer(then: .hang(.seconds(20))), SignalReceiverServer())
        try await slow.listen { port in
            try await quick.listen { second in
                let running = try await SignalScene.open()
                try await running.serve { api in
                    let gateway = running.gateway
                    let hanging = try await SignalScene.stream(api, of: "rival", to: Self.address(port))
                    let absent = try await SignalScene.stream(api, of: "dull", to: Self.address(1))
                    _ = try await SignalScene.stream(api, of: "shop", to: Self.address(second))
                    let web = try await SignalScene.signIn(api, at: "rival")
                    for client in ["dull", "shop"] {
                        _ = try await OAuthScene.walk(web, OAuthScene.address(client, ["scope": "openid"]))
                    }
                    let housekeeping = Task { try await Housekeeping(gateway).run() }
                    defer { housekeeping.cancel() }
                    let began = ContinuousClock.now
                    _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                    try await Self.waitUntil { quick.pushes.count == 1 }
                    #expect(ContinuousClock.now - began < .seconds(5))
                    // Those that come while the slow one hangs, too.
                    try await SignalScene.signIn(api, at: "shop", as: "bob")
                    _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
                    try await Self.waitUntil { quick.pushes.count == 2 }
                    try await Self.waitUntil { slow.pushes.count == 1 }
                    try await Self.waitUntil {
                        try await SignalScene.shown(api, absent)["last_error"]?.string == "fetch.unreachable"
                    }
                    try await Self.waitUntil {
                        try await SignalScene.shown(api, hanging)["last_error"]?.string == "fetch.timeout"
                    }
                    housekeeping.cancel()
                    _ = try? await housekeeping.value
                }
            }
        }
    }

    static func waitUntil(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<600 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record("It did not happen in time.")
    }

    @Test("a session that runs out tells of it once: one logout token, one event, though nobody was running then")
    func expired() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let clock = MovedClock()
            var running = try await SignalScene.open(logout: port, clock: clock.now)
            let first = running
            try await first.visit { api in
                _ = try await SignalScene.stream(api, of: "shop", to: Self.address(port))
                try await SignalScene.signIn(api, at: "shop")
                try await SignalScene.signIn(api, at: "shop", as: "bob")
                #expect(try await first.gateway.sessions.endExpired(at: clock.value) == 0)
                clock.advance(.minutes(61))
                // Idle for longer than an hour: both.
                #expect(try await first.gateway.sessions.endExpired(at: clock.value) == 2)
                #expect(try await first.gateway.sessions.endExpired(at: clock.value) == 0)
                for _ in 0..<2 {
                    await first.gateway.logouts.deliver()
                    await first.gateway.signalCourier.deliver()
                }
                #expect(receiver.logouts.count == 2 && receiver.tokens.count == 2)
                let claims = try await SignalScene.verify(api, receiver.tokens[0], for: "shop")
                #expect(Self.event(claims, SignalScene.revoked)?["initiating_entity"] == "system")
                let sids = try receiver.logouts.map { try JWT.unverifiedClaims(of: $0)["sid"]?.text }
                #expect(sids.contains(claims["sub_id"]?.object?["session"]?.object?["id"]?.text))
                let ended = try await api.send(.get, "/api/v1/audit/events?type=session.ended")
                #expect(ended.text.contains("expired"))
                try await SignalScene.signIn(api, at: "shop")
            }
            try await first.gateway.close()
            clock.advance(.hours(13))
            running = TestGateway(
                gateway: try await Gateway.open(
                    first.gateway.configuration, logger: first.logger, clock: clock.now), folder: first.folder,
                token: first.token)
            #expect(try await running.gateway.sessions.endExpired(at: clock.value) == 1)
            #expect(try await running.gateway.sessions.endExpired(at: clock.value) == 0)
            await running.gateway.logouts.deliver()
            await running.gateway.signalCourier.deliver()
            #expect(receiver.logouts.count == 3 && receiver.tokens.count == 3)
            try await running.close()
        }
    }

    @Test("a receiver that takes nothing for a day is paused and hears why; when it is back it gets what was held")
    func paused() async throws {
        let receiver = SignalReceiverServer(then: .status(503))
        try await receiver.listen { port in
            let clock = MovedClock()
            let running = try await SignalScene.open(clock: clock.now)
            try await running.serve { api in
                let gateway = running.gateway
                let id = try await SignalScene.stream(api, of: "shop", to: Self.address(port))
                try await SignalScene.signIn(api, at: "shop")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                await gateway.signalCourier.deliver()
                clock.advance(.hours(23))
                await gateway.signalCourier.deliver()
                #expect(try await SignalScene.shown(api, id)["status"]?.string == "enabled")
                clock.advance(.hours(1))
                // Keys of the tests are good for a day.
                let api = TestAPI(
                    client: api.client,
                    token: try await TestGateway.administrator(of: gateway, tenant: "default", named: "later"),
                    registry: api.registry)
                await gateway.signalCourier.deliver()
                var shown = try await SignalScene.shown(api, id)
                #expect(shown["status"]?.string == "paused" && shown["reason"]?.string?.contains("status_503") == true)
                // What happens meanwhile is held, and the word of the pause is tried.
                try await SignalScene.signIn(api, at: "shop", as: "bob")
                _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
                receiver.reply(.take)
                clock.advance(.minutes(10))
                await gateway.signalCourier.deliver()
                let pause = try await SignalScene.verify(api, try #require(receiver.tokens.last), for: "shop")
                #expect(Self.event(pause, SignalScene.updated)?["status"] == "paused")
                #expect(pause["sub_id"] == ["format": "opaque", "id": .string(id)])
                let before = receiver.tokens.count
                let done = try await api.send(
                    .post, "/api/v1/signal-streams/\(id)/status", ["status": "enabled", "reason": "mended"])
                #expect(done.status == 200)
                await gateway.signalCourier.deliver()
                let types = try await receiver.tokens.dropFirst(before).asyncMap {
                    try await SignalScene.verify(api, $0, for: "shop")["events"]?.object?.names.first
                }
                #expect(types == [SignalScene.revoked, SignalScene.revoked, SignalScene.updated])
                shown = try await SignalScene.shown(api, id)
                #expect(shown["waiting"]?.integer == 0 && shown["failing_since"] == nil)
                // Disabled: nothing is held, and the receiver hears that it is so.
                _ = try await api.send(.post, "/api/v1/signal-streams/\(id)/status", ["status": "disabled"])
                try await SignalScene.signIn(api, at: "shop")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                await gateway.signalCourier.deliver()
                let last = try await SignalScene.verify(api, try #require(receiver.tokens.last), for: "shop")
                #expect(Self.event(last, SignalScene.updated)?["status"] == "disabled")
                #expect(try await SignalScene.shown(api, id)["waiting"]?.integer == 0)
                // What waits for more than seven days is given up, in the journal.
                _ = try await api.send(.post, "/api/v1/signal-streams/\(id)/status", ["status": "paused"])
                await gateway.signalCourier.deliver()
                try await SignalScene.signIn(api, at: "shop")
                _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
                #expect(try await SignalScene.shown(api, id)["waiting"]?.integer == 1)
            }
        }
    }
}
