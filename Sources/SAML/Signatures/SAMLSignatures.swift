import CXMLSec

/// Signing and verifying whole documents: what comes back from `verify` is read from the bytes that were signed.
public enum SAMLSignatures {
    /// Which element carries the signature.
    public enum Part: Sendable, Equatable {
        /// The root.
        case root
        /// The only element of this name directly inside the root.
        case child(XMLName)
    }

    /// How it is signed.
    public struct Options: Sendable {
        /// nil: the key's usual one.
        public var algorithm: SAMLSignatureAlgorithm?
        /// The digest of the Reference; SHA-1 is refused. nil: the key's usual one.
        public var digest: SAMLDigestAlgorithm?
        /// Whether the key's certificate, where it has one, is put beside the signature.
        public var includesCertificate: Bool

        /// Options.
        public init(
            algorithm: SAMLSignatureAlgorithm? = nil, digest: SAMLDigestAlgorithm? = nil,
            includesCertificate: Bool = true
        ) {
            self.algorithm = algorithm
            self.digest = digest
            self.includesCertificate = includesCertificate
        }
    }

    /// Writes an element with enveloped signatures. Each signed element has an `ID`; its signature goes behind its
    /// `saml:Issuer`, or to the front where it has none (SAML Core §3.2.1, Metadata §2.3.2).
    ///
    /// - Throws: `SAMLError`: `NO_ID`, `KEY`, `SCHEMA`, `LIBRARY`.
    public static func sign(
        _ element: XMLElement, parts: [Part] = [.root], with key: SAMLSigningKey, options: Options = Options()
    ) throws -> [UInt8] {
        try SignatureMaker(key: key, options: options).sign(element, parts)
    }

    /// The element as it was signed: the root or the only child of that name is signed by one of the keys, and what comes
    /// back is parsed from the digested bytes. Other signatures in the document are not looked at.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, and `SIG_MISSING`, `SIG_STRUCT`, `SIG_REF`, `SIG_TRANSFORM`, `SIG_ALG`,
    ///   `SIG_INVALID`, `NO_ID`, `ROOT` where the part is not there, `KEY` without keys.
    public static func verify(
        _ bytes: [UInt8], part: Part = .root, keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict,
        limits: XMLLimits = .message
    ) throws -> XMLElement {
        let document = try XMLDocument.parse(bytes, limits)
        let element = try find(part, in: document)
        let signed = try SignedDocument.verify(element, in: document, keys: keys, policy: policy, limits: limits)
        guard let signed else { throw SAMLError(.signatureMissing, "the element is not signed") }
        var builder = XMLTreeBuilder()
        return builder.element(signed.document.root)
    }

    static func find(_ part: Part, in document: XMLDocument) throws -> xmlNodePtr {
        try find(part, in: document.root)
    }

    static func find(_ part: Part, in root: xmlNodePtr) throws -> xmlNodePtr {
        guard case .child(let name) = part else { return root }
        let found = XMLNodes.elements(of: root, name.namespace, name.local)
        guard found.count == 1 else { throw SAMLError(.root, "\(name) is in the document \(found.count) times") }
        return found[0]
    }
}

/// A document made of the bytes that a signature covers.
struct SignedDocument {
    let document: XMLDocument

    /// Verifies the signature directly inside an element; nil where there is none.
    static func verify(
        _ element: xmlNodePtr, in document: XMLDocument, keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy,
        limits: XMLLimits, allowsEmptyReference: Bool = true
    ) throws -> SignedDocument? {
        guard let signature = try SignatureProfile.signature(of: element) else { return nil }
        let claim = try SignatureProfile(policy: policy, in: document).claim(
            of: signature, in: element, isRoot: element == document.root && allowsEmptyReference)
        let bytes = try SignatureCheck(policy: policy).digestedBytes(claim, in: document, keys: keys)
        let signed = try XMLDocument.parse(bytes, limits)
        // The same element, by its name and its ID: not another one that the reference was bent to.
        let space = element.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""
        let local = element.pointee.name.map { String(cString: $0) } ?? ""
        guard XMLNodes.isElement(signed.root, space, local), XMLNodes.value(signed.root, "ID") == claim.id else {
            throw SAMLError(.signatureReference, "another element was signed than the one that carries the signature")
        }
        return SignedDocument(document: signed)
    }
}
