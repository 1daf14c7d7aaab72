import Foundation
import Synchronization

@testable @_spi(SAMLDebugging) import SAML

/// A key pair of the tests, by whose it is. It is made by the openssl command when it is first asked for, once in a run, with
/// a certificate that nobody has to trust: trust is in the key.
enum TestKey: CaseIterable {
    /// Of the identity provider.
    case provider
    /// Of somebody else.
    case stranger
    case p256, p384, otherP384, p521
    /// Of the service provider, for encryption.
    case service, service2
    case large, large2
    /// With an exponent as long as there may be one.
    case slow

    var privatePEM: String { get throws { try pair.privatePEM } }
    var certificatePEM: String { get throws { try pair.certificatePEM } }
    var signing: SAMLSigningKey { get throws { try pair.signing } }
    var verification: SAMLVerificationKey { get throws { try pair.verification } }
    var decryption: SAMLDecryptionKey { get throws { try SAMLDecryptionKey(pem: pair.privatePEM) } }

    private var algorithm: [String] {
        switch self {
        case .provider, .stranger, .service: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        case .service2: ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"]
        case .large, .large2: ["RSA", "-pkeyopt", "rsa_keygen_bits:4096"]
        case .slow:
            ["RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:18446744073709551557"]
        case .p256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        case .p384, .otherP384: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
        case .p521: ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"]
        }
    }

    private static let made = Mutex<[TestKey: KeyPair]>([:])

    private var pair: KeyPair {
        get throws {
            try Self.made.withLock { made in
                if let pair = made[self] { return pair }
                let pair = try KeyPair(algorithm)
                made[self] = pair
                return pair
            }
        }
    }
}

private struct KeyPair: Sendable {
    let privatePEM: String
    let certificatePEM: String
    let signing: SAMLSigningKey
    let verification: SAMLVerificationKey

    init(_ algorithm: [String]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("saml-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appendingPathComponent("key.pem").path,
            certificate = folder.appendingPathComponent("c.pem").path
        Tool.run("openssl", ["genpkey", "-quiet", "-algorithm"] + algorithm + ["-out", key])
        Tool.run(
            "openssl",
            ["req", "-x509", "-key", key, "-subj", "/CN=test", "-days", "1", "-out", certificate])
        privatePEM = try String(contentsOfFile: key, encoding: .utf8)
        certificatePEM = try String(contentsOfFile: certificate, encoding: .utf8)
        signing = try SAMLSigningKey(pem: privatePEM, certificate: certificatePEM)
        verification = try SAMLVerificationKey(pem: certificatePEM)
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
