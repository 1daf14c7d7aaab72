import CXMLSec

/// Writes values as documents, by a tree that libxml2 escapes and serializes: never by putting text together.
public enum XMLWriter {
    /// The element as a document in UTF-8, without an XML declaration; namespaces are declared where they are first used.
    ///
    /// - Throws: `SAMLError` with `SCHEMA` for names that are none and for characters that XML cannot hold.
    public static func bytes(of element: XMLElement) throws -> [UInt8] {
        let document = try document(of: element)
        return try serialized(document)
    }

    /// The element as a document in memory.
    static func document(of element: XMLElement) throws -> XMLDocument {
        let document = try XMLDocument.empty(root: element.name.local)
        var placed = XMLPlacement(document: document.pointer)
        try placed.fill(document.root, element, depth: 0)
        return document
    }

    static func serialized(_ document: XMLDocument) throws -> [UInt8] {
        guard let buffer = xmlBufferCreate() else { throw SAMLError(.library, "no memory") }
        defer { xmlBufferFree(buffer) }
        guard xmlNodeDump(buffer, document.pointer, document.root, 0, 0) >= 0, let content = xmlBufferContent(buffer)
        else { throw SAMLError(.library, "the document could not be written") }
        return Array(UnsafeBufferPointer(start: content, count: Int(xmlBufferLength(buffer))))
    }
}

/// Puts values into libxml2's tree.
private struct XMLPlacement {
    let document: xmlDocPtr
    private var unnamed = 0

    init(document: xmlDocPtr) { self.document = document }

    /// Values that somebody made, and not a reader, may be deeper than any document we read.
    private static let depthLimit = 64

    mutating func fill(_ node: xmlNodePtr, _ element: XMLElement, depth: Int) throws {
        guard depth <= Self.depthLimit else { throw SAMLError(.schema, "too many elements are inside one another") }
        try XMLCharacters.requireName(element.name.local)
        if !element.name.namespace.isEmpty { xmlSetNs(node, try namespace(element.name.namespace, at: node)) }
        for attribute in element.attributes { try place(attribute, at: node) }
        for child in element.children {
            switch child {
            case .text(let text):
                try XMLCharacters.requireText(text)
                try add(xmlNewDocTextLen(document, text, Int32(text.utf8.count)), to: node)
            case .element(let inner):
                guard let made = xmlNewDocNode(document, nil, inner.name.local, nil) else { throw Self.noMemory }
                try add(made, to: node)
                try fill(made, inner, depth: depth + 1)
            }
        }
    }

    private mutating func place(_ attribute: XMLAttribute, at node: xmlNodePtr) throws {
        try XMLCharacters.requireName(attribute.name.local)
        try XMLCharacters.requireText(attribute.value)
        let space = attribute.name.namespace.isEmpty ? nil : try namespace(attribute.name.namespace, at: node)
        if attribute.name == XMLName(XMLNamespace.schemaInstance, "type") { try declareType(attribute.value, at: node) }
        guard
            xmlHasNsProp(node, attribute.name.local, attribute.name.namespace.isEmpty ? nil : attribute.name.namespace)
                == nil
        else { throw SAMLError(.schema, "\(attribute.name) is given twice") }
        guard xmlNewNsProp(node, space, attribute.name.local, attribute.value) != nil else { throw Self.noMemory }
    }

    /// `xsi:type="xs:string"`: a prefix in a value has to be declared like one in a name.
    private mutating func declareType(_ value: String, at node: xmlNodePtr) throws {
        guard let colon = value.firstIndex(of: ":") else { return }
        guard let space = XMLNamespace.namespace(of: String(value[..<colon])) else { return }
        _ = try namespace(space, at: node)
    }

    private mutating func namespace(_ name: String, at node: xmlNodePtr) throws -> UnsafeMutablePointer<xmlNs> {
        if let found = xmlSearchNsByHref(document, node, name), found.pointee.prefix != nil { return found }
        guard XMLNodes.isAbsoluteURI(name) else { throw SAMLError(.schema, "a namespace is relative, or no address") }
        var prefix = XMLNamespace.prefix(of: name)
        if prefix == nil {
            unnamed += 1
            prefix = "ns\(unnamed)"
        }
        guard let made = xmlNewNs(node, name, prefix) else { throw Self.noMemory }
        return made
    }

    private func add(_ node: xmlNodePtr?, to parent: xmlNodePtr) throws {
        guard let node else { throw Self.noMemory }
        guard xmlAddChild(parent, node) != nil else {
            xmlFreeNode(node)
            throw Self.noMemory
        }
    }

    private static let noMemory = SAMLError(.library, "no memory")
}

/// Texts that may be said in a document.
public enum XMLText {
    /// Whether XML 1.0 can hold every character (§2.2).
    public static func isExpressible(_ text: String) -> Bool { (try? XMLCharacters.requireText(text)) != nil }
}

/// What XML 1.0 can hold.
enum XMLCharacters {
    /// - Throws: `SAMLError` with `SCHEMA` for a name that we would not write: letters, digits, `-`, `_` and `.` only.
    static func requireName(_ name: String) throws {
        let bytes = name.utf8
        guard let first = bytes.first, isLetter(first) || first == UInt8(ascii: "_"),
            bytes.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
        else { throw SAMLError(.schema, "a name of an element or an attribute is none") }
    }

    /// - Throws: `SAMLError` with `SCHEMA` for characters outside XML 1.0 §2.2.
    static func requireText(_ text: String) throws {
        for scalar in text.unicodeScalars {
            let value = scalar.value
            guard value >= 0x20 ? value != 0xFFFE && value != 0xFFFF : value == 0x09 || value == 0x0A || value == 0x0D
            else { throw SAMLError(.schema, "a character is in a text that XML cannot hold") }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
