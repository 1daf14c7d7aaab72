import Vocabulary

/// Reads the Common Event Format as its document describes it, strictly: for tests only.
struct CEFReader {
    /// Version, vendor, product, version, event class, name, severity.
    let header: [String]
    let fields: [String: String]

    /// Nil for a line that is none.
    init?(_ line: String) {
        guard !line.contains(where: \.isNewline) else { return nil }
        var parts: [String] = [], part = "", isEscaped = false
        var rest = Substring(line)
        while let character = rest.popFirst() {
            if isEscaped {
                guard character == "|" || character == "\\" else { return nil }
                part.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "|" {
                parts.append(part)
                part = ""
                if parts.count == 7 { break }
            } else {
                part.append(character)
            }
        }
        guard parts.count == 7, parts[0] == "CEF:0", let fields = Self.fields(rest) else { return nil }
        (header, self.fields) = (parts, fields)
    }

    /// A key runs from a blank to an `=` that is not escaped; a value to the key after it.
    private static func fields(_ text: Substring) -> [String: String]? {
        var places: [(key: Range<String.Index>, value: String.Index)] = []
        var index = text.startIndex, begin = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case "\\":
                index = text.index(after: index)
                guard index < text.endIndex else { return nil }
            case " ": begin = text.index(after: index)
            case "=":
                guard begin < index, text[begin..<index].allSatisfy({ $0.isLetter || $0.isNumber }) else { return nil }
                places.append((begin..<index, text.index(after: index)))
            default: break
            }
            index = text.index(after: index)
        }
        var fields: [String: String] = [:]
        for (number, place) in places.enumerated() {
            let end = number + 1 < places.count ? text.index(before: places[number + 1].key.lowerBound) : text.endIndex
            guard let value = unescaped(text[place.value..<end]),
                fields.updateValue(value, forKey: String(text[place.key])) == nil
            else { return nil }
        }
        return fields
    }

    private static func unescaped(_ text: Substring) -> String? {
        var out = "", rest = text
        while let character = rest.popFirst() {
            guard character == "\\" else {
                out.append(character)
                continue
            }
            switch rest.popFirst() {
            case "\\": out.append("\\")
            case "=": out.append("=")
            case "n": out.append("\n")
            case "r": out.append("\r")
            default: return nil
            }
        }
        return out
    }
}
