import Testing

@testable import JOSE

@Suite("Base64url")
struct Base64URLTests {
    @Test("Bytes of every length come back")
    func roundTrip() {
        for count in 0..<200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        // RFC 7515 appendix C.
        #expect(Base64URL.encode([3, 236, 255, 224, 193]) == "A-z_4ME")
    }

    @Test(
        "Every text but one of some bytes is refused",
        arguments: [
            "A", "AAAAA", "AA==", "AA=", "=", "AB", "AAB", "A+", "A/", "AA AA", "AA\n", "AAé", "\u{0}\u{0}", "A.A",
        ])
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("Of two characters, exactly those are read whose last four bits are zero")
    func strayBits() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let read = alphabet.filter { Base64URL.decode("A\($0)") != nil }
        #expect(read == ["A", "Q", "g", "w"])
        #expect(alphabet.filter { Base64URL.decode("AA\($0)") != nil }.count == 16)
    }
}
