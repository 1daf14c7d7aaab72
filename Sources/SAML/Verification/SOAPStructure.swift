import CXMLSec

/// Where things are in an envelope of SOAP 1.1 before anything is believed: an optional Header, then one Body with one
/// message, and no other element (SAML Bindings §3.2.1). Text around these says nothing and is gone by: the envelopes of
/// SimpleSAMLphp have a stray backslash before their Header.
struct SOAPStructure {
    /// The one element in the Body.
    let message: xmlNodePtr
    let headers: [xmlNodePtr]

    /// - Parameter understood: the header blocks that are gone by.
    /// - Throws: `SAMLError`: `ROOT` for what is no envelope, `STATUS` for a fault, `SOAP` for one that is built otherwise, that
    ///   holds more than one message, or that demands what is not known here.
    init(_ document: XMLDocument, _ understood: Set<XMLName>) throws {
        let root = document.root
        guard XMLNodes.isElement(root, XMLNamespace.soap11, "Envelope") else {
            throw SAMLError(.root, "the document is no envelope of SOAP 1.1")
        }
        let parts = XMLNodes.elements(of: root)
        let isHeaded = parts.first.map { XMLNodes.isElement($0, XMLNamespace.soap11, "Header") } ?? false
        guard let body = parts.last, parts.count == (isHeaded ? 2 : 1),
            XMLNodes.isElement(body, XMLNamespace.soap11, "Body")
        else { throw SAMLError(.envelope, "the envelope has something else than a Header and one Body", root) }
        headers = isHeaded ? try Self.inside(parts[0]) : []
        for header in headers { try Self.check(header, understood) }
        let found = try Self.inside(body)
        guard found.count == 1 else {
            throw SAMLError(.envelope, "the Body holds \(found.count) messages, where it holds one", body)
        }
        message = found[0]
        guard !XMLNodes.isElement(message, XMLNamespace.soap11, "Fault") else { throw Self.fault(message) }
    }

    /// The elements directly inside, with nothing but white space between them.
    private static func inside(_ node: xmlNodePtr) throws -> [xmlNodePtr] {
        var child = node.pointee.children
        while let current = child {
            if current.pointee.type == XML_TEXT_NODE || current.pointee.type == XML_CDATA_SECTION_NODE,
                xmlIsBlankNode(current) != 1
            {
                throw SAMLError(.envelope, "text is in the envelope where none belongs", node)
            }
            child = current.pointee.next
        }
        return XMLNodes.elements(of: node)
    }

    private static func check(_ header: xmlNodePtr, _ understood: Set<XMLName>) throws {
        let space = header.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""
        // What is read is in the Body: nothing that looks like it belongs beside it.
        guard ![XMLNamespace.protocols, XMLNamespace.assertion].contains(space) else {
            throw SAMLError(.envelope, "a message or an assertion is in the Header", header)
        }
        let name = XMLName(space, header.pointee.name.map { String(cString: $0) } ?? "")
        guard !understood.contains(name), let must = mustUnderstand(header), must.trimmingXMLSpace() != "0" else {
            return
        }
        // SOAP 1.1 §4.2.3.
        throw SAMLError(.envelope, "a header block has to be understood that is not known here", header)
    }

    private static func mustUnderstand(_ header: xmlNodePtr) -> String? {
        var attribute = header.pointee.properties
        while let current = attribute {
            if let space = current.pointee.ns?.pointee.href, xmlStrcmp(space, XMLNamespace.soap11) == 0,
                xmlStrcmp(current.pointee.name, "mustUnderstand") == 0
            {
                return XMLNodes.value(of: current)
            }
            attribute = current.pointee.next
        }
        return nil
    }

    private static func fault(_ node: xmlNodePtr) -> SAMLError {
        let said = XMLNodes.elements(of: node, "", "faultstring").first.flatMap(XMLNodes.textOnly) ?? ""
        return SAMLError(.status, "the other side answers a fault of SOAP, \(said.shortened)", node)
    }
}

extension SAMLError {
    fileprivate init(_ reason: Reason, _ detail: String, _ node: xmlNodePtr) {
        self.init(reason, detail, at: Position(line: xmlGetLineNo(node), column: 0))
    }
}
