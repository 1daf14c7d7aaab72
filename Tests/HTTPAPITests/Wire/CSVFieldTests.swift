import Testing

@testable import HTTPAPI

@Suite("Fields of a table that is written")
struct CSVFieldTests {
    @Test(
        "S4-61 a field is quoted where it has to be, and is never a formula",
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""), ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""), ("", ""), ("\"", "\"\"\"\""),
            // A quotation mark with an accent on it is one all the same.
            ("a\"\u{301}b", "\"a\"\"\u{301}b\""),
        ])
    func fields(text: String, field: String) {
        #expect(CSV.field(text).unicodeScalars.elementsEqual(field.unicodeScalars))
    }
}
