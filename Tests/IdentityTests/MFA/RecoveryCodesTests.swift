import Testing
import Vocabulary

@testable import Identity

@Suite struct RecoveryCodesTests {
    static let person = PersonID(bytes: [UInt8](repeating: 1, count: 16))!
    static let other = PersonID(bytes: [UInt8](repeating: 2, count: 16))!
    static let random = (0..<100).map { UInt8($0 &* 37 & 0xFF) }

    @Test func `ten codes of eighty bits each in groups, all different`() throws {
        let codes = try #require(RecoveryCodes.make(random: Self.random)).map { $0.reveal() }
        #expect(Set(codes).count == 10)
        for code in codes { #expect(code.wholeMatch(of: #/([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}/#) != nil) }
        #expect(RecoveryCodes.make(random: Array(Self.random.dropLast())) == nil)
        #expect(RecoveryCodes.make(count: 33, random: [UInt8](repeating: 0, count: 330)) == nil)
    }

    @Test func `case, spaces, hyphens and look-alikes do not matter; anything else does`() {
        func hash(_ text: String, _ person: PersonID = Self.person) -> [UInt8]? {
            RecoveryCodes.hash(SecretText(text), of: person)
        }
        let expected = hash("01ab-cdef-ghjk-mnpq")
        #expect(expected?.count == 32)
        for spelling in ["OLABCDEFGHJKMNPQ", "o i a b cdef ghjk mnpq", "01AB-cdef-GHJK-mnpq "] {
            #expect(hash(spelling) == expected)
        }
        #expect(hash("01ab-cdef-ghjk-mnpr") != expected)
        #expect(hash("01ab-cdef-ghjk-mnpq", Self.other) != expected)
        for refused in ["", "01ab-cdef-ghjk-mnp", "01ab-cdef-ghjk-mnpqr", "u1ab-cdef-ghjk-mnpq", "123456"] {
            #expect(hash(refused) == nil)
        }
        #expect(hash("01abcdefghjkmnpq" + String(repeating: " ", count: 48)) == expected)
        #expect(hash("01abcdefghjkmnpq" + String(repeating: " ", count: 49)) == nil)
        #expect(!RecoveryCodes.isWellFormed(SecretText("123456")))
    }
}
