import Testing

@testable import JOSE

@Suite("JSON, read strictly")
struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.parse(Array(text.utf8)) }

    @Test("Values are read without loss: integers exact, other numbers as they were written")
    func values() throws {
        let text =
            #" {"a":[1,-0,9223372036854775807,9223372036854775808,1.5e3,true,false,null],"b":"\u00e9\ud83d\ude00\/"} "#
        let expected: JSONValue = .object([
            "a": [
                1, 0, .integer(.max), .decimal("9223372036854775808"), .decimal("1.5e3"), true, false, nil,
            ],
            "b": "é😀/",
        ])
        #expect(try read(text) == expected)
    }

    @Test(
        "What lenient readers differ about is refused",
        arguments: [
            "", " ", "{", "[", "\"", "{\"a\"}", "{\"a\":1,}", "[1,]", "[1 2]", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}",
            "01", "-", "-01", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "Infinity", "tru", "nul", "True", "1 1",
            "{} {}", "{}x", "\u{FEFF}{}", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "\"\u{01}\"", "\"\n\"", "// c\n{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
        ])
    func refused(text: String) {
        #expect(throws: JOSEError(.malformedJSON)) { try read(text) }
    }

    @Test("Thirty marks stand on a letter, one more does not, written out or escaped, in names and in values")
    func marks() throws {
        for mark in ["\u{301}", "\\u0301"] {
            let (most, more) = ("e" + String(repeating: mark, count: 30), "e" + String(repeating: mark, count: 31))
            _ = try read("{\"\(most)\":\"\(most)a\(most)\"}")
            #expect(throws: JOSEError(.malformedJSON)) { try read("[\"\(more)\"]") }
            #expect(throws: JOSEError(.malformedJSON)) { try read("{\"\(more)\":1}") }
        }
    }

    @Test("Bytes that are no UTF-8 are refused, in names and in values")
    func encoding() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: JOSEError(.malformedJSON)) { try JSONReader.parse(bytes) }
            let named = [0x7B] + bytes + Array(":1}".utf8)
            #expect(throws: JOSEError(.malformedJSON)) { try JSONReader.parse(named) }
        }
    }

    @Test("Nesting ends at sixteen, and what is deeper is not read on")
    func depth() throws {
        func nest(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        _ = try JSONReader.parse(nest(16))
        #expect(throws: JOSEError(.malformedJSON)) { try JSONReader.parse(nest(17)) }
        // A quarter of a megabyte of brackets: reading stops at the seventeenth byte.
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 262_144)
        #expect(throws: JSONReader.Failure(reason: "nested too deep", offset: 16)) {
            try JSONReader.read(deep, limits: .standard)
        }
    }

    @Test("Size, values and digits have their limits, one past each is refused")
    func limits() throws {
        let limits = JSONReader.Limits(bytes: 12, depth: 2, values: 4, digits: 3)
        _ = try JSONReader.parse(Array("[1,2,3]".utf8), limits: limits)
        #expect(throws: JOSEError(.malformedJSON)) { try JSONReader.parse(Array("[1,2,3,4]".utf8), limits: limits) }
        _ = try JSONReader.parse(Array("123".utf8), limits: limits)
        #expect(throws: JOSEError(.malformedJSON)) { try JSONReader.parse(Array("1234".utf8), limits: limits) }
        _ = try JSONReader.parse(Array("\"1234567890\"".utf8), limits: limits)
        #expect(throws: JOSEError(.tooLarge)) { try JSONReader.parse(Array("\"12345678901\"".utf8), limits: limits) }
    }

    @Test("An object of many members refuses a name twice as a small one does")
    func manyMembers() throws {
        let members = (0..<500).map { "\"name\($0)\":\($0)" }
        let object = try JSONObject(parsing: Array("{\(members.joined(separator: ","))}".utf8))
        #expect(object.count == 500 && object["name499"] == 499)
        for twice in ["name0", "name15", "name16", "name499"] {
            let text = "{\((members + ["\"\(twice)\":0"]).joined(separator: ","))}"
            #expect(throws: JOSEError(.malformedJSON)) { try JSONObject(parsing: Array(text.utf8)) }
        }
    }

    @Test("What is written is read again, in the order of its members")
    func written() throws {
        let object: JSONObject = [
            "z": "quote \" backslash \\ line \n null \u{0}", "a": [1, .decimal("1.50"), ["b": nil]], "é": true,
        ]
        let text = String(decoding: object.serialized, as: UTF8.self)
        #expect(text.hasPrefix("{\"z\":\"quote \\\" backslash \\\\ line \\u000a null \\u0000\",\"a\":[1,1.50,"))
        #expect(try JSONObject(parsing: object.serialized) == object)
    }

    @Test("Texts of the same letters and other bytes are two texts")
    func equivalence() throws {
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        let object = try JSONObject(parsing: Array("{\"\u{E9}\":1}".utf8))
        #expect(object["e\u{301}"] == nil)
    }
}
