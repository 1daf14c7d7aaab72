import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("Strict JSON")
struct StrictJSONTests {
    func parse(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }

    @Test("values are read and written back with sorted names")
    func roundTrip() throws {
        let text = #" {"b":[1,-2.5,true,null,"\u00e9\n\ud83d\ude00"],"a":{}} "#
        #expect(CanonicalJSON.encode(try parse(text)) == #"{"a":{},"b":[1,-2.5,true,null,"é\n😀"]}"#)
        #expect(try parse("9223372036854775807") == .integer(.max))
    }

    @Test(
        "what lenient readers differ about is refused",
        arguments: [
            "", " ", "{", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "[1,]", "{,}", "[1 2]", "01", "-", "1.", "1e",
            "+1",
            "9223372036854775808", "1e999", "NaN", "nul", "'a'", #"{a:1}"#, "1 2", #""\ud800""#, #""\udc00""#,
            #""\ud800\u0041""#, #""\x41""#, "\"a\nb\"", "\u{feff}1", #""abc"#, #"{"a" 1}"#,
        ])
    func refused(_ text: String) {
        #expect(throws: StrictJSON.Failure.self) { try parse(text) }
    }

    @Test("invalid UTF-8 is refused")
    func utf8() {
        #expect(throws: StrictJSON.Failure.self) { try StrictJSON.parse([0x22, 0xC0, 0xAF, 0x22]) }
    }

    @Test("thirty marks stand on a letter, one more does not, written out or escaped, in names and in values")
    func marks() throws {
        for mark in ["\u{301}", "\\u0301"] {
            let (most, more) = ("e" + String(repeating: mark, count: 30), "e" + String(repeating: mark, count: 31))
            _ = try parse("{\"\(most)\":\"\(most)a\(most)\"}")
            #expect(throws: StrictJSON.Failure.self) { try parse("[\"\(more)\"]") }
            #expect(throws: StrictJSON.Failure.self) { try parse("{\"\(more)\":1}") }
        }
    }

    @Test("32 levels are read, 33 are refused, and where is said")
    func depth() throws {
        let nest = { (n: Int) in String(repeating: "[", count: n) + String(repeating: "]", count: n) }
        _ = try parse(nest(32))
        #expect(throws: StrictJSON.Failure(reason: "nested deeper than 32", offset: 32)) { try parse(nest(33)) }
    }
}
