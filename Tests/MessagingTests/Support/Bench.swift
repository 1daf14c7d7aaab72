import Fixtures
import Foundation
import Synchronization
import Testing

@testable import Messaging

let realServers: [String] = NatsServer.executables

/// A real server with JetStream, in the folder of its own.
func jetStreamServer(_ executable: String, _ more: String = "") async throws -> NatsServer {
    try await NatsServer.start(executable) { folder in "jetstream { store_dir: \"\(folder)/js\" }\n\(more)\n" }
}

extension NatsServer {
    /// A connection that is there.
    func connection(_ change: (inout MessagingConfiguration) -> Void = { _ in }) async throws -> MessagingConnection {
        let connection = try MessagingConnection(configuration(change))
        try await within(.seconds(20)) { try await connection.untilConnected() }
        return connection
    }

    func configuration(
        _ change: (inout MessagingConfiguration) -> Void = { _ in }
    ) throws -> MessagingConfiguration {
        var configuration = MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(port)")])
        configuration.reconnectWait = .milliseconds(20) ... .milliseconds(200)
        change(&configuration)
        return configuration
    }
}

/// What did not come in time.
struct Late: Error {}

/// Fails rather than waits for ever.
func within<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // Not a group: it would wait for a body that hangs.
    let (results, result) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    let task = Task {
        do { result.yield(.success(try await body())) } catch { result.yield(.failure(error)) }
    }
    let timer = Task {
        try await Task.sleep(for: limit)
        result.yield(.failure(Late()))
    }
    defer {
        task.cancel()
        timer.cancel()
    }
    for await first in results { return try first.get() }
    throw Late()
}

/// Whether something comes true, looked at often and given a long time.
func eventually(_ limit: Duration = .seconds(30), _ isTrue: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await isTrue() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await isTrue()
}

/// The `MessagingError` that something ends with.
func failure(_ body: () async throws -> Void) async -> MessagingError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? MessagingError
    }
}

/// Numbers that several threads count up.
final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])
    func add(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
    subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
    var all: [String: Int] { counts.withLock { $0 } }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
