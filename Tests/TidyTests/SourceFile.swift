import Foundation

/// A Swift file: its text, and its code with comments and the insides of strings blanked, line for line.
struct SourceFile {
    let path: String
    let lines: [String]
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n")
        code = Self.blanked(text).components(separatedBy: "\n")
    }

    /// The target a file of `Sources` or `Tests` belongs to.
    var target: String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.count > 3 && parts[1] == "System" ? parts[2] : parts[1]
    }

    var imports: [String] {
        code.compactMap { line in
            guard let match = line.firstMatch(of: Self.importLine) else { return nil }
            return String(match.1)
        }
    }

    /// `path:line` of each line of code that contains a match.
    func places(of pattern: Regex<Substring>) -> [String] {
        code.indices.filter { code[$0].contains(pattern) }.map { "\(path):\($0 + 1)" }
    }

    private static var importLine: Regex<(Substring, Substring)> {
        #/^\s*(?:@\w+\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|func|protocol|typealias|let|var)\s+)?(\w+)/#
    }

    private static func blanked(_ text: String) -> String {
        var scanner = Blanking(bytes: Array(text.utf8))
        return String(decoding: scanner.run(), as: UTF8.self)
    }
}

/// Replaces comments and string contents by spaces. Interpolations inside strings are blanked with them.
private struct Blanking {
    let bytes: [UInt8]
    var at = 0
    var out: [UInt8] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
        out.reserveCapacity(bytes.count)
    }

    mutating func run() -> [UInt8] {
        while at < bytes.count {
            if starts("//") {
                blank { $0.starts("\n") }
            } else if starts("/*") {
                blankComment()
            } else if let hashes = stringOpening() {
                blankString(hashes: hashes)
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return out
    }

    private func starts(_ word: String, offset: Int = 0) -> Bool {
        let wanted = Array(word.utf8)
        let from = at + offset
        return from + wanted.count <= bytes.count && bytes[from..<from + wanted.count].elementsEqual(wanted)
    }

    private func stringOpening() -> Int? {
        var hashes = 0
        while at + hashes < bytes.count, bytes[at + hashes] == 0x23 { hashes += 1 }
        return starts("\"", offset: hashes) ? hashes : nil
    }

    private mutating func step(_ count: Int) {
        for _ in 0..<min(count, bytes.count - at) {
            out.append(bytes[at] == 0x0A ? 0x0A : 0x20)
            at += 1
        }
    }

    private mutating func blank(until ended: (Self) -> Bool) {
        while at < bytes.count, !ended(self) { step(1) }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if starts("/*") { depth += 1; step(2) } else if starts("*/") { depth -= 1; step(2) } else { step(1) }
        } while depth > 0 && at < bytes.count
    }

    private mutating func blankString(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        step(hashes)
        let quote = starts("\"\"\"") ? "\"\"\"" : "\""
        step(quote.utf8.count)
        let closing = quote + fence
        let escape = "\\" + fence
        while at < bytes.count, !starts(closing) {
            if starts(escape + "(") { step(escape.utf8.count); blankInterpolation(); continue }
            if quote == "\"", hashes == 0, starts("\n") { return }
            step(starts(escape) ? escape.utf8.count + 1 : 1)
        }
        step(closing.utf8.count)
    }

    private mutating func blankInterpolation() {
        var depth = 0
        repeat {
            if let hashes = stringOpening() { blankString(hashes: hashes); continue }
            if starts("(") { depth += 1 } else if starts(")") { depth -= 1 }
            step(1)
        } while depth > 0 && at < bytes.count
    }
}
