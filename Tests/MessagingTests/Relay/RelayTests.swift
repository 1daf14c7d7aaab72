import Fixtures
import Foundation
import Testing

@testable import Messaging

@Suite(
    "A relay of a log into a stream of real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server there is no stream"))
struct RelayTests {
    @Test("All events come once and in order, and those that come later as well", arguments: realServers)
    func all(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream.events(connection)
        let log = EventLog()
        log.append(20_000)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) {
            let start = ContinuousClock.now
            #expect(await eventually(.seconds(120)) { relay.status == .upToDate })
            print(
                "MEASURED \(executable): \(Int(20_000 / ((ContinuousClock.now - start) / .seconds(1)))) events/s relayed"
            )
            log.append(3)
            relay.wake(head: log.head)
            #expect(await eventually { relay.metrics.lag == 0 && relay.metrics.acknowledged == 20_003 })
        }
        #expect(relay.status == .stopped)
        #expect(relay.metrics.retried == 0)
        #expect(relay.metrics.streamsMade == 1)
        let items = try await contents(stream)
        let messages = items.compactMap { if case .message(let message) = $0 { message } else { nil } }
        #expect(messages.map(\.messageID) == log.events.map(\.messageID))
        #expect(messages.map(\.payload) == log.events.map(\.payload))
        #expect(messages.map(\.subject) == log.events.map(\.subject))
        #expect(messages.last?.headers["Gatehouse-Position"] == "\(log.head)")
        #expect(messages.last?.headers["content-type"] == "application/json")
        #expect(log.cursor?.position == log.head)
        #expect(log.cursor?.sequence == 20_003)
        // A second relay of the same log has nothing to do, with a cursor and without one.
        log.cursor = nil
        let second = EventRelay(stream, log.source)
        try await relaying(second) { #expect(await eventually { second.status == .upToDate }) }
        #expect(second.metrics.published == 0)
        await connection.close()
    }

    @Test("20,000 events come once and in order while the server is killed again and again", arguments: realServers)
    func killed(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        // So short that no server remembers ids of what it had before it was away.
        var definition = StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"])
        definition.duplicateWindow = .milliseconds(100)
        let stream = try EventStream(connection, definition)
        let log = EventLog()
        var settings = RelayConfiguration()
        settings.acknowledgementTimeout = .seconds(3)
        settings.retryWait = .milliseconds(10) ... .milliseconds(500)
        let relay = EventRelay(stream, log.source, settings)
        try await relaying(relay) {
            for round in 0..<6 {
                log.append(3_000)
                relay.wake(head: log.head)
                let wanted = round * 3_000 + Int.random(in: 200...2_500)
                #expect(await eventually(.seconds(60)) { relay.metrics.position >= log.events[wanted].position })
                server.crash()
                try await Task.sleep(for: .milliseconds(200))
                try await server.restart()
            }
            log.append(2_000)
            relay.wake(head: log.head)
            #expect(await eventually(.seconds(60)) { relay.status == .upToDate && relay.metrics.lag == 0 })
        }
        print("RELAY \(executable): \(relay.metrics)")
        #expect(relay.metrics.resumed > 6)
        #expect(try await messageIDs(stream) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("Events that arrive long after they were given up take their place once", arguments: realServers)
    func late(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        var definition = StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"])
        definition.duplicateWindow = .milliseconds(100)
        let stream = try EventStream(connection, definition, timeout: .milliseconds(300))
        let log = EventLog()
        var settings = RelayConfiguration()
        settings.acknowledgementTimeout = .milliseconds(200)
        let relay = EventRelay(stream, log.source, settings)
        try await relaying(relay) {
            for _ in 0..<3 {
                log.append(2_000)
                relay.wake()
                #expect(await eventually { relay.status == .running })
                server.suspend()
                #expect(await eventually { if case .waiting = relay.status { true } else { false } })
                try await Task.sleep(for: .milliseconds(700))
                server.proceed()
                #expect(await eventually { relay.status == .upToDate && relay.metrics.position == log.head })
            }
        }
        #expect(relay.metrics.resumed > 1)
        #expect(try await messageIDs(stream) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("What a server loses of what it had acknowledged is published once more", arguments: realServers)
    func lostTail(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream.events(connection)
        let log = EventLog()
        let relay = EventRelay(stream, log.source)
        let (store, copy) = (server.folder + "/js", server.folder + "/copy")
        try await relaying(relay) {
            log.append(1_000)
            relay.wake()
            #expect(await eventually { relay.metrics.acknowledged == 1_000 })
            server.crash()
            try FileManager.default.copyItem(atPath: store, toPath: copy)
            try await server.restart()
            #expect(await eventually { connection.status.state == .connected })
            log.append(1_000)
            relay.wake()
            #expect(await eventually { relay.metrics.acknowledged >= 2_000 })
            #expect(log.cursor?.sequence ?? 0 >= 1_000)
            server.crash()
            try FileManager.default.removeItem(atPath: store)
            try FileManager.default.moveItem(atPath: copy, toPath: store)
            try await server.restart()
            #expect(await eventually { (try? await stream.state()?.lastSequence) == 2_000 })
        }
        #expect(relay.metrics.retried >= 1_000)
        #expect(try await messageIDs(stream) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("A server that lost everything gets everything", arguments: realServers)
    func lostAll(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream.events(connection)
        let log = EventLog()
        log.append(700)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) {
            #expect(await eventually { relay.status == .upToDate })
            server.crash()
            try FileManager.default.removeItem(atPath: server.folder + "/js")
            try await server.restart()
            #expect(await eventually { relay.metrics.streamsMade == 2 && relay.status == .upToDate })
        }
        #expect(try await messageIDs(stream) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("Two relays of one log at once publish each event once", arguments: realServers)
    func two(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connections = [try await server.connection(), try await server.connection()]
        let log = EventLog()
        log.append(5_000)
        let relays = try connections.map { EventRelay(try .events($0), log.source) }
        try await relaying(relays[0]) {
            try await relaying(relays[1]) {
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(100))
                    log.append(200)
                    for relay in relays { relay.wake() }
                }
                for relay in relays {
                    #expect(
                        await eventually(.seconds(60)) {
                            relay.status == .upToDate && relay.metrics.position == log.head
                        })
                }
            }
        }
        print("RELAYS \(executable): \(relays.map(\.metrics))")
        #expect(try await messageIDs(.events(connections[0])) == log.events.map(\.messageID))
        for connection in connections { await connection.close() }
    }

    @Test("A relay that waits is seen, and goes on when the server is there", arguments: realServers)
    func absent(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        server.crash()
        let connection = try MessagingConnection(server.configuration())
        let stream = try EventStream.events(connection)
        let log = EventLog()
        log.append(100)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) {
            #expect(await eventually { relay.status == .waiting(.disconnected) })
            relay.wake(head: log.head)
            #expect(relay.metrics.lag == log.head)
            try await server.restart()
            #expect(await eventually { relay.status == .upToDate })
        }
        #expect(try await messageIDs(stream) == log.events.map(\.messageID))
        await connection.close()
    }

    @Test("A server without JetStream is named, and waited for", arguments: realServers)
    func noJetStream(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        let relay = EventRelay(try .events(connection), EventLog().source)
        try await relaying(relay) { #expect(await eventually { relay.status == .waiting(.stream(.noJetStream)) }) }
        await connection.close()
    }

    @Test("An event that cannot be published holds up what is behind it, and is named", arguments: realServers)
    func poison(executable: String) async throws {
        let server = try await jetStreamServer(executable, "max_payload: 2000")
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream.events(connection)
        let log = EventLog()
        log.append(10)
        let position = log.head + 1
        log.append(
            RelayedEvent(
                position: position, subject: "events.policy.1", messageID: "big",
                payload: Array(repeating: 0, count: 3_000)))
        log.append(10)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) {
            #expect(
                await eventually {
                    relay.status
                        == .waiting(.event(position: position, .payloadTooLarge(bytes: 3_000, limit: 2_000)))
                })
        }
        #expect(try await messageIDs(stream) == log.events[..<10].map(\.messageID))
        await connection.close()
    }

    @Test("A log out of order, or that cannot be read, stops the relay with a word", arguments: realServers)
    func badLog(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let twice = RelayedEvent(position: 5, subject: "events.policy.1", messageID: "a", payload: [])
        let disorder = EventRelay(try .events(connection), RelaySource { _, _ in [twice, twice] })
        try await relaying(disorder) {
            #expect(await eventually { disorder.status == .waiting(.log("the event at 5 follows 5")) })
        }
        let broken = EventRelay(try .events(connection), RelaySource { _, _ in throw Late() })
        try await relaying(broken) { #expect(await eventually { broken.status == .waiting(.log("Late()")) }) }
        await connection.close()
    }
}
