/// Changes to the structure of a document, made in its text, so that nothing else of it changes: a signature holds for as
/// long as what it covers is the same.
struct XMLMutations {
    private let bytes: [UInt8]
    private var nodes: [Node] = []

    private struct Node {
        /// The start tag, and the whole element.
        let open: Range<Int>
        var whole: Range<Int>
        let name: String
        let parent: Int?
        var inside: Range<Int> { open.upperBound..<close.lowerBound }
        var close: Range<Int>
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        scan()
    }

    /// Every mutation, each with what was done.
    func all() -> [(label: String, bytes: [UInt8])] {
        nodes.indices.flatMap { node in
            moves(node) + texts(node) + attributes(node) + namespaces(node)
        }
    }

    private mutating func scan() {
        var stack: [Int] = []
        var at = 0
        while let start = bytes[at...].firstIndex(of: UInt8(ascii: "<")) {
            if bytes[start...].starts(with: Array("<!--".utf8)) {
                at = end(of: "-->", from: start)
            } else if bytes[start...].starts(with: Array("<![CDATA[".utf8)) {
                at = end(of: "]]>", from: start)
            } else {
                let end = tagEnd(start)
                if bytes[start + 1] == UInt8(ascii: "/") {
                    let open = stack.removeLast()
                    nodes[open].close = start..<end
                    nodes[open].whole = nodes[open].open.lowerBound..<end
                } else if bytes[start + 1] != UInt8(ascii: "?") {
                    let name = String(
                        decoding: bytes[(start + 1)..<end].prefix { !" \n\r\t/>".utf8.contains($0) }, as: UTF8.self)
                    nodes.append(
                        Node(open: start..<end, whole: start..<end, name: name, parent: stack.last, close: end..<end))
                    if bytes[end - 2] != UInt8(ascii: "/") { stack.append(nodes.count - 1) }
                }
                at = end
            }
        }
    }

    private func end(of mark: String, from start: Int) -> Int {
        let mark = Array(mark.utf8)
        return (start..<bytes.count).first { bytes[$0...].starts(with: mark) }.map { $0 + mark.count } ?? bytes.count
    }

    private func tagEnd(_ start: Int) -> Int {
        var quote: UInt8?
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte == quote {
                quote = nil
            } else if quote == nil, byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if quote == nil, byte == 0x3E {
                return index + 1
            }
        }
        return bytes.count
    }

    /// The document with some of its ranges replaced; the ranges do not overlap.
    private func replacing(_ changes: [(Range<Int>, [UInt8])]) -> [UInt8] {
        var made: [UInt8] = []
        var at = 0
        for (range, replacement) in changes.sorted(by: {
            ($0.0.lowerBound, $0.0.upperBound) < ($1.0.lowerBound, $1.0.upperBound)
        }) {
            made += bytes[at..<range.lowerBound] + replacement
            at = range.upperBound
        }
        return made + bytes[at...]
    }

    private func inserting(_ text: [UInt8], at place: Int) -> [UInt8] { replacing([(place..<place, text)]) }
}

extension XMLMutations {
    private func moves(_ index: Int) -> [(label: String, bytes: [UInt8])] {
        let node = nodes[index], root = nodes[0]
        guard index > 0 else { return [] }
        let text = Array(bytes[node.whole]), gone = (node.whole, [UInt8]())
        func moved(to place: Int) -> [UInt8] { replacing([gone, (place..<place, text)]) }
        var made: [(String, [UInt8])] = [
            ("delete", replacing([gone])), ("duplicate", inserting(text, at: node.whole.upperBound)),
            ("to the front", moved(to: root.inside.lowerBound)), ("to the end", moved(to: root.inside.upperBound)),
            ("copy to the front", inserting(text, at: root.inside.lowerBound)),
            ("copy to the end", inserting(text, at: root.inside.upperBound)),
            ("wrap", replacing([(node.whole, Array("<x:w xmlns:x=\"urn:x\">".utf8) + text + Array("</x:w>".utf8))])),
            ("hollow", replacing([(node.inside, [])])), ("unwrap", replacing([(node.open, []), (node.close, [])])),
            (
                "comment out",
                replacing([(node.whole, Array("<!--".utf8) + text.map { $0 == 0x2D ? 0x5F : $0 } + Array("-->".utf8))])
            ),
        ]
        if let next = nodes.indices.first(where: { $0 > index && nodes[$0].parent == node.parent }) {
            let other = nodes[next].whole
            made.append(("swap", replacing([(node.whole, Array(bytes[other])), (other, text)])))
        }
        if let parent = node.parent, parent > 0 { made.append(("up", moved(to: nodes[parent].whole.upperBound))) }
        return made.map { ("\($0.0) \(node.name)", $0.1) }
    }

    private func texts(_ index: Int) -> [(label: String, bytes: [UInt8])] {
        let node = nodes[index]
        guard !node.inside.isEmpty, !bytes[node.inside].contains(UInt8(ascii: "<")) else { return [] }
        let middle = (node.inside.lowerBound + node.inside.upperBound) / 2
        let tail = Array(bytes[middle..<node.inside.upperBound])
        return [
            ("comment in", inserting(Array("<!-- -->".utf8), at: middle)),
            ("element in", inserting(Array("<x/>".utf8), at: middle)),
            (
                "section in",
                replacing([(middle..<node.inside.upperBound, Array("<![CDATA[".utf8) + tail + Array("]]>".utf8))])
            ),
            ("space in", inserting([0x20], at: middle)), ("cut", replacing([(middle..<node.inside.upperBound, [])])),
            ("forge", replacing([(node.inside, Array("mallory@evil.example".utf8))])),
            ("instruction in", inserting(Array("<?x?>".utf8), at: middle)),
        ].map { ("\($0.0) \(node.name)", $0.1) }
    }

    private func attributes(_ index: Int) -> [(label: String, bytes: [UInt8])] {
        let node = nodes[index]
        let tag = String(decoding: bytes[node.open], as: UTF8.self)
        func with(_ changed: String) -> [UInt8] { replacing([(node.open, Array(changed.utf8))]) }
        var made: [(String, [UInt8])] = []
        for match in tag.matches(of: #/ ([A-Za-z:]+)=("[^"]*"|'[^']*')/#) where !match.1.hasPrefix("xmlns") {
            let whole = String(match.0), name = String(match.1)
            made.append(("without \(name)", with(tag.replacing(whole, with: "", maxReplacements: 1))))
            made.append(("other \(name)", with(tag.replacing(whole, with: " \(name)=\"_other\"", maxReplacements: 1))))
            made.append(
                (
                    "renamed \(name)",
                    with(tag.replacing(whole, with: " x:\(name)=\(match.2) xmlns:x=\"urn:x\"", maxReplacements: 1))
                ))
        }
        let insertion = tag.hasSuffix("/>") ? 2 : 1
        let head = tag.dropLast(insertion), end = tag.suffix(insertion)
        made.append(("id", with("\(head) id=\"_extra\(index)\"\(end)")))
        made.append(("ID", with("\(head) ID=\"_extra\(index)\"\(end)")))
        return made.map { ("\($0.0) \(node.name)", $0.1) }
    }

    private func namespaces(_ index: Int) -> [(label: String, bytes: [UInt8])] {
        let node = nodes[index]
        let tag = String(decoding: bytes[node.open], as: UTF8.self)
        let insertion = tag.hasSuffix("/>") ? 2 : 1
        let head = tag.dropLast(insertion), end = tag.suffix(insertion)
        func with(_ addition: String) -> [UInt8] { replacing([(node.open, Array("\(head) \(addition)\(end)".utf8))]) }
        var made = [
            ("declares", with("xmlns:zz=\"urn:zz\"")), ("relative", with("xmlns:zz=\"zz\"")),
            ("default", with("xmlns=\"urn:zz\"")),
        ]
        if let colon = node.name.firstIndex(of: ":") {
            made.append(("rebinds", with("xmlns:\(node.name[..<colon])=\"urn:zz\"")))
        }
        return made.map { ("\($0.0) \(node.name)", $0.1) }
    }
}
