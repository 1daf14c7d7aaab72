import Foundation
import JOSE
import Testing

private let openssl = "/usr/bin/openssl"

/// Keys as `openssl genpkey` writes them, drawn anew for each run.
@Suite("Private keys in PEM", .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
struct PEMKeyTests {
    private func key(_ arguments: String) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: openssl)
        process.arguments = ["genpkey"] + arguments.split(separator: " ").map(String.init)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test(
        "a key that is read signs, and its public half verifies",
        arguments: [
            ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", SignatureAlgorithm.es256),
            ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", .es384),
            ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", .es512),
            ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", .rs256),
        ])
    func signs(arguments: String, algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(pem: try key(arguments), algorithm: algorithm, keyID: "k1")
        #expect(key.algorithm == algorithm && key.keyID == "k1")
        let token = try JWT.sign(["sub": "ada"], with: key)
        let verified = try UnverifiedJWS(compact: token).verified(by: key.verificationKey)
        #expect(try JSONObject(parsing: verified.payload)["sub"]?.text == "ada")
    }

    @Test("without a name its thumbprint is its name, whoever reads it")
    func names() throws {
        let text = try key("-algorithm ED25519")
        let (one, other) = (try SigningKey(pem: text), try SigningKey(pem: text))
        #expect(one.keyID != nil && one.keyID == other.keyID)
    }

    @Test(
        "what cannot be used is refused",
        arguments: [
            "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "-algorithm X25519",
            "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:secret",
        ])
    func refused(arguments: String) throws {
        let text = try key(arguments)
        #expect(text.contains("PRIVATE KEY"))
        #expect(throws: JOSEError.self) { try SigningKey(pem: text, algorithm: .rs256) }
        #expect(throws: JOSEError.self) { try SigningKey(pem: text) }
    }

    @Test("what is no key is none")
    func nonsense() {
        let texts = [
            "", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            String(repeating: "A", count: 40_000),
        ]
        for text in texts { #expect(throws: JOSEError.self) { try SigningKey(pem: text) } }
    }
}
