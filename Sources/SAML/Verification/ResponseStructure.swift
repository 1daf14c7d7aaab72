import CXMLSec

/// Where things are in a response before anything is believed: found by their place, never by looking for them.
struct ResponseStructure {
    let response: xmlNodePtr
    /// `Assertion` or `EncryptedAssertion`; nil where the status says that there is none.
    let assertion: xmlNodePtr?
    let isEncrypted: Bool

    /// - Throws: `SAMLError`: `ROOT`, `VERSION`, `NO_ID`.
    static func root(_ document: XMLDocument, _ local: String) throws -> xmlNodePtr {
        try message(document.root, local)
    }

    /// As above, of an element wherever it is.
    static func message(_ node: xmlNodePtr, _ local: String) throws -> xmlNodePtr {
        guard XMLNodes.isElement(node, XMLNamespace.protocols, local) else {
            throw SAMLError(.root, "the document is no samlp:\(local)")
        }
        try identity(of: node)
        return node
    }

    /// - Throws: `SAMLError`: `VERSION`, `NO_ID`.
    static func identity(of node: xmlNodePtr) throws {
        guard XMLNodes.value(node, "Version") == "2.0" else { throw SAMLError(.version, "Version is not 2.0") }
        guard let id = XMLNodes.value(node, "ID"), SAMLName.isPlainNCName(id) else {
            throw SAMLError(.noID, "ID is missing, or no name")
        }
    }

    /// - Parameter hasSucceeded: what the status says; without success there may be no assertion.
    /// - Throws: `SAMLError`: `NUM_ASSERTIONS`, `SIG_PLACEMENT`, `VERSION`, `NO_ID`.
    init(_ response: xmlNodePtr, hasSucceeded: Bool) throws {
        let plain = XMLNodes.elements(of: response, XMLNamespace.assertion, "Assertion")
        let encrypted = XMLNodes.elements(of: response, XMLNamespace.assertion, "EncryptedAssertion")
        guard plain.count + encrypted.count == 1 || (!hasSucceeded && plain.isEmpty && encrypted.isEmpty) else {
            throw SAMLError(
                .assertionCount, "the response has \(plain.count + encrypted.count) assertions, where it has one")
        }
        self.response = response
        assertion = plain.first ?? encrypted.first
        isEncrypted = plain.isEmpty
        try SignaturePlaces(carriers: [response] + plain).check(response)
        if let plain = plain.first { try Self.identity(of: plain) }
    }
}

/// Where signatures and assertions may be: signatures directly in what they sign, behind its issuer; assertions once.
/// What is inside `Advice` is looked over (IIP-EXT01).
struct SignaturePlaces {
    /// The elements that may have one, outermost first.
    let carriers: [xmlNodePtr]
    /// What is looked over by itself.
    var except: xmlNodePtr?

    private static let single: Set<String> = ["Assertion", "EncryptedAssertion"]

    /// - Throws: `SAMLError`: `SIG_PLACEMENT`, `NUM_ASSERTIONS`.
    func check(_ root: xmlNodePtr) throws {
        for carrier in carriers { try checkPlace(in: carrier) }
        try walk(root, depth: 0)
    }

    /// Schema: `Issuer?`, then `Signature?`.
    private func checkPlace(in carrier: xmlNodePtr) throws {
        let inside = XMLNodes.elements(of: carrier)
        guard let place = inside.firstIndex(where: { XMLNodes.isElement($0, XMLNamespace.signature, "Signature") })
        else {
            return
        }
        let isBehindIssuer = place == 1 && XMLNodes.isElement(inside[0], XMLNamespace.assertion, "Issuer")
        guard place == 0 || isBehindIssuer else {
            throw fail(.signaturePlacement, "a signature is not where the schema has it", inside[place])
        }
    }

    /// Depth is bounded by the limits that the document was read under.
    private func walk(_ node: xmlNodePtr, depth: Int) throws {
        for child in XMLNodes.elements(of: node) where child != except {
            if XMLNodes.isElement(child, XMLNamespace.signature, "Signature") {
                guard carriers.contains(node) else {
                    throw fail(.signaturePlacement, "a signature is in an element that is not signed by itself", child)
                }
                // Its inside is the profile's to look at; nothing of ours belongs into KeyInfo.
            } else if let space = child.pointee.ns?.pointee.href, xmlStrcmp(space, XMLNamespace.assertion) == 0 {
                let local = child.pointee.name.map { String(cString: $0) } ?? ""
                if local == "Advice" { continue }
                guard !Self.single.contains(local) || (depth == 0 && node == carriers.first) else {
                    throw fail(.assertionCount, "an assertion is inside something else", child)
                }
            } else if XMLNodes.isElement(child, XMLNamespace.protocols, "Response") {
                throw fail(.assertionCount, "a response is inside something else", child)
            }
            try walk(child, depth: depth + 1)
        }
    }

    private func fail(_ reason: SAMLError.Reason, _ detail: String, _ node: xmlNodePtr) -> SAMLError {
        SAMLError(reason, detail, at: SAMLError.Position(line: xmlGetLineNo(node), column: 0))
    }
}
