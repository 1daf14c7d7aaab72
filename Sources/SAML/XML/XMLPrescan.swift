/// Looks at a document's bytes before a parser does (profile P): what must not be there is refused, and what makes
/// parsing expensive is counted, in one pass.
///
/// It is no parser: what it lets pass may be malformed, which the parser then says.
struct XMLPrescan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: XMLLimits
    private var at: Int
    private var nodes = 0
    private var depth = 0
    /// Declarations that hold inside each of the elements that are open.
    private var namespaces = [0]
    /// See `XMLLimits.namespaceLookups`.
    private var lookups = 0

    /// How many nodes there are.
    ///
    /// - Throws: `SAMLError`: `LIMIT`, `XML_DTD`, `XML_MALFORMED`.
    static func check(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: XMLLimits) throws -> Int {
        guard !bytes.isEmpty else { throw SAMLError(.malformed, "the document is empty") }
        guard bytes.count <= limits.bytes else {
            throw SAMLError(.limit, "the document has more than \(limits.bytes) bytes")
        }
        var scan = try XMLPrescan(bytes, limits)
        try scan.declaration()
        try scan.markup()
        return scan.nodes
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: XMLLimits) throws {
        self.bytes = bytes
        self.limits = limits
        at = 0
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            guard limits.allowsByteOrderMark else { throw fail(.malformed, "a byte order mark is in front") }
            at = 3
        }
        // UTF-16 and UTF-32, with a mark or without one, have no `<` and a second byte of text here.
        guard at < bytes.count, bytes[at] == UInt8(ascii: "<") || Self.isSpace(bytes[at]) else {
            throw fail(.malformed, "the document does not begin with markup in UTF-8")
        }
    }

    private func fail(_ reason: SAMLError.Reason, _ detail: String) -> SAMLError {
        SAMLError(reason, detail, at: position(of: at))
    }

    private func position(of offset: Int) -> SAMLError.Position {
        var line = 1, begin = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == 0x0A {
            line += 1
            begin = index + 1
        }
        return SAMLError.Position(line: line, column: offset - begin + 1)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private func has(_ text: StaticString, at place: Int) -> Bool {
        guard place + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where bytes[place + index] != wanted[index] { return false }
            return true
        }
    }
}

extension XMLPrescan {
    /// `<?xml … encoding="…"?>`: the encoding is UTF-8, in any case, or not said.
    private mutating func declaration() throws {
        guard has("<?xml", at: at), at + 5 < bytes.count, Self.isSpace(bytes[at + 5]) else { return }
        guard let end = (at..<min(bytes.count, at + 256)).first(where: { has("?>", at: $0) }) else {
            throw fail(.malformed, "the XML declaration has no end")
        }
        let text = String(decoding: bytes[at..<end], as: UTF8.self)
        if let range = text.utf8Range(of: "encoding") {
            let value = text[range.upperBound...].drop { $0.isWhitespace || $0 == "=" }
            guard let quote = value.first, quote == "\"" || quote == "'" else {
                throw fail(.malformed, "the XML declaration is malformed")
            }
            guard value.dropFirst().prefix(while: { $0 != quote }).lowercased() == "utf-8" else {
                throw fail(.malformed, "the document says that it is not in UTF-8")
            }
        }
        at = end + 2
    }

    private mutating func markup() throws {
        while let next = find(UInt8(ascii: "<"), from: at) {
            at = next
            guard at + 1 < bytes.count else { throw fail(.malformed, "the document ends inside a tag") }
            switch bytes[at + 1] {
            case UInt8(ascii: "!"): try comment()
            case UInt8(ascii: "?"): throw fail(.malformed, "processing instructions are not allowed")
            case UInt8(ascii: "/"): try endTag()
            default: try startTag()
            }
        }
        if bytes[at...].contains(0) { throw fail(.malformed, "a zero byte is in the document") }
    }

    private mutating func comment() throws {
        try count()
        if has("<!--", at: at) {
            at = try end(of: "-->", from: at + 4)
        } else if has("<![CDATA[", at: at) {
            at = try end(of: "]]>", from: at + 9)
        } else {
            // `<!DOCTYPE`, `<!ENTITY` and whatever else a document type is made of.
            throw fail(.documentType, "a document type or another declaration is in the document")
        }
    }

    /// Reads over a start tag, counting its attributes by their quoted values.
    private mutating func startTag() throws {
        try count()
        var attributes = 0
        var declared = namespaces[depth]
        var index = at + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                attributes += 1
                guard attributes <= limits.attributes else {
                    throw fail(.limit, "a tag has more than \(limits.attributes) attributes")
                }
                try count()
                guard let close = find(byte, from: index + 1) else { throw fail(.malformed, "a quote has no end") }
                index = close
            } else if byte == UInt8(ascii: "<") {
                throw fail(.malformed, "a tag begins inside a tag")
            } else if byte == UInt8(ascii: "x"), has("xmlns", at: index), Self.isSpace(bytes[index - 1]) {
                declared += 1
                guard declared <= limits.namespaces else {
                    throw fail(.limit, "more than \(limits.namespaces) namespaces are declared at one place")
                }
            }
            index += 1
        }
        guard index < bytes.count else { throw fail(.malformed, "a tag has no end") }
        lookups += (attributes + 1) * declared
        guard lookups <= limits.namespaceLookups else {
            throw fail(.limit, "too many names stand where too many namespaces are declared")
        }
        if bytes[index - 1] != UInt8(ascii: "/") {
            depth += 1
            guard depth <= limits.depth else {
                throw fail(.limit, "more than \(limits.depth) elements are inside one another")
            }
            namespaces.append(declared)
        } else if depth == limits.depth {
            throw fail(.limit, "more than \(limits.depth) elements are inside one another")
        }
        at = index + 1
    }

    private mutating func endTag() throws {
        guard let close = find(UInt8(ascii: ">"), from: at + 2) else { throw fail(.malformed, "a tag has no end") }
        depth -= 1
        guard depth >= 0 else { throw fail(.malformed, "an end tag has no start tag") }
        namespaces.removeLast()
        at = close + 1
    }

    private mutating func count() throws {
        nodes += 1
        guard nodes <= limits.nodes else { throw fail(.limit, "the document has more than \(limits.nodes) nodes") }
    }

    private func end(of mark: StaticString, from place: Int) throws -> Int {
        var index = place
        let first = mark.utf8Start.pointee
        while let next = find(first, from: index) {
            if has(mark, at: next) { return next + mark.utf8CodeUnitCount }
            index = next + 1
        }
        throw fail(.malformed, "a comment or a section has no end")
    }

    private func find(_ byte: UInt8, from index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        return bytes[index...].firstIndex(of: byte)
    }
}

extension String {
    fileprivate func utf8Range(of word: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(word) { return index..<self.index(index, offsetBy: word.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
