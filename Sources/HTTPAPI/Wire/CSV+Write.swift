extension CSV {
    /// A line with its end (RFC 4180 §2).
    static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\r\n" }

    /// One field. What a spreadsheet would take for a formula is made text, blanks before it or not: names and reasons are
    /// other people's.
    static func field(_ text: String) -> String {
        let first = text.unicodeScalars.first { !$0.properties.isWhitespace }
        let begins = text.unicodeScalars.first.map { "\t\r\n".unicodeScalars.contains($0) } ?? false
        // The full-width forms are what an input method for Japanese writes, and are taken for the same.
        let isFormula = first.map { "=+-@＝＋－＠".unicodeScalars.contains($0) } ?? false
        let safe = isFormula || begins ? "'" + text : text
        let needsQuotes = safe.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        guard needsQuotes else { return safe }
        // Scalar by scalar: a quotation mark with an accent on it ends a field all the same.
        return "\"" + safe.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
