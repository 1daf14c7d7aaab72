import Foundation
import Hummingbird
import Logging
import NIOCore
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Runs a router on a free port of this machine while `body` does.
func withServer<Context: RequestContext & InitializableFromSource<ApplicationRequestContextSource>, Value: Sendable>(
    _ router: Router<Context>, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
        router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { told.yield($0.localAddress?.port ?? 0) }, logger: quiet())
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        var waiting = ports.makeAsyncIterator()
        guard let port = await waiting.next() else { throw NotRunning() }
        defer { group.cancelAll() }
        return try await body(port)
    }
}

struct NotRunning: Error {}

func quiet() -> Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}

/// One GET over real HTTP.
func get(_ port: Int, _ path: String, headers: [(String, String)] = []) async throws -> (HTTPURLResponse, String) {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
    request.timeoutInterval = 10
    for (name, value) in headers { request.addValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    return (try #require(response as? HTTPURLResponse), String(decoding: data, as: UTF8.self))
}
