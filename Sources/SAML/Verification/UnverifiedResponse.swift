import CXMLSec

/// A response as it came. It says nothing of anybody: what it holds is read in the one place that has verified it.
public struct UnverifiedResponse: Sendable {
    let bytes: [UInt8]

    /// The document's bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The form field `SAMLResponse` of the POST binding.
    ///
    /// - Throws: `SAMLError`: `LIMIT`, `ENCODING`.
    public init(base64 text: String) throws {
        guard text.utf8.count <= XMLLimits.message.bytes * 3 / 2 else {
            throw SAMLError(.limit, "the message has more than \(XMLLimits.message.bytes) bytes")
        }
        guard let bytes = SAMLBase64.decode(text) else { throw SAMLError(.encoding, "the message is not base64") }
        self.bytes = bytes
    }

    /// Who it says made it: for finding the keys it is to be checked with, when the identity provider began. Proves nothing.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`.
    public func claimedIssuer() throws -> String? {
        let document = try XMLDocument.parse(bytes, .message)
        let root = try ResponseStructure.root(document, "Response")
        let issuer = XMLNodes.elements(of: root, XMLNamespace.assertion, "Issuer").first
        let assertion = XMLNodes.elements(of: root, XMLNamespace.assertion, "Assertion").first
        let inner = assertion.flatMap { XMLNodes.elements(of: $0, XMLNamespace.assertion, "Issuer").first }
        return (issuer ?? inner).flatMap(XMLNodes.textOnly)?.trimmingXMLSpace()
    }

    /// Holds the response to what is expected. Blocks while it is parsed, verified and decrypted (less than a millisecond,
    /// 20 at most): for threads of `SAMLExecutor`.
    public func judged(by expectation: ResponseExpectation) -> SAMLJudgement<VerifiedAssertion> {
        let verification = ResponseVerification(expectation)
        let verified = try? verification.verify(bytes)
        let isClean = verification.list.isClean
        return SAMLJudgement(verified: isClean ? verified : nil, checks: verification.list.checks)
    }

    /// What the response proves.
    ///
    /// - Throws: the first `SAMLError` that is against it.
    public func verified(by expectation: ResponseExpectation) throws -> VerifiedAssertion {
        try judged(by: expectation).get()
    }
}
