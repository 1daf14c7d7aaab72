import Foundation
import Testing
import Vocabulary

@testable import Identity

/// RFC 6238 appendix B and RFC 4226 appendix D, whole, from the corpus.
@Suite struct TOTPCorpusTests {
    struct Totp: Decodable {
        struct Value: Decodable {
            let seconds: Int64
            let algorithm: TOTP.Algorithm
            let code: String
        }
        let step: Int64
        let digits: Int
        let secrets: [String: String]
        let values: [Value]
    }

    struct Hotp: Decodable {
        let digits: Int
        let secret: String
        let values: [String]
    }

    static func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSONDecoder().decode(
            T.self, from: Data(contentsOf: tests.appendingPathComponent("Corpus/rfc/\(name).json")))
    }

    @Test func `every value of RFC 6238 appendix B is made and accepted, its neighbour is not`() throws {
        let corpus = try Self.read(Totp.self, "rfc6238-appendix-b")
        #expect(corpus.values.count == 18)
        for value in corpus.values {
            let otp = try #require(TOTP(algorithm: value.algorithm, digits: corpus.digits, stepSeconds: corpus.step))
            let secret = SecretBytes(Array(try #require(corpus.secrets[value.algorithm.rawValue]).utf8))
            let now = Timestamp(seconds: value.seconds)
            #expect(otp.code(secret: secret, counter: UInt64(otp.step(at: now))) == value.code)
            #expect(
                otp.verify(value.code, secret: secret, now: now, lastAcceptedStep: nil)
                    == .accepted(step: value.seconds / 30))
            let wrong = String(value.code.dropLast()) + (value.code.hasSuffix("0") ? "1" : "0")
            #expect(otp.verify(wrong, secret: secret, now: now, lastAcceptedStep: nil) == .wrong)
        }
    }

    @Test func `every value of RFC 4226 appendix D is made`() throws {
        let corpus = try Self.read(Hotp.self, "rfc4226-appendix-d")
        let otp = try #require(TOTP(digits: corpus.digits))
        let secret = SecretBytes(Array(corpus.secret.utf8))
        #expect(corpus.values.indices.map { otp.code(secret: secret, counter: UInt64($0)) } == corpus.values)
    }

    @Test func `steps and skews out of range are refused, and skew 0 accepts the present step alone`() throws {
        #expect(TOTP(stepSeconds: 14) == nil && TOTP(stepSeconds: 121) == nil)
        #expect(TOTP(skewSteps: 3) == nil && TOTP(skewSteps: -1) == nil)
        let otp = try #require(TOTP(stepSeconds: 60, skewSteps: 0))
        let secret = SecretBytes(Array("12345678901234567890".utf8))
        let code = otp.code(secret: secret, counter: 7)
        func verdict(_ second: Int64) -> TOTP.Outcome {
            otp.verify(code, secret: secret, now: Timestamp(seconds: second), lastAcceptedStep: nil)
        }
        #expect(verdict(420) == .accepted(step: 7) && verdict(479) == .accepted(step: 7))
        #expect(verdict(419) == .wrong && verdict(480) == .wrong)
    }
}
