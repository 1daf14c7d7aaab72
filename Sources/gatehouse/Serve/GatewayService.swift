import Foundation
import Gateway
import HTTPAPI
import Logging
import ServiceLifecycle
import Vocabulary

/// A gateway that listens: the public address, the control socket, the metrics address, and what has to be done from
/// time to time. `run()` ends after a graceful shutdown, with the store closed.
struct GatewayService: Service {
    let gateway: Gateway
    private let services: [any Service]
    // A command that opened the gateway for itself starts no directory job and signs heads once, at the end.
    private let isServing: Bool

    /// What is listened at.
    struct Listeners: OptionSet {
        let rawValue: Int
        static let network = Listeners(rawValue: 1)
        static let control = Listeners(rawValue: 2)
        static let all: Listeners = [.network, .control]
    }

    /// - Parameter onReady: called once, when every listener accepts connections, with the public port.
    init(
        _ gateway: Gateway, listeners: Listeners = .all, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.gateway = gateway
        isServing = listeners.contains(.network)
        let router = try GatewayRouter(gateway: gateway)
        let responder = try router.responder()
        let plan = try Self.plan(gateway.configuration, listeners)
        let readiness = Readiness(expected: plan.count, onReady: onReady)
        services = try plan.map { listener -> any Service in
            let onListening: @Sendable (Int) async -> Void = { port in
                if case .unix(let path) = listener.configuration.address { chmod(path, 0o600) }
                await readiness.isListening(listener.isPublic ? port : nil)
            }
            let (settings, logger) = (listener.configuration, gateway.logger)
            if listener.isMetrics {
                return try HTTPServer(
                    settings, responder: router.metricsResponder(), logger: logger, onListening: onListening)
            }
            if settings.asksForCertificates {
                return try HTTPServer(
                    settings, responder: try router.certificateResponder(), logger: logger, onListening: onListening)
            }
            return try HTTPServer(settings, responder: responder, logger: logger, onListening: onListening)
        }
    }

    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in services { group.addTask { try await service.run() } }
                if isServing { group.addTask { try await Housekeeping(gateway).run() } }
                // A listener that ends by itself takes the others with it: half a gateway is worse than none. In a
                // graceful shutdown each ends when its open requests are answered.
                try await group.next()
                if !Task.isShuttingDownGracefully { group.cancelAll() }
                try await group.waitForAll()
            }
        } catch {
            await close()
            throw error
        }
        await close()
    }

    /// What was committed is committed: a last head that no sink took is an error by itself.
    private func close() async {
        do { try await gateway.close() } catch {
            gateway.logger.error("not everything could be closed", metadata: ["error": "\(error)"])
        }
    }

    private struct Listener {
        let configuration: HTTPServerConfiguration
        let isPublic: Bool
        var isMetrics = false
    }

    private static func plan(_ configuration: Configuration, _ listeners: Listeners) throws -> [Listener] {
        var limits = HTTPLimits()
        limits.bodyBytes = configuration.limits.bodyBytes
        limits.headerListBytes = configuration.limits.headerBytes
        var plan: [Listener] = []
        if listeners.contains(.network) {
            let listen = configuration.server.listen
            let tls = configuration.server.tls?.ofListener
            plan.append(
                Listener(
                    configuration: HTTPServerConfiguration(
                        address: .tcp(host: listen.host, port: listen.port), tls: tls, limits: limits), isPublic: true))
            if let mutual = HTTPServerConfiguration(askingForCertificates: configuration, limits: limits) {
                plan.append(Listener(configuration: mutual, isPublic: false))
            }
            if let metrics = configuration.metricsListen {
                plan.append(
                    Listener(
                        configuration: HTTPServerConfiguration(address: .tcp(host: metrics.host, port: metrics.port)),
                        isPublic: false, isMetrics: true))
            }
        }
        if listeners.contains(.control) {
            let socket = ControlSocket(configuration)
            try socket.prepare()
            plan.append(
                Listener(
                    configuration: HTTPServerConfiguration(address: .unix(path: socket.path), limits: limits),
                    isPublic: false))
        }
        return plan
    }
}

/// Counts listeners until all of them are there.
private actor Readiness {
    private var left: Int
    private var publicPort = 0
    private let onReady: @Sendable (Int) async -> Void

    init(expected: Int, onReady: @escaping @Sendable (Int) async -> Void) {
        left = expected
        self.onReady = onReady
    }

    func isListening(_ port: Int?) async {
        if let port { publicPort = port }
        left -= 1
        if left == 0 { await onReady(publicPort) }
    }
}
