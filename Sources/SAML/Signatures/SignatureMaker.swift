import CXMLSec

/// Puts signature templates into a tree and has libxmlsec1 fill them, inner ones first.
struct SignatureMaker {
    let key: SAMLSigningKey
    let options: SAMLSignatures.Options
    private var digest: SAMLDigestAlgorithm { options.digest ?? key.digest }

    func sign(_ element: XMLElement, _ parts: [SAMLSignatures.Part]) throws -> [UInt8] {
        let algorithm = options.algorithm ?? key.algorithm
        let policy = SAMLAlgorithmPolicy.strict
        guard key.kind.fits(algorithm), policy.allows(algorithm), policy.allows(digest) else {
            throw SAMLError(.key, "the key cannot sign with this algorithm, or it is refused")
        }
        let ordered = parts.filter { $0 != .root } + parts.filter { $0 == .root }
        let document = try XMLWriter.document(of: ordered.reduce(element) { try with($1, $0, algorithm) })
        for part in ordered { try fill(part, document, algorithm) }
        return try XMLWriter.serialized(document)
    }

    private func with(
        _ part: SAMLSignatures.Part, _ element: XMLElement, _ algorithm: SAMLSignatureAlgorithm
    ) throws -> XMLElement {
        var element = element
        switch part {
        case .root: try insert(into: &element, algorithm)
        case .child(let name):
            let places = element.children.indices.filter {
                if case .element(let child) = element.children[$0] { child.name == name } else { false }
            }
            guard places.count == 1, case .element(var child) = element.children[places[0]] else {
                throw SAMLError(.root, "\(name) is in the document \(places.count) times")
            }
            try insert(into: &child, algorithm)
            element.children[places[0]] = .element(child)
        }
        return element
    }

    private func insert(into element: inout XMLElement, _ algorithm: SAMLSignatureAlgorithm) throws {
        guard let id = element.attribute("ID"), SAMLName.isPlainNCName(id) else {
            throw SAMLError(.noID, "an element that is to be signed has no ID, or one that is no name")
        }
        guard element.child(XMLNamespace.signature, "Signature") == nil else {
            throw SAMLError(.signatureStructure, "an element that is to be signed has a signature")
        }
        let issuer = element.children.firstIndex {
            if case .element(let child) = $0 { child.is(XMLNamespace.assertion, "Issuer") } else { false }
        }
        element.children.insert(.element(template(id, algorithm)), at: issuer.map { $0 + 1 } ?? 0)
    }

    private func template(_ id: String, _ algorithm: SAMLSignatureAlgorithm) -> XMLElement {
        func ds(_ local: String, _ algorithm: String? = nil, _ inside: [XMLElement] = []) -> XMLElement {
            XMLElement(XMLNamespace.signature, local, algorithm.map { [XMLAttribute("Algorithm", $0)] } ?? [], inside)
        }
        let reference = XMLElement(
            XMLNamespace.signature, "Reference", [XMLAttribute("URI", "#" + id)],
            [
                ds(
                    "Transforms", nil,
                    [ds("Transform", SignatureProfile.enveloped), ds("Transform", SignatureProfile.exclusive)]),
                ds("DigestMethod", digest.rawValue), ds("DigestValue"),
            ])
        let info = ds(
            "SignedInfo", nil,
            [
                ds("CanonicalizationMethod", SignatureProfile.exclusive), ds("SignatureMethod", algorithm.rawValue),
                reference,
            ])
        var parts = [info, ds("SignatureValue")]
        if options.includesCertificate, let certificate = key.verificationKey.certificate {
            let text = XMLElement(XMLNamespace.signature, "X509Certificate", text: SAMLBase64.encode(certificate))
            parts.append(ds("KeyInfo", nil, [ds("X509Data", nil, [text])]))
        }
        return ds("Signature", nil, parts)
    }

    private func fill(_ part: SAMLSignatures.Part, _ document: XMLDocument, _ algorithm: SAMLSignatureAlgorithm) throws
    {
        let element = try SAMLSignatures.find(part, in: document)
        guard let attribute = XMLNodes.attribute(element, "ID"),
            let signature = try SignatureProfile.signature(of: element),
            xmlAddID(nil, document.pointer, XMLNodes.value(of: attribute), attribute) != nil
        else { throw SAMLError(.duplicateID, "an ID is in the document twice") }
        defer { xmlRemoveID(document.pointer, attribute) }
        guard let context = xmlSecDSigCtxCreate(nil) else { throw SAMLError(.library, "no memory") }
        defer { xmlSecDSigCtxDestroy(context) }
        context.pointee.signKey = try key.material.duplicate()
        guard xmlSecDSigCtxSign(context, signature) == 0, context.pointee.status == xmlSecDSigStatusSucceeded else {
            throw SAMLError(.library, "libxmlsec1 could not sign")
        }
    }
}
