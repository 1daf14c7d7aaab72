import Foundation
import Testing

@testable import Identity

@Suite struct TokenHashCodingTests {
    private let hash = TokenHash(of: [UInt8](0..<32), kind: .session)

    @Test func `a hash is one text, and comes back as it was`() throws {
        let text = try JSONEncoder().encode(hash)
        #expect(text.count == 66)
        #expect(try JSONDecoder().decode(TokenHash.self, from: text) == hash)
    }

    @Test func `records written as lists of numbers are still read`() throws {
        let text = "{\"bytes\":[\(hash.bytes.map(String.init).joined(separator: ","))]}"
        #expect(try JSONDecoder().decode(TokenHash.self, from: Data(text.utf8)) == hash)
    }

    @Test(arguments: [
        "\"\"", "\"00\"", "\"\(String(repeating: "0", count: 63))\"", "\"\(String(repeating: "g", count: 64))\"",
        "\"\(String(repeating: "0", count: 66))\"", "{\"bytes\":[1,2,3]}", "7",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(TokenHash.self, from: Data(text.utf8)) }
    }
}
