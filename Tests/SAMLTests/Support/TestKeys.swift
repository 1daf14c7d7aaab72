import Foundation

@testable @_spi(SAMLDebugging) import SAML

/// A key pair made by the openssl command for this run, with an expired certificate: trust is in the key.
struct TestKey: Sendable {
    let privatePEM: String
    let certificatePEM: String
    let signing: SAMLSigningKey
    let verification: SAMLVerificationKey

    /// Of the identity provider.
    static let provider = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    /// Of somebody else.
    static let stranger = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    static let p256 = TestKey(["EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    static let p384 = TestKey(["EC", "-pkeyopt", "ec_paramgen_curve:P-384"])
    static let otherP384 = TestKey(["EC", "-pkeyopt", "ec_paramgen_curve:P-384"])
    static let p521 = TestKey(["EC", "-pkeyopt", "ec_paramgen_curve:P-521"])
    /// Of the service provider, for encryption.
    static let service = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    static let service2 = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:3072"])

    static let large = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
    static let large2 = TestKey(["RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
    /// With an exponent as long as there may be one.
    static let slow = TestKey([
        "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:18446744073709551557",
    ])

    var decryption: SAMLDecryptionKey { must { try SAMLDecryptionKey(pem: privatePEM) } }

    private init(_ algorithm: [String]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("saml-\(UUID().uuidString)")
        must { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appendingPathComponent("key.pem").path,
            certificate = folder.appendingPathComponent("c.pem").path
        Tool.run("openssl", ["genpkey", "-quiet", "-algorithm"] + algorithm + ["-out", key])
        Tool.run(
            "openssl",
            ["req", "-x509", "-key", key, "-subj", "/CN=test", "-days", "1", "-out", certificate])
        let secret = must { try String(contentsOfFile: key, encoding: .utf8) }
        let shown = must { try String(contentsOfFile: certificate, encoding: .utf8) }
        privatePEM = secret
        certificatePEM = shown
        signing = must { try SAMLSigningKey(pem: secret, certificate: shown) }
        verification = must { try SAMLVerificationKey(pem: shown) }
    }
}

/// Commands of others.
enum Tool {
    /// The status and what was written, both streams together.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = []) -> (status: Int32, output: String) {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: name.hasPrefix("/") ? name : "/usr/bin/env")
        process.arguments = name.hasPrefix("/") ? arguments : [name] + arguments
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { return (-1, "\(error)") }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

/// The reason that something was refused for; nil when it was not.
func reason(_ body: () throws -> Void) -> SAMLError.Reason? {
    do {
        try body()
        return nil
    } catch { return (error as? SAMLError)?.reason }
}

/// What a test cannot begin without.
func must<Value>(_ body: () throws -> Value) -> Value {
    do { return try body() } catch { preconditionFailure("\(error)") }
}
