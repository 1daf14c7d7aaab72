import JOSE

/// A JSON web token of NATS, version 2, whose form is sound and whose signature is that of the key it names as its issuer.
///
/// Whether that key may issue it is another question, which `TrustedOperator` and `TrustedAccount` answer: anybody can draw
/// a key and sign with it.
public struct NATSToken: Sendable, Equatable, CustomStringConvertible {
    /// Longest token that is read, in characters; its claims may have 256 KiB.
    public static let textLimit = 350_000

    /// The longest token of a user, in characters, with which every client can connect: servers take no longer line than
    /// 4,096 bytes (`max_control_line`) for all that a client says of itself.
    public static let connectableLength = 3_584

    /// The token as it is stored and sent. That of a user is no secret by itself, unless it is a bearer's.
    public let text: String
    public let claims: NATSClaims
    public let issuer: NKey
    /// In seconds since 1970; revocations are measured by it.
    public let issuedAt: Int64
    public let tokenID: String?
    /// The account in whose name a signing key issued it; nil where the account's own key did.
    public let issuerAccount: NKey?

    /// The account that issued it, by whichever of its keys; nil for a token of an operator's.
    public var account: NKey? { issuerAccount ?? (issuer.kind == .account ? issuer : nil) }

    /// Everything that is wrong with what it says, or odd; that it is too long to connect with among it.
    public func faults() -> [NATSFault] {
        guard case .user = claims, text.utf8.count > Self.connectableLength else { return claims.faults() }
        return claims.faults() + [
            NATSFault(
                .tooLarge, "token", "has \(text.utf8.count) characters, which servers may not take from a client",
                "Name fewer subjects, let a scoped key's template name them, or raise max_control_line.", .warning)
        ]
    }

    public var description: String { "\(claims.type) token of \(claims.common.subject)" }

    /// Reads a token, strictly, and checks its signature.
    ///
    /// - Throws: `NATSFault`.
    public init(_ text: String) throws {
        let parts = try Self.parts(text)
        try Self.checkHeader(Self.object(parts[0], "header", .malformedHeader))
        var top = try ClaimsReader(Self.object(parts[1], "claims", .malformedClaims), "")
        if top.value("type") != nil {
            throw NATSFault(.unsupportedVersion, "type", "stands outside of nats, as in version 1", Self.versionRemedy)
        }
        let envelope = try Envelope(&top)
        let nats = top.value("nats")
        try top.finish()
        guard let signature = Base64URL.decode(String(parts[2])),
            envelope.issuer.isSignature(
                signature, over: Array(text.utf8.prefix(text.utf8.count - parts[2].utf8.count - 1)))
        else {
            throw NATSFault(
                .invalidSignature, "token", "was not signed by the key that it names",
                "It was changed, or made by somebody else: ask its issuer for another.")
        }
        var reader = try ClaimsReader(try top.require(nats, "nats"), "nats")
        let (kind, tags) = try Self.generic(&reader)
        try Self.checkKeys(kind, envelope)
        var common = envelope.common
        common.tags = tags
        issuerAccount = kind.issuer == .account ? try reader.key("issuer_account", .account) : nil
        claims = try NATSClaims(kind, common, &reader)
        try reader.finish()
        self.text = text
        issuer = envelope.issuer
        issuedAt = envelope.issuedAt
        tokenID = envelope.tokenID
    }

    static let versionRemedy = "Only version 2 is read: issue it anew."
    static let version: Int64 = 2
    static let algorithm = "ed25519-nkey"

    private static func parts(_ text: String) throws -> [Substring] {
        guard text.utf8.count <= textLimit else {
            throw NATSFault(.tooLarge, "token", "has \(text.utf8.count) characters", "It may have \(textLimit).")
        }
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw NATSFault(
                .malformedToken, "token", "has \(parts.count) parts", "A token has three, with dots between them.")
        }
        return parts
    }

    private static func object(_ part: Substring, _ place: String, _ code: NATSFault.Code) throws -> JSONObject {
        guard let bytes = Base64URL.decode(String(part)) else {
            throw NATSFault(.malformedToken, place, "is not base64url", "Copy the token once more, without blanks.")
        }
        do {
            return try JSONObject(parsing: bytes)
        } catch {
            throw NATSFault(code, place, "is not JSON as it is read here", "Names once, no more than 8192 values.")
        }
    }

    private static func checkHeader(_ header: JSONObject) throws {
        guard Set(header.names) == ["typ", "alg"], header["typ"]?.text?.uppercased() == "JWT" else {
            throw NATSFault(
                .malformedHeader, "header", "is not that of such a token", "It has typ JWT, alg, and no more.")
        }
        guard header["alg"]?.text == algorithm else {
            throw NATSFault(
                .unsupportedAlgorithm, "header.alg", "is \(quoted(header["alg"]?.text ?? ""))",
                "Only \(algorithm) is read, the algorithm of version 2.")
        }
    }

    private static func generic(_ reader: inout ClaimsReader) throws -> (NATSClaims.Kind, [String]) {
        guard let name = try reader.text("type"), let kind = NATSClaims.Kind(rawValue: name) else {
            throw NATSFault(
                .unsupportedType, "nats.type", "is none that is known",
                "Tokens are of type operator, account, user or activation.")
        }
        guard try reader.integer("version") == version else {
            throw NATSFault(.unsupportedVersion, "nats.version", "is not \(version)", versionRemedy)
        }
        return (kind, try reader.texts("tags"))
    }

    private static func checkKeys(_ kind: NATSClaims.Kind, _ envelope: Envelope) throws {
        if let fault = envelope.common.subject.fault(kind.subject, "sub") { throw fault }
        guard envelope.issuer.kind == kind.issuer else {
            throw NATSFault(
                .wrongIssuer, "iss", "is the key of \(envelope.issuer.kind.article)",
                "The token of type \(kind.rawValue) is issued by \(kind.issuer.article).")
        }
    }
}
