import Testing
import Vocabulary

@testable import Identity

@Suite struct TOTPTests {
    static let sha1 = SecretBytes(Array("12345678901234567890".utf8))
    static let sha512 = SecretBytes(
        Array("1234567890123456789012345678901234567890123456789012345678901234".utf8))

    @Test func `RFC 4226 appendix D`() throws {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ]
        let otp = try #require(TOTP())
        for (counter, code) in codes.enumerated() {
            #expect(otp.code(secret: Self.sha1, counter: UInt64(counter)) == code)
        }
    }

    @Test func `RFC 6238 appendix B`() throws {
        let first = try #require(TOTP(algorithm: .sha1, digits: 8))
        #expect(first.code(secret: Self.sha1, counter: 1_111_111_109 / 30) == "07081804")
        let second = try #require(TOTP(algorithm: .sha256, digits: 8))
        let sha256 = SecretBytes(Array("12345678901234567890123456789012".utf8))
        #expect(second.code(secret: sha256, counter: 20_000_000_000 / 30) == "77737706")
        let third = try #require(TOTP(algorithm: .sha512, digits: 8))
        #expect(third.code(secret: Self.sha512, counter: 59 / 30) == "90693936")
        #expect(TOTP(digits: 7) == nil)
    }

    @Test func `one step either side is accepted, two are wrong, and a code works once`() throws {
        let otp = try #require(TOTP())
        let code = otp.code(secret: Self.sha1, counter: 100)
        func verdict(_ step: Int64, last: Int64?) -> TOTP.Outcome {
            otp.verify(code, secret: Self.sha1, now: Timestamp(seconds: step * 30), lastAcceptedStep: last)
        }
        for step: Int64 in 99...101 { #expect(verdict(step, last: 99) == .accepted(step: 100)) }
        for step: Int64 in [98, 102] { #expect(verdict(step, last: nil) == .wrong) }
        #expect(verdict(100, last: 100) == .replayed)
        #expect(verdict(100, last: 101) == .replayed)
    }
}
