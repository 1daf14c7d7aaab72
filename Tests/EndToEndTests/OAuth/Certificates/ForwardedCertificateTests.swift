import Fixtures
import Foundation
import HTTPTypes
import JOSE
import OAuth
import Testing
import Vocabulary

/// Behind a proxy that ends TLS: whose certificate it was shown stands in a header, which is as good as its writer.
@Suite("Certificates that a proxy was shown", .timeLimit(.minutes(3)))
struct ForwardedCertificateTests {
    private typealias Headers = [(String, String)]

    private static func ask(
        _ stage: CertificateStage, _ client: String, _ headers: Headers
    ) async throws -> ServiceTokenTests.Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
        return try await ServiceTokenTests.post(
            stage.api, "/oauth2/token", "grant_type=client_credentials&client_id=\(client)&scope=orders:read", nil,
            fields)
    }

    private static func sequence(_ der: [UInt8]) -> String { ":" + Data(der).base64EncodedString() + ":" }

    @Test("RFC 9440 of a trusted proxy: one certificate with its chain, and nothing that is malformed or twice there")
    func clientCert() async throws {
        try await CertificateStage.serve(header: "Client-Cert", proxies: "127.0.0.1/32") { stage in
            let leaf = try await stage.leaf("/O=Example/CN=issued")
            let text = Self.sequence(try leaf.der())
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", text)]).status == 200)
            #expect(try await Self.ask(stage, "issued", [("client-cert", " \(text) ")]).status == 200)
            #expect(try await Self.ask(stage, "issued", []).status == 401)
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", "")]).status == 401)
            #expect(try await Self.ask(stage, "issued", [("X-Client-Cert", text)]).status == 401)
            let middle = try await stage.tree.issue("/CN=One", .authority(pathLength: 0), by: stage.root)
            let below = try await stage.tree.issue("/O=Example/CN=issued", by: middle)
            let (own, issuer) = (Self.sequence(try below.der()), Self.sequence(try middle.der()))
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", own)]).status == 401)
            for chain in [issuer, "\(own), \(issuer)", "\(issuer),\(issuer)"] {
                let answer = try await Self.ask(stage, "issued", [("Client-Cert", own), ("Client-Cert-Chain", chain)])
                #expect(answer.status == 200, "\(answer.json)")
            }
            let short = Self.sequence(Array(try leaf.der().dropLast()))
            let wrong: [Headers] = [
                [("Client-Cert", text), ("Client-Cert", text)], [("Client-Cert", String(text.dropLast()))],
                [("Client-Cert", Data(try leaf.der()).base64EncodedString())], [("Client-Cert", text + ";a=1")],
                [("Client-Cert", "::")], [("Client-Cert", text + ", " + text)], [("Client-Cert", ":A*==:")],
                [("Client-Cert-Chain", issuer)], [("Client-Cert", own), ("Client-Cert-Chain", issuer + ",")],
                [
                    ("Client-Cert", own),
                    ("Client-Cert-Chain", Array(repeating: issuer, count: 5).joined(separator: ", ")),
                ],
            ]
            for headers in wrong {
                let answer = try await Self.ask(stage, "issued", headers)
                #expect(answer.status == 400 && answer["error"] == "invalid_request", "\(headers) \(answer.json)")
            }
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", short)]).status == 401)
            // At the listener that asks, a header says nothing, whoever sends it.
            let smuggled = ["-H", "Client-Cert: " + text]
            #expect(try await stage.token("issued", nil, smuggled)["error"] == "invalid_client")
            let another = try await stage.leaf("/CN=another")
            #expect(try await stage.token("issued", another, smuggled)["error"] == "invalid_client")
            // A bound token is held to the header too.
            let token = try await Self.ask(stage, "itself", [("Client-Cert", Self.sequence(try stage.own.der()))])
            #expect(token.status == 200, "\(token.json)")
        }
    }

    @Test("nginx's form, of a trusted proxy: PEM with percent signs, one certificate")
    func escaped() async throws {
        try await CertificateStage.serve(header: "X-Client-Cert", proxies: "127.0.0.0/8") { stage in
            let pem = try await stage.leaf("/O=Example/CN=issued").pem()
            let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
            func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
            #expect(try await Self.ask(stage, "issued", [("X-Client-Cert", escaped(pem))]).status == 200)
            #expect(try await Self.ask(stage, "issued", [("X-Client-Cert", "")]).status == 401)
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", escaped(pem))]).status == 401)
            let wrong: [Headers] = [
                [("X-Client-Cert", escaped(pem + pem))], [("X-Client-Cert", "%zz")],
                [("X-Client-Cert", escaped(pem)), ("X-Client-Cert", escaped(pem))],
                [("X-Client-Cert", escaped(pem.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE")))],
                [("X-Client-Cert", escaped(String(pem.dropLast(30))))],
            ]
            for headers in wrong {
                let answer = try await Self.ask(stage, "issued", headers)
                #expect(answer.status == 400 && answer["error"] == "invalid_request", "\(answer.json)")
            }
        }
    }

    @Test("of everybody else the header says nothing, right or malformed")
    func untrusted() async throws {
        try await CertificateStage.serve(header: "Client-Cert", proxies: "192.0.2.1/32") { stage in
            let text = Self.sequence(try await stage.leaf("/O=Example/CN=issued").der())
            for value in [text, "malformed"] {
                let answer = try await Self.ask(stage, "issued", [("Client-Cert", value)])
                #expect(answer.status == 401 && answer["error"] == "invalid_client", "\(answer.json)")
            }
        }
        // Nor of a trusted one, where no header is named.
        try await CertificateStage.serve(proxies: "127.0.0.1/32") { stage in
            let text = Self.sequence(try await stage.leaf("/O=Example/CN=issued").der())
            #expect(try await Self.ask(stage, "issued", [("Client-Cert", text)]).status == 401)
        }
    }
}
