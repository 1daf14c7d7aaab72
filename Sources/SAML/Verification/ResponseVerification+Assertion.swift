extension ResponseVerification {
    /// An assertion that stands by itself, out of a log for example.
    ///
    /// - Throws: when a check failed that others stand on; it is in `list`.
    func verifyAssertion(_ bytes: [UInt8]) throws -> VerifiedAssertion? {
        let document = try list.require(.malformed, "the document is well-formed and within its limits") {
            try XMLDocument.parse(bytes, .message)
        }
        try list.require(.root, "it is a saml:Assertion of SAML 2.0") {
            guard XMLNodes.isElement(document.root, XMLNamespace.assertion, "Assertion") else {
                throw SAMLError(.root, "the document is no saml:Assertion")
            }
            try ResponseStructure.identity(of: document.root)
        }
        try list.require(.signaturePlacement, "signatures are where they belong") {
            try SignaturePlaces(carriers: [document.root]).check(document.root)
            guard XMLNodes.elements(of: document.root, XMLNamespace.assertion, "Assertion").isEmpty else {
                throw SAMLError(.assertionCount, "an assertion is inside an assertion")
            }
        }
        let assertion = try list.require(.signatureInvalid, "the assertion's signature") {
            let signed = try SignedDocument.verify(
                document.root, in: document, keys: expectation.keys, policy: expectation.policy, limits: .message)
            guard let signed else { throw SAMLError(.signatureMissing, "the assertion is not signed") }
            var builder = XMLTreeBuilder()
            return builder.element(signed.document.root)
        }
        // There is no response around it, so nothing is said about one.
        var response = XMLElement(XMLNamespace.protocols, "Response")
        response.setAttribute("IssueInstant", assertion.attribute("IssueInstant"))
        return try judge(assertion, response, isSigned: false)
    }
}
