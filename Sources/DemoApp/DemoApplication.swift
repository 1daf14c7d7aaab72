import GatehouseClient
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// A small application that knows nothing of logins: nginx asks the gateway, and it reads who came in from the headers.
///
/// It is a `Service`; `run()` returns after a graceful shutdown.
public struct DemoApplication: Service {
    private let application: Application<RouterResponder<DemoContext>>

    /// Bytes of all header fields of a request, and how many of them, at most.
    public static let headerListBytes = 32 * 1_024
    public static let headerCount = 100

    /// - Parameters:
    ///   - port: 0 takes a free one; `onListening` hears which.
    ///   - title: the application's name on its pages.
    ///   - trustedPeers: the addresses of the proxies whose identity headers are believed.
    ///   - onListening: called once with the bound port, when requests are answered.
    /// - Throws: `GatehouseError` `configuration.trusted_peers`.
    public init(
        host: String = "127.0.0.1", port: Int = 0, title: String = "Demo application",
        trustedPeers: [String] = ["127.0.0.1", "::1"], names: ForwardedIdentityReader.Names = .standard,
        logger: Logger = Logger(label: "demo"), onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        let reader = try ForwardedIdentityReader(trustedPeers: trustedPeers, names: names)
        let limits = HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1_024, maxHeaderListSize: Self.headerListBytes,
                maxHeaderFieldCount: Self.headerCount))
        application = Application(
            router: Self.router(title: title, reader: reader), server: .http1(configuration: limits),
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { await onListening($0.localAddress?.port ?? 0) }, logger: logger)
    }

    /// Serves until the task is cancelled or the process is asked to stop; throws when the port cannot be had.
    public func run() async throws { try await application.run() }

    private static func router(title: String, reader: ForwardedIdentityReader) -> Router<DemoContext> {
        let router = Router(context: DemoContext.self)
        router.add(middleware: PageHeaders())
        let pages = DemoPages(title: title)
        router.get("/") { request, context in
            pages.home(reader.identity(in: request.headers, peer: context.peer)).response()
        }
        router.get("/restricted") { request, context in
            pages.restricted(reader.identity(in: request.headers, peer: context.peer)).response()
        }
        router.get("/sealed") { request, context in
            pages.sealed(reader.identity(in: request.headers, peer: context.peer)).response()
        }
        router.get("/ledger") { request, context in
            pages.ledger(reader.identity(in: request.headers, peer: context.peer)).response()
        }
        router.get("/headers") { request, _ in HeaderDump(request.headers).response() }
        router.get("/demo.css") { _, _ in DemoStyle.response() }
        router.get("/health") { _, _ in "ok\n" }
        return router
    }
}

/// A request with the address of the connection's other end.
struct DemoContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress
    }
}
