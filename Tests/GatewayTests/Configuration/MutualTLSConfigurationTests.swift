import Fixtures
import Foundation
import Logging
import OAuth
import Testing
import Vocabulary

@testable import Gateway

@Suite("Certificates of clients in the configuration", .timeLimit(.minutes(1)))
struct MutualTLSConfigurationTests {
    private static let pair = "tls: { certificate_file: s.pem, key_file: s.key }"

    private static func read(_ oauth: String, server: String = ", " + pair, clients: String = "[]") throws
        -> Configuration
    {
        let text = """
            version: 1
            server: { listen: 127.0.0.1:8443, public_url: https://gate.example.org\(server) }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main }, { slug: other }]
            oauth: { \(oauth) }
            clients: \(clients)
            """
        return try ConfigurationLoader.parse(text, file: "f", folder: "/etc", environment: [:])
    }

    /// What is found, as `key message`.
    private static func faults(
        _ oauth: String, server: String = ", " + pair, clients: String = "[]"
    ) -> [String] {
        do {
            _ = try read(oauth, server: server, clients: clients)
            return []
        } catch { return (error as? ConfigurationFaults)?.faults.map { "\($0.key) \($0.message)" } ?? ["\(error)"] }
    }

    @Test func `a listener of its own, behind a proxy, or both`() throws {
        #expect(try Self.read("").oauth.mutualTLS == nil)
        let own = try #require(
            try Self.read(
                "mtls: { listen: \"0.0.0.0:8444\", public_url: \"https://gate.example.org:8444\", "
                    + "authorities: [{ file: ca.pem }, { file: b.pem, tenant: other }] }"
            ).oauth.mutualTLS)
        #expect(own.listen == ListenAddress(host: "0.0.0.0", port: 8444) && own.header == nil)
        #expect(own.authorities.map(\.file) == ["/etc/ca.pem", "/etc/b.pem"])
        let proxied = ", trusted_proxies: [10.0.0.1]"
        for (name, header) in [
            ("Client-Cert", MutualTLSConfiguration.Header.clientCert), ("client-cert", .clientCert),
            ("X-SSL-Cert", .escapedPEM(name: "X-SSL-Cert")),
        ] {
            let text = "mtls: { public_url: \"https://m.example.org\", certificate_header: \(name) }"
            #expect(try Self.read(text, server: proxied).oauth.mutualTLS?.header == header)
        }
    }

    @Test func `what is missing or would be believed of nobody is told`() {
        #expect(Self.faults("mtls: {}").count == 2)
        let all = Self.faults(
            "mtls: { tls: { key_file: k }, authorities: [{ tenant: nobody }], extra: 1 }")
        #expect(all.count == 6, "\(all)")
        for key in [
            "public_url is required", "listen is required", "tls.certificate_file", "authorities[0].file", "extra",
        ] {
            #expect(all.contains { $0.hasPrefix("oauth.mtls.\(key)") }, "\(key) \(all)")
        }
        #expect(all.contains { $0.contains("there is no tenant `nobody`") })
        let base = "public_url: \"https://m.example.org\""
        #expect(
            Self.faults("mtls: { listen: \"127.0.0.1:1\", \(base) }", server: "") == [
                "oauth.mtls.tls is required: the server itself listens without TLS."
            ])
        #expect(
            Self.faults("mtls: { certificate_header: Client-Cert, \(base) }") == [
                "oauth.mtls.certificate_header is believed of nobody: name the proxies in server.trusted_proxies."
            ])
        for name in ["Cookie", "X-Forwarded-For", "X-Original-URI", "X_Cert", "X-", "\"X-A B\""] {
            let found = Self.faults(
                "mtls: { certificate_header: \(name), \(base) }", server: ", trusted_proxies: [10.0.0.1]")
            #expect(found.count == 1 && found[0].hasPrefix("oauth.mtls.certificate_header"), "\(name) \(found)")
        }
        #expect(Self.faults("mtls: { listen: \"127.0.0.1:1\", public_url: \"http://localhost\" }").count == 1)
    }

    @Test func `a client that nobody would ever ask is a fault of the file`() {
        let issued =
            "[{ client_id: a, tenant: main, token_endpoint_auth_method: tls_client_auth, tls_client_auth_san_dns: a.example, "
            + "grant_types: [client_credentials], service_account: a }]"
        let bound =
            "[{ client_id: a, token_endpoint_auth_method: none, redirect_uris: [\"https://a.example/\"], "
            + "tls_client_certificate_bound_access_tokens: true }]"
        func listening(_ authorities: String) -> String {
            "mtls: { listen: \"127.0.0.1:1\", public_url: \"https://m.example.org\"\(authorities) }"
        }
        #expect(
            Self.faults("", clients: issued).first?.hasPrefix("clients[0].token_endpoint_auth_method no client") == true
        )
        #expect(
            Self.faults("", clients: bound).first?
                .hasPrefix("clients[0].tls_client_certificate_bound_access_tokens no client") == true)
        #expect(Self.faults(listening(""), clients: bound) == [])
        #expect(Self.faults(listening(""), clients: issued).first?.contains("oauth.mtls.authorities") == true)
        #expect(Self.faults(listening(", authorities: [{ file: a, tenant: other }]"), clients: issued).count == 1)
        #expect(Self.faults(listening(", authorities: [{ file: a, tenant: main }]"), clients: issued) == [])
        #expect(Self.faults(listening(", authorities: [{ file: a }]"), clients: issued) == [])
    }

    // MARK: The doctor

    private static func findings(_ files: [String]) throws -> [Doctor.Finding] {
        let list = files.map { "{ file: \"\($0)\" }" }.joined(separator: ", ")
        let configuration = try read(
            "mtls: { listen: \"127.0.0.1:1\", public_url: \"https://m.example.org\", authorities: [\(list)] }")
        let logger = Logger(label: "doctor", factory: { _ in SwiftLogNoOpLogHandler() })
        return Doctor(configuration, logger: logger).examineConfiguration(isSound: false)
            .filter { $0.subject == "client certificates" }
    }

    @Test func `the doctor says which authority is missing, is none, has expired or is about to`() async throws {
        let tree = try CertificateTree()
        let good = try await tree.root("/CN=Good", days: 90)
        #expect(try Self.findings([good.certificateFile]).map(\.isGood) == [true])
        let soon = try await tree.root("/CN=Soon", days: 29)
        let old = try await tree.root("/CN=Old", days: -1)
        let client = try await tree.issue("/CN=client", by: good)
        for (file, word) in [
            (soon.certificateFile, "CN=Soon"), (old.certificateFile, "has expired"),
            ("/nonexistent.pem", "cannot be read"),
            (client.certificateFile, "may not issue others"), (good.keyFile, "holds no certificate"),
        ] {
            let found = try Self.findings([file])
            #expect(found.map(\.isGood) == [false] && found[0].detail.contains(word), "\(found)")
        }
        #expect(try Self.findings([]).map(\.isGood) == [true])
        #expect(throws: Fault("oauth.authorities", .ourselves, "")) {
            try ClientAuthorities([.init(file: client.certificateFile, tenant: nil)])
        }
        withExtendedLifetime(tree) {}
    }
}
