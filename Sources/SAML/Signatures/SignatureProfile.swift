import CXMLSec

/// What a signature says of itself once its structure is what profile S allows. Nothing is proved by it.
struct SignatureClaim {
    let element: xmlNodePtr
    let signature: xmlNodePtr
    let idAttribute: UnsafeMutablePointer<xmlAttr>
    let id: String
    let algorithm: SAMLSignatureAlgorithm
    let digest: SAMLDigestAlgorithm
    let digestValue: [UInt8]
    let signatureValue: [UInt8]
    /// As the Reference has it: `#` and the ID, or nothing under the legacy policy.
    let uri: String
}

/// The structure that a signature has to have (profile S), looked at before libxmlsec1 sees it: what its transforms and
/// references can be made to do is not left to it.
struct SignatureProfile {
    private static let space = XMLNamespace.signature
    static let enveloped = XMLNamespace.signature + "enveloped-signature"
    static let exclusive = XMLNamespace.exclusiveCanonicalization
    static let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

    let policy: SAMLAlgorithmPolicy
    /// Prefixes that may be canonicalized inclusively.
    let prefixLimit: Int

    /// For a signature in this document.
    init(policy: SAMLAlgorithmPolicy, in document: XMLDocument) {
        self.policy = policy
        prefixLimit = document.limits.prefixLookups / max(document.nodes, 1)
    }

    /// The one signature directly inside an element; nil where there is none.
    ///
    /// - Throws: `SAMLError` with `SIG_STRUCT` for two.
    static func signature(of element: xmlNodePtr) throws -> xmlNodePtr? {
        let found = XMLNodes.elements(of: element, space, "Signature")
        guard found.count <= 1 else { throw fail(.signatureStructure, "an element has two signatures", element) }
        return found.first
    }

    /// - Throws: `SAMLError`: `NO_ID`, `SIG_STRUCT`, `SIG_REF`, `SIG_TRANSFORM`, `SIG_ALG`.
    func claim(of signature: xmlNodePtr, in element: xmlNodePtr, isRoot: Bool) throws -> SignatureClaim {
        guard let attribute = XMLNodes.attribute(element, "ID") else {
            throw Self.fail(.noID, "a signed element has no ID", element)
        }
        let id = XMLNodes.value(of: attribute)
        // Also what keeps `#` and the ID from being anything but a name to libxmlsec1, which writes it into an XPointer.
        guard SAMLName.isPlainNCName(id) else {
            throw Self.fail(.noID, "the ID of a signed element is no name", element)
        }
        let parts = try children(of: signature, ["SignedInfo", "SignatureValue", "KeyInfo"], optional: ["KeyInfo"])
        let info = try signedInfo(parts[0])
        let reference = try reference(info.reference, id: id, isRoot: isRoot)
        guard let value = base64(parts[1]), !value.isEmpty, value.count <= 1_024 else {
            throw Self.fail(.signatureStructure, "SignatureValue is not base64", parts[1])
        }
        return SignatureClaim(
            element: element, signature: signature, idAttribute: attribute, id: id, algorithm: info.algorithm,
            digest: reference.digest, digestValue: reference.value, signatureValue: value, uri: reference.uri)
    }

    private func signedInfo(_ node: xmlNodePtr) throws -> (algorithm: SAMLSignatureAlgorithm, reference: xmlNodePtr) {
        let references = XMLNodes.elements(of: node, Self.space, "Reference")
        guard references.count == 1 else {
            throw Self.fail(
                .signatureReference, "a signature has \(references.count) References, where it has one", node)
        }
        let parts = try children(of: node, ["CanonicalizationMethod", "SignatureMethod", "Reference"])
        let canonicalization = try algorithm(of: parts[0], ["Algorithm"])
        guard
            canonicalization == Self.exclusive
                || (policy.allowsInclusiveCanonicalization && canonicalization == Self.inclusive)
        else { throw Self.fail(.signatureTransform, "SignedInfo is not canonicalized exclusively", parts[0]) }
        try parameters(of: parts[0])
        let name = try algorithm(of: parts[1], ["Algorithm"])
        try children(of: parts[1], [])
        guard let algorithm = SAMLSignatureAlgorithm(rawValue: name), policy.allows(algorithm) else {
            throw Self.fail(.signatureAlgorithm, "the signature algorithm \(name.shortened) is refused", parts[1])
        }
        return (algorithm, parts[2])
    }

    private func reference(
        _ node: xmlNodePtr, id: String, isRoot: Bool
    ) throws -> (digest: SAMLDigestAlgorithm, value: [UInt8], uri: String) {
        guard let uri = XMLNodes.value(node, "URI") else {
            throw Self.fail(.signatureReference, "a Reference has no URI", node)
        }
        guard Exact.same(uri, "#" + id) || (policy.allowsEmptyReference && isRoot && uri.isEmpty) else {
            throw Self.fail(.signatureReference, "a Reference is not to the element that its signature is in", node)
        }
        try attributes(of: node, ["URI", "Id", "Type"])
        let parts = try children(of: node, ["Transforms", "DigestMethod", "DigestValue"])
        try transforms(parts[0])
        let name = try algorithm(of: parts[1], ["Algorithm"])
        try children(of: parts[1], [])
        guard let digest = SAMLDigestAlgorithm(rawValue: name), policy.allows(digest) else {
            throw Self.fail(.signatureAlgorithm, "the digest algorithm \(name.shortened) is refused", parts[1])
        }
        guard let value = base64(parts[2]), value.count == digest.length else {
            throw Self.fail(.signatureStructure, "DigestValue is not a digest", parts[2])
        }
        return (digest, value, uri)
    }

    /// Enveloped once, then exclusive canonicalization.
    private func transforms(_ node: xmlNodePtr) throws {
        let found = XMLNodes.elements(of: node)
        guard (1...2).contains(found.count) else {
            throw Self.fail(.signatureTransform, "a Reference has \(found.count) transforms", node)
        }
        try children(of: node, found.map { _ in "Transform" })
        let names = try found.map { try algorithm(of: $0, ["Algorithm"]) }
        let canonical =
            names.count == 2 ? names[1] : Self.inclusive
        guard names[0] == Self.enveloped,
            canonical == Self.exclusive || (policy.allowsInclusiveCanonicalization && canonical == Self.inclusive)
        else {
            throw Self.fail(
                .signatureTransform, "transforms are not enveloped-signature and exclusive canonicalization", node)
        }
        try children(of: found[0], [])
        if found.count == 2 { try parameters(of: found[1]) }
    }

    /// Exclusive canonicalization may name prefixes; nothing else may be inside.
    private func parameters(of node: xmlNodePtr) throws {
        let inside = XMLNodes.elements(of: node)
        guard inside.count <= 1,
            inside.allSatisfy({
                XMLNodes.isElement($0, Self.exclusive, "InclusiveNamespaces") && XMLNodes.elements(of: $0).isEmpty
            })
        else { throw Self.fail(.signatureTransform, "canonicalization has parameters that are refused", node) }
        for node in inside {
            // A list of 500 bytes made a document of 40 kB cost 400 ms: libxml2 looks each prefix up at each element.
            let list = XMLNodes.value(node, "PrefixList") ?? ""
            guard list.utf8.count <= 512, list.listed.count <= prefixLimit else {
                throw Self.fail(
                    .signatureTransform, "PrefixList has too many prefixes for a document of this size", node)
            }
        }
    }

    private func base64(_ node: xmlNodePtr) -> [UInt8]? { XMLNodes.textOnly(node).flatMap { SAMLBase64.decode($0) } }

    private func algorithm(of node: xmlNodePtr, _ allowed: [String]) throws -> String {
        try attributes(of: node, allowed)
        guard let value = XMLNodes.value(node, "Algorithm") else {
            throw Self.fail(.signatureStructure, "an Algorithm is missing", node)
        }
        return value
    }

    private func attributes(of node: xmlNodePtr, _ allowed: [String]) throws {
        var attribute = node.pointee.properties
        while let current = attribute {
            guard current.pointee.ns == nil, let name = current.pointee.name, allowed.contains(String(cString: name))
            else { throw Self.fail(.signatureStructure, "a signature has an attribute that is refused", node) }
            attribute = current.pointee.next
        }
    }

    /// The elements inside, which are exactly these in this order, with nothing but white space between them.
    @discardableResult
    private func children(of node: xmlNodePtr, _ names: [String], optional: Set<String> = []) throws -> [xmlNodePtr] {
        var found: [xmlNodePtr] = []
        var expected = names[...]
        var child = node.pointee.children
        while let current = child {
            child = current.pointee.next
            guard current.pointee.type == XML_ELEMENT_NODE else {
                guard xmlIsBlankNode(current) == 1 else {
                    throw Self.fail(.signatureStructure, "text is in a signature where none belongs", node)
                }
                continue
            }
            guard let next = expected.popFirst(), XMLNodes.isElement(current, Self.space, next) else {
                throw Self.fail(.signatureStructure, "a signature has another element than it should", current)
            }
            found.append(current)
        }
        guard expected.allSatisfy(optional.contains) else {
            throw Self.fail(.signatureStructure, "\(expected.first ?? "an element") is missing in a signature", node)
        }
        return found
    }

    private static func fail(_ reason: SAMLError.Reason, _ detail: String, _ node: xmlNodePtr) -> SAMLError {
        SAMLError(reason, detail, at: SAMLError.Position(line: xmlGetLineNo(node), column: 0))
    }
}

/// Names as XML has them.
enum SAMLName {
    /// A name without a colon, of ASCII only: what everybody's IDs are.
    static func isPlainNCName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_"), text.utf8.count <= 1_024
        else {
            return false
        }
        return text.utf8.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}

extension String {
    /// For sentences: an address without its beginning, and never long.
    var shortened: String {
        // By scalars: a character may be as long as the text.
        let tail = unicodeScalars.split(separator: "#").last ?? unicodeScalars[...]
        return "`"
            + tail.lazy.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(60).map(String.init).joined()
            + "`"
    }
}
