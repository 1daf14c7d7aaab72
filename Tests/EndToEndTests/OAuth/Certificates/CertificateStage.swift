import Fixtures
import Foundation
import Gateway
import HTTPAPI
import JOSE
import Logging
import OAuth
import Vocabulary

/// A gateway with a listener that asks for certificates, authorities and certificates to call it with, and curl, which
/// somebody else wrote.
struct CertificateStage: Sendable {
    let running: TestGateway
    /// The ordinary listener.
    let api: TestAPI
    /// The listener that asks for certificates.
    let port: Int
    let tree: CertificateTree
    let root: CertificateTree.Node
    /// An authority of the tenant `second` alone.
    let other: CertificateTree.Node
    /// Registered with `itself`.
    let own: CertificateTree.Node
    private let authorityFile: String

    static let host = "mtls.example.org"
    static let address = "https://\(host):8444"

    private static func clients(_ own: CertificateTree.Node) throws -> String {
        let document: JSONObject = ["keys": [.object(try jwk(of: own))]]
        let keys = document.serialized
        let service = "service_account: services, grant_types: [client_credentials], scope: \"orders:read\""
        let application = """
            redirect_uris: ["https://app.example.net/callback"], grant_types: [authorization_code, refresh_token], \
            consent: false, scope: "openid offline_access"
            """
        let bound = "tls_client_certificate_bound_access_tokens: true"
        let issued = "token_endpoint_auth_method: tls_client_auth"
        return """
            clients:
              - { client_id: issued, \(issued), tls_client_auth_subject_dn: "CN=issued, O=Example", \(bound), \(service) }
              - { client_id: named, \(issued), tls_client_auth_san_dns: named.example, \(service), access_token_format: jwt, \(bound) }
              - { client_id: plain, \(issued), tls_client_auth_san_uri: "urn:example:plain", \(service) }
              - { client_id: itself, token_endpoint_auth_method: self_signed_tls_client_auth, jwks: \(String(decoding: keys, as: UTF8.self)), \(bound), \(service) }
              - { client_id: shop, \(issued), tls_client_auth_san_dns: shop.example, \(bound), \(application) }
              - { client_id: phone, token_endpoint_auth_method: none, application_type: native, \(bound), \(application) }
              - { client_id: web, client_secret_file: web.secret, answers_for: ["https://gate.example.org"], \(application) }
              - { tenant: second, client_id: issued, \(issued), tls_client_auth_subject_dn: "CN=issued,O=Example", \(service) }
            """
    }

    /// A JWK of P-256 with its certificate: the key as it stands in the certificate (RFC 5480 §2.2), uncompressed.
    static func jwk(of node: CertificateTree.Node) throws -> JSONObject {
        let der = try node.der()
        let mark: [UInt8] = [0x03, 0x42, 0x00, 0x04]
        let start = der.indices.first { der[$0...].starts(with: mark) }.map { $0 + mark.count } ?? 0
        return [
            "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(Array(der[start..<start + 32]))),
            "y": .string(Base64URL.encode(Array(der[start + 32..<start + 64]))),
            "x5c": [.string(Data(der).base64EncodedString())],
        ]
    }

    /// Serves both listeners while the body runs.
    static func serve(
        header: String? = nil, proxies: String = "", clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        _ body: @Sendable @escaping (CertificateStage) async throws -> Void
    ) async throws {
        let tree = try CertificateTree()
        let (root, other) = (try await tree.root("/CN=Clients"), try await tree.root("/CN=Others"))
        let own = try await tree.selfSigned("/CN=itself")
        let servers = try await LocalCertificates()
        let pair = try await servers.server(names: [host])
        let text = """
            providers: [ { id: local, type: local, name: Password } ]
            oauth:
              scopes: [ { name: "orders:read" } ]
              registration: { allowed: everybody }
              mtls:
                listen: 127.0.0.1:0
                public_url: \(address)
                tls: { certificate_file: "\(pair.certificateFile)", key_file: "\(pair.keyFile)" }
                \(header.map { "certificate_header: " + $0 } ?? "")
                authorities:
                  - { file: "\(root.certificateFile)" }
                  - { file: "\(other.certificateFile)", tenant: second }
            \(try clients(own))
            """
        let running = try await OAuthScene.open(
            configuration: text, server: proxies.isEmpty ? "" : "trusted_proxies: [\"\(proxies)\"]",
            tenants: ["default", "second"], clock: clock)
        try await running.serve { api in
            try await listening(running) { port in
                try await body(
                    CertificateStage(
                        running: running, api: api, port: port, tree: tree, root: root, other: other, own: own,
                        authorityFile: servers.authorityFile))
            }
        }
        withExtendedLifetime(servers) {}
    }

    private static func listening(
        _ running: TestGateway, _ body: @Sendable @escaping (Int) async throws -> Void
    ) async throws {
        guard let settings = HTTPServerConfiguration(askingForCertificates: running.gateway.configuration) else {
            throw Fault("test", .ourselves, "nothing asks for certificates")
        }
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let responder = try GatewayRouter(gateway: running.gateway).certificateResponder()
        // It ends by being cancelled here, which it would tell as an error.
        var logger = running.logger
        logger.logLevel = .critical
        let server = try HTTPServer(settings, responder: responder, logger: logger) { told.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            for await port in ports {
                try await body(port)
                break
            }
        }
    }

    // MARK: Calling

    struct Answer: Sendable {
        let status: Int
        let json: JSONObject
        let text: String
        subscript(name: String) -> String? { json[name]?.text }
    }

    /// A call to the listener that asks, with a certificate or without.
    ///
    /// - Parameter arguments: more of curl's.
    func call(
        _ path: String, _ node: CertificateTree.Node? = nil, form: String? = nil, _ arguments: [String] = []
    ) async throws -> Answer {
        var all = [
            "-sS", "--max-time", "20", "--noproxy", "*", "--cacert", authorityFile, "--resolve",
            "\(Self.host):\(port):127.0.0.1", "-w", "\n%{http_code}",
        ]
        if let node { all += ["--cert", node.chainFile, "--key", node.keyFile] }
        if let form { all += ["-d", form] }
        let outcome = try await GatehouseProgram.run(
            "/usr/bin/curl", all + arguments + ["https://\(Self.host):\(port)\(path)"], environment: [:])
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.dropLast().joined(separator: "\n")
        return Answer(
            status: Int(lines.last ?? "") ?? 0, json: (try? JSONObject(parsing: Array(text.utf8))) ?? [:],
            text: text + outcome.error)
    }

    /// A token that a service asks for in its own name.
    func token(
        _ client: String, _ node: CertificateTree.Node?, tenant: String = "", _ arguments: [String] = []
    ) async throws -> Answer {
        try await call(
            tenant + "/oauth2/token", node, form: "grant_type=client_credentials&client_id=\(client)&scope=orders:read",
            arguments)
    }

    func leaf(_ subject: String, _ names: [String] = []) async throws -> CertificateTree.Node {
        try await tree.issue(subject, names: names, by: root)
    }
}
