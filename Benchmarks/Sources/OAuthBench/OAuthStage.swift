import BenchServer
import BenchTable
import Fixtures
import Foundation
import Gateway
import Identity
import JOSE
import Logging
import OAuth
import Vocabulary

/// A folder with a gateway's configuration, clients and people: served by a process of its own, or opened in this one.
final class OAuthStage: Sendable {
    static let peopleCount = 24
    static let password = SecretText("a sufficiently long passphrase")
    static let secret = "a-secret-of-thirty-two-characters"
    static let scope = "orders"

    let folder: String
    let port: Int
    let certificate: ServerCertificate
    private let certificates: LocalCertificates
    var address: String { "https://127.0.0.1:\(port)" }

    init() async throws {
        folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        certificates = try await LocalCertificates()
        certificate = try await certificates.server(names: ["localhost", "127.0.0.1"])
        port = try LoopbackPort.free()
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        try Installation.writeSecret(SecretText(Self.secret), to: folder + "/client.secret")
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        let open = try await open()
        try await open.addPeople()
        try await open.gateway.close()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var file: String { folder + "/gatehouse.yaml" }

    /// As a process of its own.
    func serve() async throws -> ServerProcess {
        let server = try ServerProcess(configuration: file, log: folder + "/server.log", port: port)
        try await server.isReady()
        return server
    }

    /// In this process.
    func open() async throws -> OpenGateway {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let gateway = try await Gateway.open(
            try ConfigurationLoader.load(file: file, environment: [:]), logger: logger)
        guard let tenant = gateway.tenants.tenant(slug: "main")?.id else { throw BenchFailure("There is no tenant.") }
        return OpenGateway(gateway: gateway, tenant: tenant)
    }

    // Two clients for themselves, whose access tokens are signed or say nothing, and two for people's: one gets all that is
    // signed, the other nothing.
    private var configuration: String {
        """
        version: 1
        server:
          listen: "127.0.0.1:\(port)"
          public_url: "\(address)"
          tls: { certificate_file: "\(certificate.certificateFile)", key_file: "\(certificate.keyFile)" }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main, name: Bench }]
        providers: [{ id: local, type: local, name: Password }]
        limits: { calls_per_caller: 1000000000 }
        clients:
          - client_id: signed
            client_secret_file: client.secret
            service_account: service
            grant_types: [client_credentials]
            scope: "\(Self.scope)"
            access_token_format: jwt
            id_token_signed_response_alg: ES256
          - client_id: opaque
            client_secret_file: client.secret
            service_account: service
            grant_types: [client_credentials]
            scope: "\(Self.scope)"
          - client_id: app
            client_secret_file: client.secret
            consent: false
            redirect_uris: ["\(OpenGateway.callback)"]
            grant_types: [authorization_code, refresh_token]
            scope: "openid offline_access"
            access_token_format: jwt
            id_token_signed_response_alg: ES256
          - client_id: plain
            client_secret_file: client.secret
            consent: false
            redirect_uris: ["\(OpenGateway.callback)"]
            grant_types: [authorization_code, refresh_token]
            scope: "openid offline_access \(Self.scope)"

        """
    }
}
