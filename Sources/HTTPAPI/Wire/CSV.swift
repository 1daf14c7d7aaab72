import Vocabulary

/// Reads comma-separated values (RFC 4180): a header, and rows of as many fields. Quoted fields may hold commas, quotes
/// and line breaks. Nothing is evaluated: a field that begins like a formula is the text it is.
public enum CSV {
    /// Why a text is no table, and where.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public let line: Int
        public let reason: String
        public var description: String { "line \(line): \(reason)" }
    }

    /// Fields of one row at most, and bytes of one field.
    public static let columnLimit = 64
    public static let fieldBytes = 16 << 10

    /// The rows as objects under the names of the header; empty fields are left out, blank lines too.
    ///
    /// - Throws: `Failure` for a row with another number of fields than the header, an unclosed quote, a header that
    ///   names a column twice, or more than `rowLimit` rows.
    public static func rows(_ text: String, rowLimit: Int) throws -> [[String: String]] {
        var reader = Reader(text)
        guard let header = try reader.row(), !header.fields.isEmpty else {
            throw Failure(line: 1, reason: "there is no header")
        }
        let names = header.fields.map { $0.filter { !$0.isWhitespace } }
        guard Set(names).count == names.count, !names.contains("") else {
            throw Failure(line: 1, reason: "the header leaves a column without a name, or names one twice")
        }
        var rows: [[String: String]] = []
        while let row = try reader.row() {
            if row.fields == [""] { continue }
            guard row.fields.count == names.count else {
                throw Failure(
                    line: row.line, reason: "it has \(row.fields.count) fields; the header has \(names.count)")
            }
            guard rows.count < rowLimit else {
                throw Failure(line: row.line, reason: "there are more than \(rowLimit) rows")
            }
            rows.append(
                Dictionary(uniqueKeysWithValues: zip(names, row.fields)).filter { !$0.value.isEmpty })
        }
        return rows
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var place = 0
        private var line = 1

        init(_ text: String) {
            let all = Array(text.utf8)
            bytes = all.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(all.dropFirst(3)) : all
        }

        /// The next row; nil at the end.
        mutating func row() throws -> (line: Int, fields: [String])? {
            guard place < bytes.count else { return nil }
            let start = line
            var fields: [String] = []
            while true {
                fields.append(try field())
                guard fields.count <= CSV.columnLimit else {
                    throw Failure(line: start, reason: "it has more than \(CSV.columnLimit) fields")
                }
                guard place < bytes.count, bytes[place] == 0x2C else { break }
                place += 1
            }
            try lineEnd()
            return (start, fields)
        }

        private mutating func lineEnd() throws {
            if place < bytes.count, bytes[place] == 0x0D { place += 1 }
            guard place < bytes.count else { return }
            guard bytes[place] == 0x0A else {
                throw Failure(line: line, reason: "a quote ends in the middle of a field")
            }
            place += 1
            line += 1
        }

        private mutating func field() throws -> String {
            let value = place < bytes.count && bytes[place] == 0x22 ? try quoted() : plain()
            guard value.count <= CSV.fieldBytes else {
                throw Failure(line: line, reason: "a field has more than \(CSV.fieldBytes) bytes")
            }
            return String(decoding: value, as: UTF8.self)
        }

        private mutating func plain() -> ArraySlice<UInt8> {
            let start = place
            while place < bytes.count, ![0x2C, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
            return bytes[start..<place]
        }

        private mutating func quoted() throws -> ArraySlice<UInt8> {
            place += 1
            var value: [UInt8] = []
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte == 0x22 {
                    guard place < bytes.count, bytes[place] == 0x22 else { return value[...] }
                    place += 1
                } else if byte == 0x0A {
                    line += 1
                }
                value.append(byte)
            }
            throw Failure(line: line, reason: "a quote is not closed")
        }
    }
}
