import Foundation
import Testing

@testable import JOSE

/// joserfc and jwcrypto from PyPI read what we make, and we read what they make.
@Suite("Second opinions")
struct SecondOpinionTests {
    private static let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
    private static let tool = Corpus.folder.deletingLastPathComponent().appendingPathComponent("Tools/jose_judge.py")
    static let hasJudge = (try? run(["-c", "import joserfc, jwcrypto"]))?.status == 0

    /// Runs Python and gives what it printed on standard output.
    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: printed, as: UTF8.self))
    }

    private static let payload = "a payload – é"

    private func signed(_ algorithm: SignatureAlgorithm) throws -> JSONObject {
        let secret = [UInt8](repeating: 9, count: 64)
        let key =
            try algorithm.isSymmetric
            ? SigningKey(sharedSecret: secret, algorithm: algorithm, keyID: "ours") : SigningKey.generate(algorithm)
        // They get what we publish; a secret is shared.
        let shared = try key.publicKey?.json ?? JSONObject(parsing: key.privateJWK().reveal())
        return [
            "kind": "jws", "alg": .string(algorithm.rawValue), "key": .object(shared),
            "token": .string(try JWS.sign(Array(Self.payload.utf8), with: key, type: "JWT")),
            "payload": .string(Self.payload),
        ]
    }

    private func encrypted(_ algorithm: KeyManagementAlgorithm, _ encryption: ContentEncryption) throws -> JSONObject {
        let secret = [UInt8](repeating: 9, count: algorithm.wrappingKeyLength ?? encryption.keyLength)
        let key =
            try algorithm.isSymmetric
            ? DecryptionKey(sharedSecret: secret, algorithm: algorithm, keyID: "ours")
            : DecryptionKey.generate(algorithm, curve: encryption == .a128GCM ? .p521 : nil)
        let token = try JWE.encrypt(Array(Self.payload.utf8), for: key.encryptionKey(), encryption: encryption)
        return [
            "kind": "jwe", "alg": .string(algorithm.rawValue), "enc": .string(encryption.rawValue),
            "key": .object(try JSONObject(parsing: key.privateJWK().reveal())), "token": .string(token),
            "payload": .string(Self.payload),
        ]
    }

    @Test(
        "What we sign and encrypt, by every algorithm, both libraries read",
        .enabled(
            if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so the outside judges did not speak")
    )
    func ours() throws {
        var cases = try SignatureAlgorithm.allCases.map { try signed($0) }
        for algorithm in KeyManagementAlgorithm.allCases {
            cases += try ContentEncryption.allCases.map { try encrypted(algorithm, $0) }
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("jose-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(cases.map { $0.serialized + [10] }.joined()).write(to: file)
        let outcome = try Self.run([Self.tool.path, "verify", file.path])
        #expect(outcome.status == 0 && outcome.output == "agreed on \(2 * cases.count)\n", "\(outcome.output)")
        #expect(cases.count == 92)
    }

    @Test(
        "What both libraries sign and encrypt, by every algorithm, we read",
        .enabled(
            if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so the outside judges did not speak")
    )
    func theirs() throws {
        let outcome = try Self.run([Self.tool.path, "make"])
        let cases = try outcome.output.split(separator: "\n").map { try JSONObject(parsing: Array($0.utf8)) }
        #expect(outcome.status == 0 && cases.count == 184)
        for vector in cases {
            let (key, alg, token) = (try vector.object("key"), try vector.text("alg"), try vector.text("token"))
            let payload = Array(try vector.text("payload").utf8)
            if vector["kind"] == "jws" {
                let own = try SigningKey(privateJWK: key, algorithm: SignatureAlgorithm(rawValue: alg))
                let read = try UnverifiedJWS(compact: token).verified(by: own.verificationKey)
                #expect(read.payload == payload, "\(alg)")
            } else {
                let own = try DecryptionKey(privateJWK: key, algorithm: KeyManagementAlgorithm(rawValue: alg))
                #expect(try UnopenedJWE(compact: token).opened(with: own).plaintext == payload, "\(alg)")
            }
        }
    }
}
