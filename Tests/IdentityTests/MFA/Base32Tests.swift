import Testing
import Vocabulary

@testable import Identity

@Suite struct Base32Tests {
    @Test(arguments: [
        ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"),
    ])
    func `RFC 4648 section 10`(plain: String, encoded: String) {
        #expect(Base32.encode(Array(plain.utf8), padded: true) == encoded)
        #expect(Base32.decode(encoded) == Array(plain.utf8))
        #expect(Base32.decode(encoded.lowercased().filter { $0 != "=" }) == Array(plain.utf8))
    }

    @Test(arguments: ["M", "MZX", "MZXW6Y", "M1", "MY=", "MY=======", "MY======A", "MZ", "MZXW6YTB========", "MÜ"])
    func `an impossible length, a strange character, wrong padding or stray bits are refused`(text: String) {
        #expect(Base32.decode(text) == nil)
    }

    @Test func `one character past the limit is refused`() {
        #expect(Base32.decode(String(repeating: "A", count: 1_024))?.count == 640)
        #expect(Base32.decode(String(repeating: "A", count: 1_026)) == nil)
    }

    @Test func `the key URI escapes what would break it`() throws {
        let secret = SecretBytes(Array("12345678901234567890".utf8))
        let plain = try #require(TOTP()).keyURI(issuer: "Example Corp", account: "anna@example.org", secret: secret)
        #expect(
            plain.reveal() == "otpauth://totp/Example%20Corp:anna%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=Example%20Corp&algorithm=SHA1&digits=6&period=30")
        let hostile = try #require(TOTP(algorithm: .sha256, digits: 8, stepSeconds: 60))
            .keyURI(issuer: "A:B&secret=x", account: "ö?#/%", secret: secret).reveal()
        #expect(hostile.hasPrefix("otpauth://totp/A%20B%26secret%3Dx:%C3%B6%3F%23%2F%25?secret=GEZD"))
        #expect(hostile.hasSuffix("&algorithm=SHA256&digits=8&period=60"))
    }
}
