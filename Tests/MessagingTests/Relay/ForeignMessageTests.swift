import Fixtures
import Foundation
import Testing

@testable import Messaging

@Suite(
    "A relay into a stream that others publish to",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server there is no stream"))
struct ForeignMessageTests {
    /// A stream with a hundred events of a log, and what stands behind them.
    private func scene(_ executable: String) async throws -> (NatsServer, MessagingConnection, EventStream, EventLog) {
        let server = try await jetStreamServer(executable)
        let connection = try await server.connection()
        let stream = try EventStream.events(connection)
        let log = EventLog()
        log.append(100)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
        return (server, connection, stream, log)
    }

    private func publish(
        _ connection: MessagingConnection, _ headers: [(name: String, value: String)] = []
    ) async throws {
        _ = try await connection.request("events.policy.x.foreign", bytes("foreign"), headers: MessageHeaders(headers))
    }

    private func ours(_ stream: EventStream, _ log: EventLog) async throws -> [String] {
        let known = Set(log.events.map(\.messageID))
        return try await messageIDs(stream).filter(known.contains)
    }

    @Test("Messages of others are stepped over, few and many", arguments: realServers)
    func foreign(executable: String) async throws {
        let (server, connection, stream, log) = try await scene(executable)
        defer { server.stop() }
        for count in [1, 2, 150] {
            for _ in 0..<count { try await publish(connection) }
            log.append(10)
            log.cursor = nil
            let relay = EventRelay(stream, log.source)
            try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
            #expect(relay.metrics.foreign == count)
            #expect(relay.metrics.published == 10)
        }
        #expect(try await ours(stream, log) == log.events.map(\.messageID))
        #expect(try await stream.state()?.messages == 130 + 153)
        await connection.close()
    }

    @Test("A message of others among those in flight delays them, and loses none", arguments: realServers)
    func amidst(executable: String) async throws {
        let (server, connection, stream, log) = try await scene(executable)
        defer { server.stop() }
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) {
            for _ in 0..<10 {
                log.append(500)
                relay.wake()
                for _ in 0..<3 { try await publish(connection) }
            }
            #expect(await eventually { relay.status == .upToDate && relay.metrics.position == log.head })
        }
        #expect(try await ours(stream, log) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("A position that another one claims is not believed", arguments: realServers)
    func forged(executable: String) async throws {
        let (server, connection, stream, log) = try await scene(executable)
        defer { server.stop() }
        for (position, id) in [
            ("9223372036854775807", "x1"), ("1000", "x2"), ("\(log.head)", "x3"), ("-1", "x4"), ("x", "x5"),
        ] {
            try await publish(connection, [("Gatehouse-Position", position), ("Nats-Msg-Id", id)])
        }
        try await publish(connection, [("Gatehouse-Position", "\(log.head)")])
        log.append(10)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
        #expect(relay.metrics.foreign == 6)
        #expect(try await ours(stream, log) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("A copy of an old event does not send the relay back", arguments: realServers)
    func copied(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        var definition = StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"])
        definition.duplicateWindow = .milliseconds(100)
        let stream = try EventStream(connection, definition)
        let log = EventLog()
        log.append(100)
        for round in 0..<2 {
            let relay = EventRelay(stream, log.source)
            try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
            if round == 0 {
                try await Task.sleep(for: .milliseconds(500))
                let old = log.events[10]
                try await publish(
                    connection, [("Gatehouse-Position", "\(old.position)"), ("Nats-Msg-Id", old.messageID)])
                #expect(try await stream.state()?.messages == 101)
                log.append(10)
            } else {
                #expect(relay.metrics.published == 10)
                #expect(relay.metrics.foreign == 1)
            }
        }
        #expect(try await stream.state()?.messages == 111)
        await connection.close()
    }

    @Test("Behind more messages of others than are looked behind, the relay waits and says so", arguments: realServers)
    func tooMany(executable: String) async throws {
        let (server, connection, stream, log) = try await scene(executable)
        defer { server.stop() }
        for _ in 0..<40 { try await publish(connection) }
        var settings = RelayConfiguration()
        settings.lookBackLimit = 30
        let relay = EventRelay(stream, log.source, settings)
        try await relaying(relay) { #expect(await eventually { relay.status == .waiting(.foreignMessages) }) }
        #expect(relay.metrics.published == 0)
        await connection.close()
    }

    @Test("A log that was set back goes on from the last event that both know", arguments: realServers)
    func setBack(executable: String) async throws {
        let (server, connection, stream, log) = try await scene(executable)
        defer { server.stop() }
        log.truncate(to: 60)
        log.append(20)
        log.cursor = nil
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
        #expect(relay.metrics.published == 20)
        #expect(relay.metrics.foreign == 40)
        #expect(try await ours(stream, log) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("Where all events have aged out, the cursor says where to go on", arguments: realServers)
    func agedOut(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        var definition = StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"])
        definition.maximumAge = .seconds(1)
        let stream = try EventStream(connection, definition)
        let log = EventLog()
        log.append(50)
        let first = EventRelay(stream, log.source)
        try await relaying(first) { #expect(await eventually { first.status == .upToDate }) }
        #expect(await eventually { (try? await stream.state()?.messages) == 0 })
        log.append(5)
        let second = EventRelay(stream, log.source)
        try await relaying(second) { #expect(await eventually { second.status == .upToDate }) }
        #expect(second.metrics.published == 5)
        #expect(try await stream.state()?.lastSequence == 55)
        // A cursor of another stream says nothing.
        #expect(await eventually { (try? await stream.state()?.messages) == 0 })
        log.cursor?.streamCreated = "2000-01-01T00:00:00Z"
        let third = EventRelay(stream, log.source)
        try await relaying(third) { #expect(await eventually { third.status == .upToDate }) }
        // A server remembers ids for a moment longer than the events; that delays the relay, and no more.
        #expect(third.metrics.published >= 55)
        #expect(try await stream.state()?.lastSequence == 110)
        await connection.close()
    }
}
