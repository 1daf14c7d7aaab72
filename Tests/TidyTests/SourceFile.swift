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
            guard line.has("import"), let match = line.firstMatch(of: Self.importLine) else { return nil }
            return String(match.1)
        }
    }

    /// `path:line` of each line of code that contains a match; only lines with one of the words are searched for it,
    /// because a pattern costs a hundred times what a word costs.
    func places(of pattern: Regex<Substring>, near words: [StaticString]) -> [String] {
        code.indices.filter { index in
            words.contains { code[index].has($0) } && code[index].contains(pattern)
        }.map { "\(path):\($0 + 1)" }
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

    private func starts(_ word: StaticString, offset: Int = 0) -> Bool {
        let from = at + offset
        let length = word.utf8CodeUnitCount
        guard from + length <= bytes.count, bytes[from] == word.utf8Start.pointee else { return false }
        return bytes.withUnsafeBytes { memcmp($0.baseAddress! + from, word.utf8Start, length) == 0 }
    }

    private func fence(of hashes: Int, offset: Int) -> Bool {
        let from = at + offset
        return from + hashes <= bytes.count && bytes[from..<from + hashes].allSatisfy { $0 == 0x23 }
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
        step(hashes)
        let quote: StaticString = starts("\"\"\"") ? "\"\"\"" : "\""
        let length = quote.utf8CodeUnitCount
        step(length)
        while at < bytes.count, !(starts(quote) && fence(of: hashes, offset: length)) {
            let isEscape = bytes[at] == 0x5C && fence(of: hashes, offset: 1)
            if isEscape, starts("(", offset: hashes + 1) { step(hashes + 2); blankInterpolation(); continue }
            if length == 1, hashes == 0, bytes[at] == 0x0A { return }
            step(isEscape ? hashes + 2 : 1)
        }
        step(length + hashes)
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

extension String {
    /// Whether the bytes of a word stand somewhere in this text.
    func has(_ word: StaticString) -> Bool {
        var text = self
        let length = word.utf8CodeUnitCount
        return text.withUTF8 { text in
            guard var at = text.baseAddress else { return false }
            let end = at + text.count
            while at + length <= end, let found = memchr(at, Int32(word.utf8Start.pointee), end - at - length + 1) {
                if memcmp(found, word.utf8Start, length) == 0 { return true }
                at = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
            }
            return false
        }
    }
}
