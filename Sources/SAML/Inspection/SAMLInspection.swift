/// Looking at a message from the command line: the same verification that a service does, with what was given to compare
/// with and nothing more, and with old algorithms where those are asked for.
@_spi(SAMLDebugging) public struct SAMLInspection: Sendable {
    /// What the message is taken for.
    public var kind: Kind
    /// How its bytes are written.
    public var encoding: Encoding
    public var keys: [SAMLVerificationKey] = []
    public var decryptionKeys: [SAMLDecryptionKey] = []
    /// The other side's entity id; not compared where it is nil.
    public var issuer: String?
    /// Our entity id.
    public var audience: String?
    /// The address that the message came to.
    public var recipient: String?
    public var request = ResponseExpectation.Request.notCompared
    /// Times are not looked at where it is nil.
    public var now: SAMLTime?
    /// Seconds.
    public var clockSkew: Int64 = 0
    public var policy = SAMLAlgorithmPolicy.strict
    /// Whether the message's signature was around it, in the query of the redirect binding, and is not to be looked for.
    public var isSignedOutside = false

    /// An inspection that compares nothing yet.
    public init(kind: Kind, encoding: Encoding = .xml) {
        self.kind = kind
        self.encoding = encoding
    }

    /// What messages are taken for.
    public enum Kind: String, Sendable, CaseIterable {
        case response
        case assertion
        case authnRequest = "authn_request"
        case logoutRequest = "logout_request"
        case logoutResponse = "logout_response"
        /// Signed metadata.
        case metadata
        /// Metadata whose signature is not looked at.
        case metadataParse = "metadata_parse"
        /// A query of the redirect binding.
        case redirectQuery = "redirect_query"
    }

    /// How bytes are written.
    public enum Encoding: String, Sendable, CaseIterable {
        case xml
        case base64
        case deflated = "base64+deflate"
        /// A query as it came; for redirect queries.
        case query
    }
}

/// What an inspection found.
@_spi(SAMLDebugging) public struct SAMLFinding: Sendable {
    public let checks: [SAMLCheck]
    /// Who is meant, where the message was accepted and is about somebody.
    public let assertion: VerifiedAssertion?
    public let message: VerifiedMessage?

    /// Whether nothing at all was wrong, and what was to be proved is proved.
    public var isAccepted: Bool { isProved && !checks.isEmpty && refusals.isEmpty }

    private let isProved: Bool

    /// What was wrong.
    public var refusals: [SAMLError] {
        checks.compactMap { if case .failed(let error) = $0.outcome { error } else { nil } }
    }

    /// The codes of what was wrong, each once.
    public var reasons: [String] {
        var seen: Set<String> = []
        return refusals.map(\.reason.rawValue).filter { seen.insert($0).inserted }
    }

    /// The name of whoever is meant.
    public var nameID: VerifiedAssertion.Name? { assertion?.nameID ?? message?.nameID }

    init(
        _ checks: [SAMLCheck], assertion: VerifiedAssertion? = nil, message: VerifiedMessage? = nil, isProved: Bool
    ) {
        self.checks = checks
        self.isProved = isProved
        self.assertion = assertion
        self.message = message
    }
}

extension SAMLInspection {
    /// Looks at a message's bytes as they were written. Blocks: for threads of `SAMLExecutor`, or a command of its own.
    public func look(at written: [UInt8]) -> SAMLFinding {
        let list = CheckList()
        if kind == .redirectQuery { return query(written, list) }
        let bytes = list.note(.malformed, "the message is written as \(encoding.rawValue)") {
            try decoded(written)
        }
        guard let bytes else { return SAMLFinding(list.checks, isProved: false) }
        switch kind {
        case .response: return finding(UnverifiedResponse(bytes).judged(by: responseExpectation))
        case .assertion: return assertion(bytes)
        case .authnRequest: return finding(message(bytes, .authnRequest))
        case .logoutRequest: return finding(message(bytes, .logoutRequest))
        case .logoutResponse: return finding(message(bytes, .logoutResponse))
        case .metadata: return metadata(bytes, isSigned: true)
        case .metadataParse: return metadata(bytes, isSigned: false)
        case .redirectQuery: return query(written, list)
        }
    }

    private func decoded(_ written: [UInt8]) throws -> [UInt8] {
        guard encoding != .xml else { return written }
        guard written.count <= XMLLimits.message.bytes * 3 / 2 else {
            throw SAMLError(.limit, "the message has too many bytes")
        }
        guard let bytes = SAMLBase64.decode(written) else { throw SAMLError(.malformed, "the message is not base64") }
        guard encoding == .deflated else { return bytes }
        return try MessageInflater.inflate(bytes)
    }

    private var responseExpectation: ResponseExpectation {
        ResponseExpectation(
            debugging: keys, issuer: issuer, audience: audience, recipient: recipient, request: request,
            decryptionKeys: decryptionKeys, clockSkew: clockSkew, now: now, policy: policy)
    }

    private func message(_ bytes: [UInt8], _ kind: SAMLMessageKind) -> SAMLJudgement<VerifiedMessage> {
        var id: String?
        if case .answers(let request) = request { id = request }
        let signature: MessageExpectation.SignatureRequirement =
            isSignedOutside ? .outside : kind == .authnRequest ? .optional : .embedded
        return UnverifiedMessage(bytes, kind: kind).judged(
            by: MessageExpectation(
                debugging: keys, issuer: issuer, destination: recipient, requestID: id, signature: signature,
                decryptionKeys: decryptionKeys, clockSkew: clockSkew, now: now, policy: policy))
    }

    private func finding(_ judgement: SAMLJudgement<VerifiedAssertion>) -> SAMLFinding {
        // A response that says why nobody signed in is understood, and nobody is meant by it.
        SAMLFinding(judgement.checks, assertion: judgement.verified, isProved: judgement.verified != nil)
    }

    private func finding(_ judgement: SAMLJudgement<VerifiedMessage>) -> SAMLFinding {
        SAMLFinding(judgement.checks, message: judgement.verified, isProved: judgement.verified != nil)
    }

    private func assertion(_ bytes: [UInt8]) -> SAMLFinding {
        let verification = ResponseVerification(responseExpectation)
        let verified = try? verification.verifyAssertion(bytes)
        return SAMLFinding(
            verification.list.checks, assertion: verification.list.isClean ? verified : nil, isProved: verified != nil)
    }

    /// A query: its signature, and then the message in it.
    private func query(_ written: [UInt8], _ list: CheckList) -> SAMLFinding {
        let text = String(decoding: written, as: UTF8.self).trimmingXMLSpace()
        let query = list.note(.parameterPollution, "the query has one message, and each parameter once") {
            try SignedQuery(text)
        }
        guard let query else { return SAMLFinding(list.checks, isProved: false) }
        list.note(.signatureInvalid, "the query's signature") { try query.verify(keys: keys, policy: policy) }
        let bytes = list.note(.malformed, "the message is written as base64 of DEFLATE") {
            guard let bytes = SAMLBase64.decode(query.message) else {
                throw SAMLError(.malformed, "the message is not base64")
            }
            return try MessageInflater.inflate(bytes)
        }
        guard let bytes else { return SAMLFinding(list.checks, isProved: false) }
        guard let kind = list.note(.root, "it is a message that goes by redirect", { try Self.kind(of: bytes) }) else {
            return SAMLFinding(list.checks, isProved: false)
        }
        var inner = self
        inner.isSignedOutside = true
        let judged = inner.message(bytes, kind)
        return SAMLFinding(
            list.checks + judged.checks, message: list.isClean ? judged.verified : nil, isProved: judged.verified != nil
        )
    }

    private static func kind(of bytes: [UInt8]) throws -> SAMLMessageKind {
        let root = try XMLReader.parse(bytes)
        guard root.name.namespace == XMLNamespace.protocols, let kind = SAMLMessageKind(rawValue: root.name.local),
            kind.isFrontChannel
        else {
            throw SAMLError(.root, "\("\(root.name)".quoted) is no message that goes by redirect")
        }
        return kind
    }
}

extension SAMLInspection {
    /// Metadata: its root, its signature where that is asked for, and until when it holds.
    private func metadata(_ bytes: [UInt8], isSigned: Bool) -> SAMLFinding {
        let list = CheckList()
        let limits = XMLLimits.metadata
        var root = list.note(.malformed, "the document is well-formed and within its limits") {
            try XMLReader.parse(bytes, limits: limits)
        }
        guard let read = root else { return SAMLFinding(list.checks, isProved: false) }
        list.note(.root, "it is an entity's metadata, or several entities'") {
            let names = ["EntityDescriptor", "EntitiesDescriptor"]
            guard read.name.namespace == XMLNamespace.metadata, names.contains(read.name.local) else {
                throw SAMLError(.root, "\("\(read.name)".quoted) is no metadata")
            }
        }
        if isSigned, list.isClean {
            root = list.note(.signatureInvalid, "its signature") {
                try SAMLSignatures.verify(bytes, keys: keys, policy: policy, limits: limits)
            }
        }
        if let now {
            list.note(.expired, "it still holds") {
                if let end = try (root ?? read).time("validUntil"),
                    ClockWindow(now: now, skew: clockSkew).isOnOrAfter(end)
                {
                    throw SAMLError(.expired, "it held until \(end), and it is \(now)")
                }
            }
        }
        return SAMLFinding(list.checks, isProved: true)
    }
}
