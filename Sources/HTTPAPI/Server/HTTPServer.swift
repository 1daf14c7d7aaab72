import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Vocabulary

/// One listener. It is a `Service`: `run()` returns after a graceful shutdown, when the open requests are answered.
public struct HTTPServer<Responder: HTTPResponder>: Service where Responder.Context == GatewayRequestContext {
    private let application: Application<Responder>
    private let address: HTTPServerConfiguration.Address
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
        let certificates = try configuration.tls.map {
            try ServerCertificates($0, asksForCertificates: configuration.asksForCertificates)
        }
        let channel = configuration.limits.channel
        self.address = configuration.address
        self.certificates = certificates
        self.logger = logger
        certificateInterval = configuration.certificateInterval
        application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                let plain = HostListener(base: HTTP1Channel(responder: responder, configuration: channel))
                return certificates.map { TLSListener(base: plain, certificates: $0) } ?? plain
            }, configuration: settings,
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    /// Serves until it is told to stop, then lets running requests finish.
    ///
    /// - Throws: `Fault` `http.address` when the address cannot be listened at.
    public func run() async throws {
        guard let certificates else { return try await listen() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listen() }
            group.addTask {
                while (try? await Task.sleep(for: certificateInterval)) != nil { certificates.refresh(logger) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func listen() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw address.fault(error)
        }
    }
}

extension HTTPServerConfiguration.Address: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// What stands against listening here, and what to do about it (bind(2)).
    fileprivate func fault(_ error: IOError) -> Fault {
        let (cause, remedy): (String, String) =
            switch error.errnoCode {
            case EADDRINUSE: ("another program listens there", "Stop that program, or choose another address.")
            case EADDRNOTAVAIL: ("this machine has no such address", "Choose an address of this machine.")
            case EACCES: ("this user may not listen there", "Choose a port above 1023, or grant CAP_NET_BIND_SERVICE.")
            default: (error.description, "Look at the address of the listener (server.listen).")
            }
        return Fault("http.address", .ourselves, "Cannot listen at \(self): \(cause).", remedy: remedy)
    }

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
            additionalChannelHandlers: [ConnectionGuard(self), UnreadableRequest()],
            idleTimeout: .seconds(Int64(idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerFieldBytes, maxHeaderListSize: headerListBytes,
                maxHeaderFieldCount: headerCount))
    }
}
