import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Vocabulary

@testable import HTTPAPI

/// The real listener in front of a few routes.
struct RunningServer {
    let port: Int
    let group: ServiceGroup

    static func router(slow: Duration = .milliseconds(400)) -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        router.add(middleware: RequestIDMiddleware { "0123456789abcdef" })
        router.add(middleware: SecurityHeadersMiddleware(isSecure: true))
        router.add(middleware: ErrorMiddleware())
        router.get("/ok") { request, _ in "ok \(request.uri.query?.utf8.count ?? 0)" }
        router.get("/slow") { _, _ in
            try await Task.sleep(for: slow)
            return "slow"
        }
        router.get("/peer") { _, context in "\(context.isLocalSocket) \(context.peer.map { "\($0)" } ?? "none")" }
        router.post("/echo") { request, _ in
            let body = try await request.body.collect(upTo: HTTPLimits().bodyBytes)
            return "read \(body.readableBytes)"
        }
        router.post("/unread") { _, _ -> String in throw Refusal.unauthenticated(challenge: "Bearer") }
        router.get("/large") { _, _ in
            Response(status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: 0x61, count: 32 << 20)))
        }
        return router
    }

    static func with<Value: Sendable>(
        address: HTTPServerConfiguration.Address = .tcp(host: "127.0.0.1", port: 0),
        tls: HTTPServerConfiguration.TLSFiles? = nil, grace: Duration = .seconds(5),
        router: Router<GatewayRequestContext> = router(),
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPServerConfiguration(address: address, tls: tls)
        change(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try HTTPServer(
            configuration, responder: router.buildResponder(), logger: logger, onListening: { told.yield($0) })
        var settings = ServiceGroupConfiguration(services: [server], logger: logger)
        settings.maximumGracefulShutdownDuration = grace
        let group = ServiceGroup(configuration: settings)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var waiting = ports.makeAsyncIterator()
            guard let port = await waiting.next() else { throw RawConnection.Refused() }
            let result: Result<Value, any Error>
            do { result = .success(try await body(RunningServer(port: port, group: group))) } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try? await tasks.waitForAll()
            return try result.get()
        }
    }
}
