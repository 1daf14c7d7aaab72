import CXMLSec

/// A protocol message as it came. It says nothing before it was verified.
public struct UnverifiedMessage: Sendable {
    /// What it is taken for.
    public let kind: SAMLMessageKind
    let bytes: [UInt8]
    let place: MessagePlace

    /// The document's bytes.
    public init(_ bytes: [UInt8], kind: SAMLMessageKind) {
        self.init(bytes, kind: kind, place: .document)
    }

    /// A message at its place in a document.
    init(_ bytes: [UInt8], kind: SAMLMessageKind, place: MessagePlace) {
        (self.bytes, self.kind, self.place) = (bytes, kind, place)
    }

    /// Who it says made it: for finding the keys it is to be checked with. Proves nothing.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`.
    public func claimedIssuer() throws -> String? {
        let document = try XMLDocument.parse(bytes, .message)
        let message = try place.message(kind, in: document)
        return XMLNodes.elements(of: message, XMLNamespace.assertion, "Issuer").first.flatMap(XMLNodes.textOnly)?
            .trimmingXMLSpace()
    }

    /// Holds the message to what is expected. Blocks for less than a millisecond, 20 at most: for threads of `SAMLExecutor`.
    public func judged(by expectation: MessageExpectation) -> SAMLJudgement<VerifiedMessage> {
        let verification = MessageVerification(kind: kind, expectation: expectation, place: place)
        let verified = try? verification.verify(bytes)
        return SAMLJudgement(
            verified: verification.list.isClean ? verified : nil, checks: verification.list.checks)
    }

    /// What the message is, once it is proved.
    ///
    /// - Throws: the first `SAMLError` that is against it.
    public func verified(by expectation: MessageExpectation) throws -> VerifiedMessage {
        try judged(by: expectation).get()
    }
}

/// A message's way from bytes to a verified one.
struct MessageVerification {
    let kind: SAMLMessageKind
    let expectation: MessageExpectation
    /// Where the message is.
    let place: MessagePlace
    let list = CheckList()

    init(kind: SAMLMessageKind, expectation: MessageExpectation, place: MessagePlace = .document) {
        self.kind = kind
        self.expectation = expectation
        self.place = place
    }

    func verify(_ bytes: [UInt8]) throws -> VerifiedMessage? {
        let document = try list.require(.malformed, "the document is well-formed and within its limits") {
            try XMLDocument.parse(bytes, .message)
        }
        let root = try list.require(.root, "it is a samlp:\(kind.rawValue) of SAML 2.0") {
            let root = try place.message(kind, in: document)
            try SignaturePlaces(carriers: [root]).check(document.root)
            return root
        }
        let signed = try list.require(.signatureInvalid, "its signature") {
            // Where none is demanded and none is there, no key has to be there either.
            try SignedDocument.verify(
                root, in: document, keys: expectation.keys, policy: expectation.policy, limits: .message)
        }
        try list.require(.signatureMissing, "it is signed where that is demanded") {
            guard signed != nil || expectation.signature != .embedded else {
                throw SAMLError(.signatureMissing, "the message is not signed")
            }
        }
        var builder = XMLTreeBuilder()
        return judge(builder.element(signed?.document.root ?? root), isSigned: signed != nil)
    }

    private func judge(_ element: XMLElement, isSigned: Bool) -> VerifiedMessage? {
        let issuer = checkHeader(element, isSigned: isSigned)
        checkAnswer(element)
        let (name, end) = checkLogout(element)
        guard list.isClean, let issuer, let id = element.attribute("ID") else { return nil }
        let sessions = element.children(XMLNamespace.protocols, "SessionIndex").map(\.text)
        return VerifiedMessage(
            kind: kind, id: id, issuer: issuer, inResponseTo: element.attribute("InResponseTo"), isSigned: isSigned,
            nameID: name, sessionIndexes: sessions, notOnOrAfter: end, element: element)
    }

    private func checkHeader(_ element: XMLElement, isSigned: Bool) -> String? {
        let expectation = expectation
        list.note(.schema, "it says when it was issued") { _ = try element.time("IssueInstant", isRequired: true) }
        let issuer = list.note(.issuer, "the issuer is who is expected") {
            guard let issuer = try element.issuer() else { throw SAMLError(.issuer, "the message has no Issuer") }
            if let expected = expectation.issuer, !Exact.same(issuer, expected) {
                throw SAMLError(.issuer, "the Issuer is \(issuer.quoted), and not \(expected.quoted)")
            }
            return issuer
        }
        if let destination = expectation.destination {
            // SAML Bindings §3.4.5.2, §3.5.5.2: it is demanded where browsers carry the message; of SOAP it is not said.
            let isRequired =
                (isSigned || expectation.signature == .outside) && !expectation.allowsMissingDestination
                && place == .document
            list.note(.destination, "the destination is ours") {
                try element.requireDestination(destination, isRequired: isRequired)
            }
        } else {
            list.skip(.destination, "the destination is ours", "no address was given")
        }
        return issuer
    }

    private func checkAnswer(_ element: XMLElement) {
        guard kind.isAnswer else { return }
        if let id = expectation.requestID {
            list.note(.inResponseTo, "it answers the request that was made") {
                guard Exact.same(element.attribute("InResponseTo"), id) else {
                    throw SAMLError(
                        .inResponseTo,
                        "it is to \((element.attribute("InResponseTo") ?? "no request").quoted), and not to \(id.quoted)"
                    )
                }
            }
        } else {
            list.skip(.inResponseTo, "it answers the request that was made", "no request was given")
        }
        list.note(.status, "the status is Success") {
            let code = try element.onlyChild(XMLName(XMLNamespace.protocols, "Status"))?
                .onlyChild(XMLName(XMLNamespace.protocols, "StatusCode"))?.attribute("Value")
            guard let code else { throw SAMLError(.status, "the message has no status") }
            guard Exact.same(code, SAMLStatus.success) else {
                throw SAMLError(.status, "the other side answers \(code.lastPart)")
            }
        }
    }

    private func checkLogout(_ element: XMLElement) -> (VerifiedAssertion.Name?, SAMLTime?) {
        guard kind == .logoutRequest else { return (nil, nil) }
        let expectation = expectation
        let name = list.note(.nameID, "it says whose session is to end") {
            try VerifiedAssertion.Name.read(
                element, Decryption(keys: expectation.decryptionKeys, policy: expectation.policy))
        }
        let end = list.note(.expired, "it still holds") {
            let end = try element.time("NotOnOrAfter")
            if let end, let now = expectation.now, ClockWindow(now: now, skew: expectation.clockSkew).isOnOrAfter(end) {
                throw SAMLError(.expired, "it held until \(end), and it is \(now)")
            }
            return end
        }
        return (name, end ?? nil)
    }
}
