import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Vocabulary

/// One listener. It is a `Service`: `run()` returns after a graceful shutdown, when the open requests are answered.
public struct HTTPServer<Responder: HTTPResponder>: Service where Responder.Context == GatewayRequestContext {
    private let application: Application<Responder>
    private let certificates: ServerCertificates?
    private let logger: Logger
    private let certificateInterval: Duration

    /// Prepares a listener; TLS files are read here, so that a wrong path stops the start.
    ///
    /// - Parameter onListening: called once with the bound port (0 on a unix-domain socket), for port 0 and readiness.
    /// - Throws: `Fault` `http.tls_certificate`, `http.tls_key` or `http.address`.
    public init(
        _ configuration: HTTPServerConfiguration, responder: Responder, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        let address = try configuration.address.bindAddress()
        var settings = ApplicationConfiguration(address: address, backlog: 512)
        settings.availableConnectionsDelegate = MaximumAvailableConnections(configuration.limits.connections)
        let certificates = try configuration.tls.map(ServerCertificates.init)
        let channel = configuration.limits.channel
        self.certificates = certificates
        self.logger = logger
        certificateInterval = configuration.certificateInterval
        application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                let plain = HTTP1Channel(responder: responder, configuration: channel)
                return certificates.map { TLSListener(base: plain, certificates: $0) } ?? plain
            }, configuration: settings,
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    /// Serves until it is told to stop, then lets running requests finish; throws when the port cannot be had.
    public func run() async throws {
        guard let certificates else { return try await application.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask {
                while (try? await Task.sleep(for: certificateInterval)) != nil { certificates.refresh(logger) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension HTTPServerConfiguration.Address {
    fileprivate func bindAddress() throws -> BindAddress {
        switch self {
        case .tcp(let host, let port):
            guard !host.isEmpty, (0...65_535).contains(port) else {
                throw Fault("http.address", .ourselves, "\(host):\(port) is not an address to listen at.")
            }
            return .hostname(host, port: port)
        case .unix(let path):
            // sockaddr_un holds 108 bytes with the closing zero.
            guard !path.isEmpty, path.utf8.count < 108 else {
                throw Fault("http.address", .ourselves, "The socket path must have 1 to 107 bytes: \(path)")
            }
            return .unixDomainSocket(path: path)
        }
    }
}

extension HTTPLimits {
    var channel: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(self)],
            idleTimeout: .seconds(Int64(idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerFieldBytes, maxHeaderListSize: headerListBytes,
                maxHeaderFieldCount: headerCount))
    }
}
