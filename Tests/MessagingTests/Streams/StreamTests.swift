import Fixtures
import Foundation
import Testing

@testable import Messaging

@Suite(
    "Streams of real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server there is no stream"))
struct StreamTests {
    private let definition = StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"])

    private func ask(_ connection: MessagingConnection, _ verb: String, _ body: String) async throws -> String {
        text(try await connection.request("$JS.API." + verb, bytes(body)).payload)
    }

    private func fault(_ body: () async throws -> Void) async -> StreamFault? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StreamFault
        }
    }

    @Test("A stream is made as it is defined, and found so afterwards", arguments: realServers)
    func made(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream(connection, definition)
        #expect(try await stream.state() == nil)
        let first = try await stream.ensure()
        #expect(first.isNew)
        #expect(first.state.lastSequence == 0)
        let second = try await stream.ensure()
        #expect(!second.isNew)
        #expect(second.left == [])
        #expect(second.updated == [])
        let info = try await ask(connection, "STREAM.INFO.POLICY_EVENTS", "")
        #expect(info.contains(#""max_age":31536000000000000"#))
        #expect(info.contains(#""storage":"file""#))
        #expect(info.contains(#""num_replicas":1"#))
        await connection.close()
    }

    @Test("Nobody deletes or purges, and nobody takes that away again", arguments: realServers)
    func denied(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream(connection, definition)
        _ = try await stream.ensure()
        for number in 0..<3 { _ = try await connection.request("events.policy.1.a", bytes("\(number)")) }
        #expect(try await ask(connection, "STREAM.PURGE.POLICY_EVENTS", "").contains("error"))
        #expect(try await ask(connection, "STREAM.MSG.DELETE.POLICY_EVENTS", #"{"seq":1}"#).contains("error"))
        let loose =
            #"{"name":"POLICY_EVENTS","subjects":["events.policy.>"],"storage":"file","num_replicas":1,"max_msgs":-1,"max_bytes":-1,"discard":"new","retention":"limits","deny_delete":false,"deny_purge":false}"#
        #expect(try await ask(connection, "STREAM.UPDATE.POLICY_EVENTS", loose).contains("error"))
        let rollup = try MessageHeaders([("Nats-Rollup", "all")])
        let answer = try await connection.request("events.policy.1.a", [], headers: rollup)
        #expect(text(answer.payload).contains("error"))
        #expect(try await stream.state()?.messages == 3)
        await connection.close()
    }

    @Test("What differs is said, and changed where nothing is lost by it", arguments: realServers)
    func differs(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let body =
            #"{"name":"POLICY_EVENTS","subjects":["events.policy.*"],"storage":"memory","max_age":3600000000000,"max_msgs":1000,"duplicate_window":60000000000,"retention":"limits","discard":"old","num_replicas":1}"#
        #expect(try await !ask(connection, "STREAM.CREATE.POLICY_EVENTS", body).contains("error"))
        let stream = try EventStream(connection, definition)
        let looked = try await stream.ensure(update: false)
        let all: Set = [
            "deny_delete", "deny_purge", "discard", "duplicate_window", "max_age", "max_msgs", "storage", "subjects",
        ]
        #expect(Set(looked.left.map(\.member)) == all)
        #expect(looked.updated == [])
        let report = try await stream.ensure()
        // The pattern of the old subjects is not among the new ones, so what it keeps would be given up.
        #expect(Set(report.left.map(\.member)) == ["max_msgs", "storage", "subjects"])
        #expect(Set(report.updated.map(\.member)) == all.subtracting(["max_msgs", "storage", "subjects"]))
        #expect(report.left.first { $0.member == "max_msgs" }?.description == "max_msgs is 1000, not -1")
        var wider = definition
        wider.subjects = ["events.policy.*", "events.policy.*.>"]
        wider.maximumAge = .seconds(60)
        let last = try await EventStream(connection, wider).ensure()
        #expect(last.updated.map(\.member) == ["duplicate_window", "subjects"])
        #expect(last.left.contains { $0.member == "max_age" })
        await connection.close()
    }

    @Test("What a server cannot do is named", arguments: realServers)
    func faults(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        _ = try await EventStream(connection, definition).ensure()
        var three = StreamDefinition(name: "THREE", subjects: ["three"])
        three.replicas = 3
        #expect(await fault { _ = try await EventStream(connection, three).ensure() } == .notEnoughReplicas)
        let taken = StreamDefinition(name: "OTHER", subjects: ["events.policy.1"])
        #expect(await fault { _ = try await EventStream(connection, taken).ensure() } == .subjectsTaken)
        let without = try await NatsServer.start(executable) { _ in "" }
        defer { without.stop() }
        let other = try await without.connection()
        #expect(await fault { _ = try await EventStream(other, definition).ensure() } == .noJetStream)
        await other.close()
        await connection.close()
        #expect(await fault { _ = try await EventStream(connection, definition).ensure() } == .unanswered(.closed))
    }

    @Test(
        "Definitions that mean nothing are refused",
        arguments: [
            StreamDefinition(name: "", subjects: ["a"]), StreamDefinition(name: "a.b", subjects: ["a"]),
            StreamDefinition(name: "a b", subjects: ["a"]), StreamDefinition(name: "A", subjects: []),
            StreamDefinition(name: "A", subjects: ["a..b"]), StreamDefinition(name: "A\r\n", subjects: ["a"]),
            StreamDefinition(name: String(repeating: "A", count: 65), subjects: ["a"]),
        ])
    func invalid(definition: StreamDefinition) { #expect(throws: StreamFault.self) { try definition.check() } }

    @Test("A reader tells what is not there any more, and why", arguments: realServers)
    func gaps(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        #expect(
            try await !ask(
                connection, "STREAM.CREATE.GAPS",
                #"{"name":"GAPS","subjects":["gaps"],"max_msgs":90,"discard":"old","storage":"file","retention":"limits","num_replicas":1}"#
            ).contains("error"))
        let stream = try EventStream(connection, StreamDefinition(name: "GAPS", subjects: ["gaps"]))
        for number in 1...100 { _ = try await connection.request("gaps", bytes("\(number)")) }
        for sequence in [20, 21, 22, 50] {
            #expect(try await ask(connection, "STREAM.MSG.DELETE.GAPS", "{\"seq\":\(sequence)}").contains("true"))
        }
        let state = try #require(try await stream.state())
        let gone = state.firstSequence - 1
        var reader = StreamReader(stream)
        #expect(try await reader.next(limit: 7) == [.gap(1...gone, .agedOut)])
        var numbers: [String] = []
        var gaps: [ClosedRange<UInt64>] = []
        while true {
            let items = try await reader.next(limit: 7)
            guard !items.isEmpty else { break }
            #expect(items.count <= 7)
            for item in items {
                switch item {
                case .message(let message):
                    #expect(message.payload == bytes("\(message.sequence)"))
                    numbers.append(text(message.payload))
                case .gap(let range, let why):
                    #expect(why == .removed)
                    gaps.append(range)
                }
            }
        }
        let missing: Set<UInt64> = [20, 21, 22, 50]
        #expect(numbers == (gone + 1...100).filter { !missing.contains($0) }.map { "\($0)" })
        #expect(Set(gaps.flatMap { Array($0) }) == missing)
        _ = try await connection.request("gaps", bytes("101"))
        #expect(
            try await reader.next(limit: 10).contains {
                if case .message(let message) = $0 { message.sequence == 101 } else { false }
            })
        var beyond = StreamReader(stream, from: 200)
        #expect(try await beyond.next(limit: 10) == [.gap(102...199, .beyondEnd)])
        #expect(try await beyond.next(limit: 10) == [])
        await connection.close()
    }

    @Test("A reader goes on where it was after the server was away", arguments: realServers)
    func reader(executable: String) async throws {
        let server = try await jetStreamServer(executable)
        defer { server.stop() }
        let connection = try await server.connection()
        let stream = try EventStream(connection, definition)
        _ = try await stream.ensure()
        let log = EventLog()
        log.append(5_000)
        let relay = EventRelay(stream, log.source)
        try await relaying(relay) { #expect(await eventually { relay.status == .upToDate }) }
        var reader = StreamReader(stream)
        var count = try await reader.next(limit: 100).count
        server.crash()
        #expect(await fault { _ = try await reader.next(limit: 100) } != nil)
        try await server.restart()
        try await within(.seconds(20)) { try await connection.untilConnected() }
        let start = ContinuousClock.now
        while true {
            let items = try await reader.next(limit: 500)
            guard !items.isEmpty else { break }
            count += items.count
        }
        print("MEASURED \(executable): \(Int(4_900 / ((ContinuousClock.now - start) / .seconds(1)))) events/s read")
        #expect(count == 5_000)
        await connection.close()
    }
}
