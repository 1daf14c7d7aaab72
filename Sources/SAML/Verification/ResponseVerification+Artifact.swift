import CXMLSec

/// A response that was fetched by an artifact: the `ArtifactResponse` around it, and then as any other.
extension ResponseVerification {
    /// - Parameter id: of the `ArtifactResolve` that is answered.
    /// - Throws: when a check failed that others stand on; it is in `list`.
    func verifyArtifact(_ bytes: [UInt8], resolve id: String, _ place: MessagePlace) throws -> VerifiedAssertion? {
        let document = try list.require(.malformed, "the document is well-formed and within its limits") {
            try XMLDocument.parse(bytes, .message)
        }
        let answer = try list.require(.root, "it is a samlp:ArtifactResponse in an envelope") {
            try place.message(.artifactResponse, in: document)
        }
        try list.require(.status, "the artifact could be resolved") { try SAMLStatus.requireSuccess(in: answer) }
        let inner = try list.require(.artifact, "the artifact stands for a response") {
            let inner = try Self.message(in: answer)
            try SignaturePlaces(carriers: [answer], except: inner).check(document.root)
            return inner
        }
        let signed = try list.requireIfPresent(.signatureInvalid, "the artifact response's signature") {
            try SignedDocument.verify(
                answer, in: document, keys: expectation.keys, policy: expectation.policy, limits: .message)
        }
        try checkAnswer(signed?.document.root ?? answer, to: id)
        // The same rule finds it in what was signed.
        let covered = try signed.map {
            ResponsePart(document: $0.document, root: try Self.message(in: $0.document.root))
        }
        return try verify(inner, in: document, covered: covered)
    }

    /// The response in an answer, which has no other message (SAML Core §3.5.2).
    private static func message(in answer: xmlNodePtr) throws -> xmlNodePtr {
        let own: [(String, String)] = [
            (XMLNamespace.assertion, "Issuer"), (XMLNamespace.signature, "Signature"),
            (XMLNamespace.protocols, "Extensions"), (XMLNamespace.protocols, "Status"),
        ]
        let others = XMLNodes.elements(of: answer).filter { node in
            !own.contains { XMLNodes.isElement(node, $0.0, $0.1) }
        }
        guard !others.isEmpty else {
            // §3.5.3: so it answers for one that it does not know, that was used, or that is another's.
            throw SAMLError(.artifact, "the artifact stands for nothing, was used before, or expired")
        }
        guard others.count == 1, XMLNodes.isElement(others[0], XMLNamespace.protocols, "Response") else {
            throw SAMLError(.artifact, "the artifact stands for another message than one response")
        }
        return try ResponseStructure.message(others[0], "Response")
    }

    private func checkAnswer(_ node: xmlNodePtr, to id: String) throws {
        var builder = XMLTreeBuilder()
        let answer = builder.element(node) { XMLNodes.isElement($0, XMLNamespace.protocols, "Response") }
        let expected = expectation.issuer
        list.note(.schema, "the artifact response says when it was issued") {
            _ = try answer.time("IssueInstant", isRequired: true)
        }
        list.note(.issuer, "the artifact response's issuer is who was asked") {
            if let said = try answer.issuer(), let expected, !Exact.same(said, expected) {
                throw SAMLError(
                    .issuer, "the artifact response's Issuer is \(said.quoted), and not \(expected.quoted)")
            }
        }
        list.note(.inResponseTo, "the artifact response is to our question") {
            guard let said = answer.attribute("InResponseTo"), Exact.same(said, id) else {
                throw SAMLError(
                    .inResponseTo,
                    "the artifact response is to \((answer.attribute("InResponseTo") ?? "no request").quoted), and not to "
                        + id.quoted)
            }
        }
    }
}
