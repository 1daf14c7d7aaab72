import CXMLSec

/// A document in libxml2's memory. It belongs to one call on one thread.
final class XMLDocument {
    let pointer: xmlDocPtr
    let root: xmlNodePtr
    /// Nodes that were counted when it was read, and what they were held to.
    let nodes: Int
    let limits: XMLLimits

    private init(owning pointer: xmlDocPtr, _ root: xmlNodePtr, nodes: Int, limits: XMLLimits) {
        self.pointer = pointer
        self.root = root
        self.nodes = nodes
        self.limits = limits
    }

    deinit { xmlFreeDoc(pointer) }

    /// A document with nothing but a root that is still to be filled.
    static func empty(root name: String) throws -> XMLDocument {
        try XMLLibrary.require()
        guard let pointer = xmlNewDoc("1.0") else { throw SAMLError(.library, "no memory") }
        guard let root = xmlNewDocNode(pointer, nil, name, nil) else {
            xmlFreeDoc(pointer)
            throw SAMLError(.library, "no memory")
        }
        xmlDocSetRootElement(pointer, root)
        return XMLDocument(owning: pointer, root, nodes: 0, limits: .message)
    }

    /// Reads bytes under profile P.
    ///
    /// - Throws: `SAMLError`: `LIMIT`, `XML_DTD`, `XML_MALFORMED`, `DUP_ID`, `ATTR_POLLUTION`.
    static func parse(_ bytes: [UInt8], _ limits: XMLLimits) throws -> XMLDocument {
        try XMLLibrary.require()
        return try bytes.withUnsafeBufferPointer { buffer in
            let nodes = try XMLPrescan.check(buffer, limits)
            let document = try read(buffer, nodes, limits)
            var check = XMLTreeCheck(limits)
            try check.check(document)
            return document
        }
    }

    /// No entity is replaced, no document type loaded, nothing repaired, no limit of the library's lifted.
    private static let options = Int32(
        bitPattern: XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)

    private static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, _ nodes: Int, _ limits: XMLLimits
    ) throws -> XMLDocument {
        guard let context = xmlNewParserCtxt() else { throw SAMLError(.library, "no memory") }
        defer { xmlFreeParserCtxt(context) }
        let pointer = bytes.withMemoryRebound(to: CChar.self) {
            xmlCtxtReadMemory(context, $0.baseAddress, Int32($0.count), nil, "UTF-8", options)
        }
        guard let pointer else { throw malformed(context) }
        // A prefix without a namespace is an error that libxml2 goes on after.
        guard context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1,
            let root = xmlDocGetRootElement(pointer)
        else {
            xmlFreeDoc(pointer)
            throw malformed(context)
        }
        return XMLDocument(owning: pointer, root, nodes: nodes, limits: limits)
    }

    private static func malformed(_ context: xmlParserCtxtPtr) -> SAMLError {
        let error = context.pointee.lastError
        let said = error.message.map { String(cString: $0).trimmingXMLSpace() } ?? "not well-formed"
        // Messages quote names of the document; they are cut, not repeated at length.
        let text = String(
            said.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(120).map(Character.init))
        return SAMLError(
            .malformed, text, at: SAMLError.Position(line: Int(max(error.line, 1)), column: Int(max(error.int2, 0))))
    }
}
