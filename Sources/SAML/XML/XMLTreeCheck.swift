import CXMLSec

/// Goes once over a parsed document for what a parser accepts and we do not (profile P, and the IDs of profile S).
struct XMLTreeCheck {
    private let limits: XMLLimits
    private var ids: Set<String> = []
    /// Of the text as it goes on over comments, sections and elements, which a reader leaves out between its pieces.
    private var marks: MarkRun

    init(_ limits: XMLLimits) {
        self.limits = limits
        marks = MarkRun(limit: limits.marks)
    }

    /// - Throws: `SAMLError`: `LIMIT`, `XML_DTD`, `XML_MALFORMED`, `DUP_ID`, `ATTR_POLLUTION`, `SIG_STRUCT`.
    mutating func check(_ document: XMLDocument) throws {
        let pointer = document.pointer
        guard pointer.pointee.intSubset == nil, pointer.pointee.extSubset == nil else {
            throw SAMLError(.documentType, "the document has a document type")
        }
        var top = pointer.pointee.children
        while let node = top {
            switch node.pointee.type {
            case XML_ELEMENT_NODE where node == document.root, XML_COMMENT_NODE: break
            default: throw fail(.malformed, "something beside the root element is in the document", node)
            }
            top = node.pointee.next
        }
        try checkTree(document.root)
    }

    /// Without recursion: the way back up is in the nodes.
    private mutating func checkTree(_ root: xmlNodePtr) throws {
        var node = root
        // The outermost ds:Signature that we are in.
        var signature: xmlNodePtr?
        while true {
            switch node.pointee.type {
            case XML_ELEMENT_NODE:
                try checkElement(node)
                if signature == nil, XMLNodes.isElement(node, XMLNamespace.signature, "Signature") { signature = node }
            case XML_TEXT_NODE: try checkText(node)
            case XML_CDATA_SECTION_NODE, XML_COMMENT_NODE:
                // CVE-2025-29775: a comment in a DigestValue is read by one and skipped by the other.
                if signature != nil {
                    throw fail(.signatureStructure, "a comment or a section is in a signature", node)
                }
                if node.pointee.type == XML_CDATA_SECTION_NODE { try checkText(node) }
            default: throw fail(.malformed, "a processing instruction or an entity is in the document", node)
            }
            if node.pointee.type == XML_ELEMENT_NODE, let child = node.pointee.children {
                node = child
                continue
            }
            while node.pointee.next == nil, node != root, let parent = node.pointee.parent {
                if node == signature { signature = nil }
                node = parent
            }
            if node == signature { signature = nil }
            if node == root { return }
            guard let next = node.pointee.next else { return }
            node = next
        }
    }

    private mutating func checkText(_ node: xmlNodePtr) throws {
        guard marks.take(node.pointee.content) else { throw fail(.limit, MarkRun.refusal, node) }
    }

    /// Names and values, each by itself.
    private func requireFewMarks(_ text: UnsafePointer<UInt8>?, _ node: xmlNodePtr) throws {
        var run = MarkRun(limit: limits.marks)
        guard run.take(text) else { throw fail(.limit, MarkRun.refusal, node) }
    }

    private mutating func checkElement(_ node: xmlNodePtr) throws {
        try requireFewMarks(node.pointee.name, node)
        var declaration = node.pointee.nsDef
        while let current = declaration {
            try checkNamespace(current, node)
            declaration = current.pointee.next
        }
        var attribute = node.pointee.properties
        while let current = attribute {
            try checkAttribute(current, node)
            attribute = current.pointee.next
        }
    }

    /// CVE-2025-66475, CVE-2025-66568: libxml2 canonicalizes a relative namespace to nothing, without saying so to every
    /// caller. CVE-2025-25292: readers differ on addresses that are none. So both are refused.
    private func checkNamespace(_ declaration: UnsafeMutablePointer<xmlNs>, _ node: xmlNodePtr) throws {
        guard let href = declaration.pointee.href, href.pointee != 0 else {
            // `xmlns=""` takes a default back.
            guard declaration.pointee.prefix == nil else {
                throw fail(.malformed, "a prefix stands for no namespace", node)
            }
            return
        }
        guard XMLNodes.isAbsoluteURI(href) else {
            throw fail(.malformed, "a namespace is relative, or no address", node)
        }
    }

    private mutating func checkAttribute(_ attribute: UnsafeMutablePointer<xmlAttr>, _ node: xmlNodePtr) throws {
        try requireFewMarks(attribute.pointee.name, node)
        var child = attribute.pointee.children
        var marks = MarkRun(limit: limits.marks)
        while let current = child {
            guard current.pointee.type == XML_TEXT_NODE else {
                throw fail(.malformed, "an entity is in an attribute", node)
            }
            guard marks.take(current.pointee.content) else { throw fail(.limit, MarkRun.refusal, node) }
            child = current.pointee.next
        }
        guard let name = attribute.pointee.name, name[0] | 0x20 == UInt8(ascii: "i"),
            name[1] | 0x20 == UInt8(ascii: "d"), name[2] == 0
        else { return }
        if let namespace = attribute.pointee.ns {
            let isXML = namespace.pointee.href.map { strcmp($0, XMLNamespace.xml) == 0 } ?? false
            guard isXML else { throw fail(.attributePollution, "an ID attribute is in a namespace", node) }
        }
        guard limits.requiresUniqueIDs else { return }
        let value = XMLNodes.value(of: attribute)
        guard ids.insert(value).inserted else { throw fail(.duplicateID, "an ID is in the document twice", node) }
    }

    private func fail(_ reason: SAMLError.Reason, _ detail: String, _ node: xmlNodePtr) -> SAMLError {
        SAMLError(reason, detail, at: SAMLError.Position(line: xmlGetLineNo(node), column: 0))
    }
}

private func strcmp(_ left: UnsafePointer<UInt8>, _ right: String) -> Int32 { xmlStrcmp(left, right) }
