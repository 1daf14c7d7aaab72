import Fixtures
import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SAML
import Testing

/// Enhanced clients of others, each with a service provider of its own library.
@Suite("Enhanced clients of others and the gateway", .timeLimit(.minutes(3)))
struct SAMLEnhancedClientPeerTests {
    private static let libraries = [
        SAMLLibrary(name: "pysaml2", script: "pysaml2_ecp.py"),
        SAMLLibrary(name: "lasso", script: "lasso_ecp.py", interpreter: "/usr/bin/python3"),
    ]

    @Test(
        "take a signed request to the gateway, and what it answers is believed, and nothing else", arguments: libraries)
    func carries(_ library: SAMLLibrary) async throws {
        try await SAMLLibrary.withFolder { folder in
            let base = Told(
                values: try await library.base(
                    in: folder, ["entity": "https://sp.example/library", "acs": "https://sp.example/ecp"]))
            let own = try await MockKeyPair.make()
            let metadata = try #require(try library.step("metadata", base.values)["metadata"] as? String)
            let configuration = """
                providers: [ { id: local, type: local, name: Password } ]
                saml:
                  ecp: true
                  keys: [ { key_file: saml.key, certificate_file: saml.pem } ]
                  applications:
                    - { entity_id: "https://sp.example/library", title: The Library, metadata_file: sp.xml, name_id_format: persistent }
                """
            let running = try await TestGateway.open(
                extra: configuration,
                files: ["saml.key": own.key, "saml.pem": own.certificate, "sp.xml": metadata])
            try await OAuthScene.addPeople(["ada"], to: running)
            try await running.serve { api in
                let peer = try await api.send(.get, "/saml/metadata", token: .some(nil)).text
                let job = base.values.merging(["peer": peer]) { $1 }
                let asked = try library.step("ask", job)
                #expect(asked["url"] as? String == EnhancedClient.place)
                let body = try #require(asked["body"] as? String)
                let answer = try await Self.bring(body, asked["type"] as? String ?? "text/xml", api)
                let told = job.merging(asked) { $1 }
                let said = try library.step("consume", told.merging(["body": answer]) { $1 })
                #expect(said["url"] as? String == "https://sp.example/ecp")
                #expect((said["name"] as? String)?.isEmpty == false)
                #expect(said["format"] as? String == NameIDFormat.persistent)
                #expect(said["context"] as? String == AuthnContextClass.passwordProtectedTransport)
                // Another place in the header, another request, and something else in it.
                let wrong = [
                    answer.replacing("\"https://sp.example/ecp\"", with: "\"https://evil.example/ecp\""),
                    answer.replacing(#/Version="2.0"/#, with: "Version=\"2.0\" Consent=\"urn:x\"", maxReplacements: 1),
                ]
                for other in wrong {
                    #expect(other != answer)
                    #expect(throws: (any Error).self) {
                        _ = try library.step("consume", told.merging(["body": other]) { $1 })
                    }
                }
                #expect(throws: (any Error).self) {
                    _ = try library.step("consume", told.merging(["body": answer, "request": "_another"]) { $1 })
                }
            }
        }
    }

    private static func bring(_ body: String, _ type: String, _ api: TestAPI) async throws -> String {
        let credentials = Data("ada:\(OAuthScene.password)".utf8).base64EncodedString()
        return try await api.client.execute(
            uri: "/saml/ecp", method: .post,
            headers: [.contentType: type, .authorization: "Basic " + credentials], body: .init(string: body)
        ) { response in
            #expect(response.status == .ok, "\(response.status) \(String(buffer: response.body))")
            return String(buffer: response.body)
        }
    }

    // Texts alone, which nothing changes.
    private struct Told: @unchecked Sendable {
        let values: [String: Any]
    }
}
