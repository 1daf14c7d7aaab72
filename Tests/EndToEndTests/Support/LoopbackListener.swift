import Hummingbird
import Logging

/// Somebody else's server, on a real socket of this machine.
enum LoopbackListener {
    /// Answers by the routes while the body runs, which gets the port.
    static func serve(
        _ router: Router<BasicRequestContext>, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: router.buildResponder(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "listener", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            try await body(await ports.first { _ in true } ?? 0)
            group.cancelAll()
        }
    }
}
