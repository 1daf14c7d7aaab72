import Testing
import Vocabulary

@testable import HTTPAPI

@Suite struct CanonicalJSONTests {
    @Test func `every scalar comes back as it was, whether it needs an escape or not`() throws {
        let texts = (0..<0x300).compactMap { Unicode.Scalar(UInt32($0)).map { String(Character($0)) } }
        for text in texts + ["", "\u{1F600}", "a\"b\\c\n\r\t\u{0}\u{1F}\u{7F}é", "plain text"] {
            let bytes = CanonicalJSON.bytes(.string(text))
            #expect(try StrictJSON.parse(bytes) == .string(text))
            #expect(CanonicalJSON.encode(.string(text)) == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `control characters have the short escapes that there are, and the others four digits`() {
        #expect(CanonicalJSON.encode(.string("\n\r\t\u{8}\u{1F}\u{0}")) == #""\n\r\t\u0008\u001f\u0000""#)
        #expect(CanonicalJSON.encode(.string(#"a"b\c/d"#)) == #""a\"b\\c/d""#)
    }

    @Test func `names are sorted, and what JSON cannot say is null`() {
        let value: AttributeValue = ["b": [1, -2.5, .number(.infinity)], "a": ["z": true, "é": false, "y": .null]]
        #expect(CanonicalJSON.encode(value) == #"{"a":{"y":null,"z":true,"é":false},"b":[1,-2.5,null]}"#)
    }

    @Test func `a request's id is 32 hexadecimal digits and never the same`() {
        let ids = (0..<1_000).map { _ in RequestIDMiddleware.random() }
        #expect(Set(ids).count == 1_000)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
    }
}
