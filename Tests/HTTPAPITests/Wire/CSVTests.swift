import HTTPAPI
import Testing

@Suite("Comma-separated values")
struct CSVTests {
    @Test("RFC 4180: quoted fields hold commas, quotes and line breaks, and a formula is the text it is")
    func reads() throws {
        let text =
            "\u{FEFF}account,login,note\r\n\"a,b\",ada,\"she said \"\"no\"\"\nthen left\"\r\n\r\n=1+1,@cmd,-2\r\n"
        let rows = try CSV.rows(text, rowLimit: 2)
        #expect(rows[0] == ["account": "a,b", "login": "ada", "note": "she said \"no\"\nthen left"])
        #expect(rows[1] == ["account": "=1+1", "login": "@cmd", "note": "-2"])
        #expect(try CSV.rows("a,b\n1,\n", rowLimit: 1) == [["a": "1"]])
        #expect(try CSV.rows("a\n", rowLimit: 1).isEmpty)
    }

    @Test(
        "what is no table is refused with its line",
        arguments: ["", "a,a\n1,2", "a,\n1,2", "a,b\n1\n", "a\n\"open", "a\n\"x\"y\n", "a\n1\n2\n3\n"])
    func refuses(text: String) {
        #expect(throws: CSV.Failure.self) { try CSV.rows(text, rowLimit: 2) }
    }

    @Test("columns and fields have limits")
    func limits() throws {
        let wide = Array(repeating: "x", count: CSV.columnLimit).enumerated().map { "c\($0.offset)" }
        _ = try CSV.rows(wide.joined(separator: ",") + "\n", rowLimit: 1)
        #expect(throws: CSV.Failure.self) { try CSV.rows((wide + ["one"]).joined(separator: ","), rowLimit: 1) }
        let long = String(repeating: "x", count: CSV.fieldBytes)
        #expect(try CSV.rows("a\n\(long)\n", rowLimit: 1).count == 1)
        #expect(throws: CSV.Failure.self) { try CSV.rows("a\n\(long)x\n", rowLimit: 1) }
    }
}
