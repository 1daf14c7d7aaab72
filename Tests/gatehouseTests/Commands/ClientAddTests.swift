import ArgumentParser
import Testing
import Vocabulary

@testable import gatehouse

@Suite("What `gatehouse client add` asks for")
struct ClientAddTests {
    private func metadata(_ arguments: [String]) throws -> [String: AttributeValue] {
        let command = try ClientCommand.Add.parse(["shop", "--service-account", "shop"] + arguments)
        return command.request.2["metadata"]?.object ?? [:]
    }

    @Test("a certificate's subject or one other name makes it a client that proves itself by that")
    func certificates() throws {
        let subject = try metadata(["--certificate-subject", "CN=shop,O=Example", "--certificate-bound"])
        #expect(subject["token_endpoint_auth_method"] == "tls_client_auth")
        #expect(subject["tls_client_auth_subject_dn"] == "CN=shop,O=Example")
        #expect(subject["tls_client_certificate_bound_access_tokens"] == true)
        for (text, member, value) in [
            ("dns:shop.example", "tls_client_auth_san_dns", "shop.example"),
            ("uri:spiffe://example/shop", "tls_client_auth_san_uri", "spiffe://example/shop"),
            ("ip:2001:db8::1", "tls_client_auth_san_ip", "2001:db8::1"),
            ("email:a@a.example", "tls_client_auth_san_email", "a@a.example"),
        ] {
            let named = try metadata(["--certificate-name", text])
            #expect(named[member]?.string == value && named["token_endpoint_auth_method"] == "tls_client_auth")
        }
        let own = try metadata([
            "--authentication", "self_signed_tls_client_auth", "--keys", "https://shop.example/jwks",
        ])
        #expect(own["token_endpoint_auth_method"] == "self_signed_tls_client_auth")
        let plain = try metadata([])
        #expect(plain["token_endpoint_auth_method"] == "client_secret_basic")
        #expect(plain["tls_client_certificate_bound_access_tokens"] == nil)
    }

    @Test("a name of no kind, and two names, are refused")
    func refused() {
        for arguments in [
            ["--certificate-name", "shop.example"], ["--certificate-name", "dns:"],
            ["--certificate-name", "other:shop"],
            ["--certificate-name", "dns:shop.example", "--certificate-subject", "CN=shop"],
        ] {
            #expect(throws: (any Error).self) {
                try ClientCommand.Add.parse(["shop", "--service-account", "shop"] + arguments)
            }
        }
    }
}
