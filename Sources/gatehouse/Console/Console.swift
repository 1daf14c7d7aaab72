import Foundation
import Vocabulary

/// Where a command's words go: results to standard output, everything else to standard error.
enum Console {
    static func line(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }
    /// Text for other programs as it is; where a person looks, without what would drive their terminal.
    static func raw(_ text: String) {
        guard isTerminal else { return write(text, to: STDOUT_FILENO) }
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" }
        write(lines.map { plain(String($0)) }.joined(separator: "\n"), to: STDOUT_FILENO)
    }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Colours and progress only where a person looks.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// A line from standard input that is a secret; asked for only where a person looks.
    static func readSecret(_ prompt: String) throws -> SecretText {
        if isatty(STDIN_FILENO) == 1 { write(prompt, to: STDERR_FILENO) }
        guard let line = readLine(), !line.isEmpty else {
            throw CommandRefusal("Nothing was read from standard input.")
        }
        return SecretText(line)
    }

    static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    static func write(_ text: [UInt8], to descriptor: Int32) {
        var bytes = text[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away (a closed pipe) is not worth a failure.
            if written <= 0 { return }
            bytes = bytes.dropFirst(written)
        }
    }

    /// What came from elsewhere (a directory, a request) may hold control characters that would drive a terminal.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                        ? "\u{FFFD}" : scalar
                }))
    }
}

/// Columns for people: a heading, and each column as wide as its widest cell.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    mutating func add(_ cells: [String]) { rows.append(cells.map(Console.plain)) }

    var isEmpty: Bool { rows.isEmpty }

    var text: String {
        let lines = [headings] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return padded.joined(separator: "  ").replacing(/\ +$/, with: "")
        }.joined(separator: "\n")
    }
}
