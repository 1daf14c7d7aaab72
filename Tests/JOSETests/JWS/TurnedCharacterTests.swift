import Testing

@testable import JOSE

@Suite("Every character counts")
struct TurnedCharacterTests {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)

    /// Each text that differs from the token in one character: the next of the alphabet, the next but one, and a dot.
    private func neighbours(of token: String) -> [String] {
        let bytes = Array(token.utf8)
        return bytes.indices.flatMap { index in
            let place = Self.alphabet.firstIndex(of: bytes[index]) ?? 0
            let others = [1, 2, 32].map { Self.alphabet[(place + $0) % Self.alphabet.count] }
            return others.map { other in
                var changed = bytes
                changed[index] = other
                return String(decoding: changed, as: UTF8.self)
            }
        }
    }

    @Test("A signed token in which any one character is another is refused, and so is each of its beginnings")
    func signed() throws {
        let target = try Target.one.get()
        let token = try target.sound(by: target.rsa)
        let changed = neighbours(of: token)
        #expect(changed.count == 3 * token.utf8.count)
        for text in changed + (0..<token.utf8.count).map({ String(token.prefix($0)) }) {
            #expect(throws: JOSEError.self, "\(text)") { try target.verify(text) }
        }
        _ = try target.verify(token)
    }

    @Test("An encrypted token in which any one character is another is refused, and so is each of its beginnings")
    func encrypted() throws {
        let target = try EncryptedTarget.one.get()
        let token = try target.sound(for: target.montgomery)
        for text in neighbours(of: token) + (0..<token.utf8.count).map({ String(token.prefix($0)) }) {
            #expect(throws: JOSEError.self, "\(text)") { try target.verify(text) }
        }
        _ = try target.verify(token)
    }
}
