import DemoApp
import Fixtures
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import Vocabulary

/// Everything a demo runs: a directory, the gateway, two applications, and nginx in front of them. All of it listens on
/// loopback, and all of it ends with `run`'s return.
struct DemoStage {
    let folder: DemoFolder
    let settings: DemoSettings
    let gateway: Gateway
    let authorityFile: String
    let directory: SlapdServer
    private let certificates: LocalCertificates
    private let server: ServerCertificate

    init(folder: DemoFolder, port: Int, isQuiet: Bool) async throws {
        self.folder = folder
        guard let ldif = SharedFiles.find("demo/directory.ldif"), let policies = SharedFiles.find("demo/policies.yaml")
        else {
            throw Fault(
                "demo.files", .ourselves, "The demo's directory (demo/directory.ldif) was not found.",
                remedy: "Run it from the source tree, or set GATEHOUSE_SHARE to the folder that holds demo/.")
        }
        certificates = try await LocalCertificates(name: "Gatehouse demo authority")
        server = try await certificates.server(names: [
            DemoSettings.gatewayHost, DemoSettings.applicationHost, DemoSettings.otherHost, "localhost", "127.0.0.1",
        ])
        authorityFile = try folder.write(
            try String(contentsOfFile: certificates.authorityFile, encoding: .utf8), to: "ca.pem")
        directory = try await SlapdServer(
            ldif: URL(fileURLWithPath: ldif), suffix: DemoSettings.suffix, certificates: server)
        settings = DemoSettings(
            port: port, directoryURL: directory.ldapsURL ?? "", serviceDN: directory.serviceDN,
            authorityFile: authorityFile, policyFile: policies, isQuiet: isQuiet)
        gateway = try await Self.openGateway(settings, folder, servicePassword: directory.servicePassword)
    }

    private static func openGateway(
        _ settings: DemoSettings, _ folder: DemoFolder, servicePassword: String
    ) async throws -> Gateway {
        _ = try Installation.makeMasterKey(at: folder.path + "/master.key")
        try Installation.writeSecret(SecretText(servicePassword), to: folder.path + "/directory.password")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/heads", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = try folder.write(settings.configuration, to: "gatehouse.yaml")
        // The environment's overrides are for installations, not for a demo that has to be the same everywhere.
        let configuration = try ConfigurationLoader.load(file: file, environment: [:])
        return try await Gateway.open(configuration, logger: LogLines.logger(configuration.logging))
    }

    /// Runs until `body` returns or throws, which is after everything answers.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let gatewayPort = Announcement<Int>()
        let applicationPort = Announcement<Int>()
        let service = try GatewayService(gateway) { await gatewayPort.send($0) }
        let application = try DemoApplication(title: "Vault", logger: gateway.logger) { await applicationPort.send($0) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [service, application], logger: gateway.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await group.run() } catch {
                    await gatewayPort.fail(error)
                    await applicationPort.fail(error)
                    throw error
                }
            }
            defer { tasks.cancelAll() }
            let nginx = try await startNginx(
                gateway: try await gatewayPort.value(), application: try await applicationPort.value())
            let result = await Result { try await body() }
            await nginx.stop()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            directory.stop()
            try result.get()
        }
    }

    private func startNginx(gateway: Int, application: Int) async throws -> NginxServer {
        let origin = "http://127.0.0.1:\(gateway)"
        let target = "http://127.0.0.1:\(application)"
        return try await NginxServer.start(
            NginxConfiguration(
                sites: [
                    NginxSite(serverName: DemoSettings.gatewayHost, application: origin, isProtected: false),
                    NginxSite(serverName: DemoSettings.applicationHost, application: target),
                    NginxSite(serverName: DemoSettings.otherHost, application: target),
                ], gateway: origin, certificatePath: server.certificateFile, keyPath: server.keyFile,
                port: settings.port))
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// One value, said once, that others wait for.
actor Announcement<Value: Sendable> {
    private var outcome: Result<Value, any Error>?
    private var waiting: [CheckedContinuation<Value, any Error>] = []

    func send(_ value: Value) { settle(.success(value)) }
    func fail(_ error: any Error) { settle(.failure(error)) }

    private func settle(_ result: Result<Value, any Error>) {
        guard outcome == nil else { return }
        outcome = result
        for continuation in waiting { continuation.resume(with: result) }
        waiting = []
    }

    func value() async throws -> Value {
        if let outcome { return try outcome.get() }
        return try await withCheckedThrowingContinuation { waiting.append($0) }
    }
}
