import ArgumentParser
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import UnixSignals
import Vocabulary

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the gateway until it is told to stop (SIGTERM, SIGINT).")

    @OptionGroup var location: ConfigurationOption

    func run() async throws {
        let configuration = try location.load()
        let logger = LogLines.logger(configuration.logging)
        let gateway = try await Gateway.open(configuration, logger: logger)
        let service = try GatewayService(gateway) { port in
            await FirstLink(gateway).show()
            let listen = ListenAddress(host: configuration.server.listen.host, port: port)
            logger.info(
                "ready",
                metadata: [
                    "listen": "\(listen)", "public_url": "\(configuration.server.publicURL)",
                    "version": "\(GatehouseVersion.current)",
                ])
        }
        var group = ServiceGroupConfiguration(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = configuration.server.shutdownGrace + .seconds(10)
        try await ServiceGroup(configuration: group).run()
        logger.info("stopped")
    }
}

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "The configuration file. Also from GATEHOUSE_CONFIG; by default /etc/gatehouse/gatehouse.yaml.")
    var file: String?

    func load() throws -> Configuration { try ConfigurationLoader.load(file: path) }

    /// Whether one was named, or stands where it does by default: commands that go without one ask.
    var isThere: Bool { file != nil || FileManager.default.isReadableFile(atPath: path) }

    var path: String {
        file ?? ProcessInfo.processInfo.environment["GATEHOUSE_CONFIG"] ?? "/etc/gatehouse/gatehouse.yaml"
    }
}
