import CXMLSec

/// Has libxmlsec1 verify one signature, with a pinned key and nothing but what profile S allows enabled, and hands back
/// the bytes that were digested.
struct SignatureCheck {
    let policy: SAMLAlgorithmPolicy

    /// The digested bytes, once one of the keys has verified the signature.
    ///
    /// Keys are tried in their order, as many as `SAMLVerificationKey.affordable` leaves.
    ///
    /// - Throws: `SAMLError`: `SIG_INVALID`, `SIG_ALG` where no key is of the algorithm's kind and size, `KEY` for no keys.
    func digestedBytes(_ claim: SignatureClaim, in document: XMLDocument, keys: [SAMLVerificationKey]) throws -> [UInt8]
    {
        guard !keys.isEmpty else { throw SAMLError(.key, "there is no key to check signatures with") }
        guard keys.count <= SAMLVerificationKey.countLimit else { throw SAMLError(.limit, "too many keys are pinned") }
        let fitting = SAMLVerificationKey.affordable(
            keys.filter { $0.kind.fits(claim.algorithm) && $0.isStrongEnough(for: policy) })
        guard !fitting.isEmpty else {
            throw SAMLError(.signatureAlgorithm, "no pinned key is of the kind and size that the signature asks for")
        }
        guard xmlAddID(nil, document.pointer, claim.id, claim.idAttribute) != nil else {
            throw SAMLError(.duplicateID, "an ID is in the document twice")
        }
        defer { xmlRemoveID(document.pointer, claim.idAttribute) }
        switch try attempt(claim, fitting[0]) {
        case .verified(let bytes): return bytes
        case .changed: throw SAMLError(.signatureInvalid, "what was signed has been changed since")
        case .anotherKey(let signed):
            // The document is not digested again for each key: it is the same, and might be made to be expensive.
            let key = fitting.dropFirst().first {
                $0.verifies(claim.signatureValue, over: signed, claim.algorithm, policy: policy)
            }
            if let key, case .verified(let bytes) = try attempt(claim, key) { return bytes }
            throw SAMLError(.signatureInvalid, "the signature does not hold under any pinned key")
        }
    }

    /// What libxmlsec1 says of a signature under one key.
    private enum Attempt {
        case verified([UInt8])
        /// The digest is another.
        case changed
        /// The digest holds, and the signature over this SignedInfo does not.
        case anotherKey(signed: [UInt8])
    }

    private func attempt(_ claim: SignatureClaim, _ key: SAMLVerificationKey) throws -> Attempt {
        guard let context = xmlSecDSigCtxCreate(nil) else { throw SAMLError(.library, "no memory") }
        defer { xmlSecDSigCtxDestroy(context) }
        // Set beforehand: then KeyInfo is not looked at.
        context.pointee.signKey = try key.material.duplicate()
        context.pointee.flags = UInt32(
            XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES | XMLSEC_DSIG_FLAGS_STORE_SIGNATURE)
        context.pointee.enabledReferenceUris =
            claim.uri.isEmpty
            ? xmlSecTransformUriType(xmlSecTransformUriTypeEmpty)
            : xmlSecTransformUriType(xmlSecTransformUriTypeSameDocument)
        try enable(claim, context)
        if xmlSecDSigCtxVerify(context, claim.signature) == 0, context.pointee.status == xmlSecDSigStatusSucceeded {
            return .verified(try digested(claim, context))
        }
        guard let reference = Self.reference(context), reference.pointee.status == xmlSecDSigStatusSucceeded,
            let info = xmlSecDSigCtxGetPreSignBuffer(context)
        else { return .changed }
        return .anotherKey(signed: Self.copy(info))
    }

    private static func reference(_ context: xmlSecDSigCtxPtr) -> xmlSecDSigReferenceCtxPtr? {
        let list = withUnsafeMutablePointer(to: &context.pointee.signedInfoReferences) { $0 }
        guard xmlSecPtrListGetSize(list) == 1 else { return nil }
        return xmlSecPtrListGetItem(list, 0)?.assumingMemoryBound(to: xmlSecDSigReferenceCtx.self)
    }

    private func enable(_ claim: SignatureClaim, _ context: xmlSecDSigCtxPtr) throws {
        var reference = [
            xmlSecTransformEnvelopedGetKlass(), xmlSecTransformExclC14NGetKlass(), claim.digest.transform,
        ]
        var signature = [xmlSecTransformExclC14NGetKlass(), claim.algorithm.transform]
        if policy.allowsInclusiveCanonicalization {
            reference.append(xmlSecTransformInclC14NGetKlass())
            signature.append(xmlSecTransformInclC14NGetKlass())
        }
        for transform in reference where xmlSecDSigCtxEnableReferenceTransform(context, transform) != 0 {
            throw SAMLError(.library, "libxmlsec1 did not take a transform")
        }
        for transform in signature where xmlSecDSigCtxEnableSignatureTransform(context, transform) != 0 {
            throw SAMLError(.library, "libxmlsec1 did not take a transform")
        }
    }

    private func digested(_ claim: SignatureClaim, _ context: xmlSecDSigCtxPtr) throws -> [UInt8] {
        guard let reference = Self.reference(context),
            let buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference),
            let info = xmlSecDSigCtxGetPreSignBuffer(context)
        else { throw SAMLError(.signatureInvalid, "libxmlsec1 did not say what it verified") }
        let bytes = Self.copy(buffer)
        // CVE-2025-66475, CVE-2025-66568: canonicalization that fails leaves nothing, whose digest everybody knows.
        guard !bytes.isEmpty else { throw SAMLError(.signatureInvalid, "nothing was signed") }
        try compare(claim, bytes, Self.copy(info))
        return bytes
    }

    private static func copy(_ buffer: xmlSecBufferPtr) -> [UInt8] {
        guard let data = xmlSecBufferGetData(buffer) else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(xmlSecBufferGetSize(buffer))))
    }

    /// What was signed of the SignedInfo, read again: its one Reference is the one we looked at, and its digest is that of
    /// the bytes we are about to believe.
    private func compare(_ claim: SignatureClaim, _ bytes: [UInt8], _ info: [UInt8]) throws {
        let signed = try XMLReader.parse(info)
        let references = signed.children(XMLNamespace.signature, "Reference")
        guard signed.is(XMLNamespace.signature, "SignedInfo"), references.count == 1,
            references[0].attribute("URI") == claim.uri,
            references[0].child(XMLNamespace.signature, "DigestMethod")?.attribute("Algorithm")
                == claim.digest.rawValue,
            let text = try references[0].child(XMLNamespace.signature, "DigestValue")?.simpleText(),
            let value = SAMLBase64.decode(text), value == claim.digestValue, try claim.digest.hash(bytes) == value
        else { throw SAMLError(.signatureInvalid, "what was signed is not what was looked at") }
    }
}

extension SAMLVerificationKey {
    /// Keys of one party; each is tried.
    public static let countLimit = 16

    /// What the keys that are tried on one signature may cost together, in microseconds of a processor of 2020. Sixteen RSA
    /// keys of 4,096 bits are within it, and seven on P-384, of which libcrypto does some 1,500 a second.
    static let workLimit = 5_000

    /// The keys from the first on that may be tried on one signature.
    static func affordable(_ keys: [SAMLVerificationKey]) -> [SAMLVerificationKey] {
        var work = 0
        return Array(
            keys.prefix {
                work += $0.work
                return work <= workLimit
            })
    }

    /// Microseconds of one verification, by what `openssl speed` says. An exponent of many bits takes as many
    /// multiplications more.
    private var work: Int {
        switch kind {
        case .rsa(let bits): bits * bits / 262_144 * (material.exponentBits + 1) / 18
        case .p256: 60
        case .p384: 640
        case .p521: 500
        }
    }
}

extension SAMLDigestAlgorithm {
    var transform: xmlSecTransformId? {
        switch self {
        case .sha1: xmlSecOpenSSLTransformSha1GetKlass()
        case .sha256: xmlSecOpenSSLTransformSha256GetKlass()
        case .sha384: xmlSecOpenSSLTransformSha384GetKlass()
        case .sha512: xmlSecOpenSSLTransformSha512GetKlass()
        }
    }
}

extension SAMLSignatureAlgorithm {
    var transform: xmlSecTransformId? {
        switch self {
        case .rsaSHA1: xmlSecOpenSSLTransformRsaSha1GetKlass()
        case .rsaSHA256: xmlSecOpenSSLTransformRsaSha256GetKlass()
        case .rsaSHA384: xmlSecOpenSSLTransformRsaSha384GetKlass()
        case .rsaSHA512: xmlSecOpenSSLTransformRsaSha512GetKlass()
        case .ecdsaSHA256: xmlSecOpenSSLTransformEcdsaSha256GetKlass()
        case .ecdsaSHA384: xmlSecOpenSSLTransformEcdsaSha384GetKlass()
        case .ecdsaSHA512: xmlSecOpenSSLTransformEcdsaSha512GetKlass()
        }
    }
}
