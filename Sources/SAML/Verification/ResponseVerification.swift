import CXMLSec

/// One response's way from bytes to a verified assertion: form, structure, signatures, decryption, then what it says, read
/// from what was signed.
struct ResponseVerification {
    let expectation: ResponseExpectation
    let list = CheckList()
    let decryption: Decryption

    init(_ expectation: ResponseExpectation) {
        self.expectation = expectation
        decryption = Decryption(
            keys: expectation.decryptionKeys, policy: expectation.policy, recipient: expectation.audience)
    }

    /// - Throws: when a check failed that others stand on; it is in `list`.
    func verify(_ bytes: [UInt8]) throws -> VerifiedAssertion? {
        let document = try list.require(.malformed, "the document is well-formed and within its limits") {
            try XMLDocument.parse(bytes, .message)
        }
        let root = try list.require(.root, "it is a samlp:Response of SAML 2.0") {
            try ResponseStructure.root(document, "Response")
        }
        return try verify(root, in: document)
    }

    /// A response wherever it is in a document.
    ///
    /// - Parameter covered: the same response as it was signed with what is around it, where that is signed.
    /// - Throws: when a check failed that others stand on; it is in `list`.
    func verify(
        _ root: xmlNodePtr, in document: XMLDocument, covered: ResponsePart? = nil
    ) throws -> VerifiedAssertion? {
        let hasSucceeded =
            list.note(.status, "the status is Success") { try SAMLStatus.requireSuccess(in: root) } != nil
        let structure = try list.require(.assertionCount, "one assertion, and signatures where they belong") {
            try ResponseStructure(root, hasSucceeded: hasSucceeded)
        }
        let own = try list.requireIfPresent(.signatureInvalid, "the response's signature") {
            try verify(root, in: document)
        }
        guard structure.assertion != nil else {
            // A refusal by the identity provider; there is nothing to believe.
            return nil
        }
        let signed = own.map { ResponsePart(document: $0.document, root: $0.document.root) } ?? covered
        let part = signed ?? ResponsePart(document: document, root: root)
        let found = try assertion(structure, part, isSigned: signed != nil, in: document)
        return try judge(found, Self.headed(part.root), isSigned: own != nil)
    }

    private func verify(_ node: xmlNodePtr, in document: XMLDocument) throws -> SignedDocument? {
        try SignedDocument.verify(
            node, in: document, keys: expectation.keys, policy: expectation.policy, limits: .message)
    }

    /// The response's own attributes and children, without its assertions.
    private static func headed(_ root: xmlNodePtr) -> XMLElement {
        var builder = XMLTreeBuilder()
        return builder.element(root) {
            XMLNodes.isElement($0, XMLNamespace.assertion, "Assertion")
                || XMLNodes.isElement($0, XMLNamespace.assertion, "EncryptedAssertion")
        }
    }
}

/// A response within a document that is kept for as long.
struct ResponsePart {
    let document: XMLDocument
    let root: xmlNodePtr
}

extension ResponseVerification {
    /// The assertion, as it was signed: by itself, or inside the response.
    private func assertion(
        _ structure: ResponseStructure, _ response: ResponsePart, isSigned: Bool, in document: XMLDocument
    ) throws -> XMLElement {
        let own: SignedDocument?
        let unsigned: XMLDocument?
        if structure.isEncrypted {
            // Where no signature inside could be enough, nothing is decrypted.
            if !isSigned, [.response, .both].contains(expectation.signature) {
                try list.require(.signatureMissing, "what has to be signed is signed") {
                    throw SAMLError(.signatureMissing, "the response's own signature is demanded, and is missing")
                }
            }
            // What was encrypted is taken out of what was signed, where that is the response.
            let opened = try opened(from: response.root)
            own = try list.requireIfPresent(.signatureInvalid, "the decrypted assertion's signature") {
                try verifyOpened(opened)
            }
            unsigned = opened
        } else {
            own = try list.requireIfPresent(.signatureInvalid, "the assertion's signature") {
                try structure.assertion.flatMap { try verify($0, in: document) }
            }
            unsigned = nil
        }
        try list.require(.signatureMissing, "what has to be signed is signed") {
            try requireSignatures(response: isSigned, assertion: own != nil)
        }
        var builder = XMLTreeBuilder()
        if let own { return builder.element(own.document.root) }
        if let unsigned { return builder.element(unsigned.root) }
        return try list.require(.assertionCount, "the signed response has the assertion") {
            guard isSigned else { throw SAMLError(.signatureMissing, "nothing is signed") }
            return builder.element(
                try SAMLSignatures.find(.child(XMLName(XMLNamespace.assertion, "Assertion")), in: response.root))
        }
    }

    private func requireSignatures(response: Bool, assertion: Bool) throws {
        let isEnough =
            switch expectation.signature {
            case .either: response || assertion
            case .response: response
            case .assertion: assertion
            case .both: response && assertion
            }
        guard isEnough else {
            throw SAMLError(
                .signatureMissing,
                response || assertion
                    ? "the signature that is demanded is missing, though another is there"
                    : "neither the response nor the assertion is signed")
        }
    }

    private func opened(from response: xmlNodePtr) throws -> XMLDocument {
        try list.require(.decryption, "the assertion is decrypted") {
            let node = try SAMLSignatures.find(
                .child(XMLName(XMLNamespace.assertion, "EncryptedAssertion")), in: response)
            var builder = XMLTreeBuilder()
            let bytes = try SAMLEncryption.open(builder.element(node), decryption)
            let opened = try parsed(bytes, outOf: node)
            guard XMLNodes.isElement(opened.root, XMLNamespace.assertion, "Assertion") else {
                throw SAMLError(.decryption, "what was encrypted is no assertion")
            }
            try ResponseStructure.identity(of: opened.root)
            try SignaturePlaces(carriers: [opened.root]).check(opened.root)
            // An assertion may not stand inside one either; the carrier is no response here.
            guard XMLNodes.elements(of: opened.root, XMLNamespace.assertion, "Assertion").isEmpty,
                XMLNodes.elements(of: opened.root, XMLNamespace.assertion, "EncryptedAssertion").isEmpty
            else { throw SAMLError(.assertionCount, "an assertion is inside an assertion") }
            return opened
        }
    }

    /// What is encrypted is a document by itself (XML Encryption §4.2). Old products leave it the prefixes of what was around it.
    private func parsed(_ bytes: [UInt8], outOf node: xmlNodePtr) throws -> XMLDocument {
        do {
            return try XMLDocument.parse(bytes, .message)
        } catch let error as SAMLError where error.reason == .malformed && expectation.policy != .strict {
            return try XMLDocument.parse(InheritedPrefixes.adding(to: bytes, from: node), .message)
        }
    }

    private func verifyOpened(_ document: XMLDocument) throws -> SignedDocument? {
        // Never by an empty reference: its document was another.
        try SignedDocument.verify(
            document.root, in: document, keys: expectation.keys, policy: expectation.policy, limits: .message,
            allowsEmptyReference: false)
    }
}

/// The status of a response (SAML Core §3.2.2).
enum SAMLStatus {
    static let success = "urn:oasis:names:tc:SAML:2.0:status:Success"

    /// - Throws: `SAMLError` with `STATUS`, with the codes and what the other side says of it.
    static func requireSuccess(in root: xmlNodePtr) throws {
        let statuses = XMLNodes.elements(of: root, XMLNamespace.protocols, "Status")
        guard statuses.count == 1 else { throw SAMLError(.status, "the message has \(statuses.count) Status elements") }
        let codes = XMLNodes.elements(of: statuses[0], XMLNamespace.protocols, "StatusCode")
        guard codes.count == 1, let value = XMLNodes.value(codes[0], "Value") else {
            throw SAMLError(.status, "the status has no code")
        }
        guard !Exact.same(value, success) else { return }
        let inner = XMLNodes.elements(of: codes[0], XMLNamespace.protocols, "StatusCode").first.flatMap {
            XMLNodes.value($0, "Value")
        }
        let message = XMLNodes.elements(of: statuses[0], XMLNamespace.protocols, "StatusMessage").first
            .flatMap(XMLNodes.textOnly)
        let words = [value.lastPart, inner?.lastPart, message.map { $0.shortened }].compactMap { $0 }
        throw SAMLError(.status, "the other side answers " + words.joined(separator: ", "))
    }
}

extension String {
    /// What is behind the last colon of a name.
    var lastPart: String { (unicodeScalars.split(separator: ":").last.map(String.init) ?? "").shortened }
}
