/// What a protocol message other than a response with an assertion is held to.
public struct MessageExpectation: Sendable {
    let issuer: String?
    let keys: [SAMLVerificationKey]
    let destination: String?
    let requestID: String?
    let signature: SignatureRequirement
    let decryptionKeys: [SAMLDecryptionKey]
    let clockSkew: Int64
    let now: SAMLTime?
    let policy: SAMLAlgorithmPolicy
    let allowsMissingDestination: Bool

    /// Where the message's signature is.
    public enum SignatureRequirement: Sendable, Equatable {
        /// In the document, and it is demanded.
        case embedded
        /// Around the document: the query of the redirect binding was verified, or the channel is somebody's own.
        /// A signature in the document has to hold all the same.
        case outside
        /// In the document or nowhere: for requests of service providers whose metadata does not say that they sign.
        case optional
    }

    /// What a message is held to.
    ///
    /// - Parameters:
    ///   - requestID: for answers: the request that was made.
    ///   - clockSkew: 0 to 300 seconds; others are taken for the nearest of these.
    public init(
        issuer: String, keys: [SAMLVerificationKey], destination: String, requestID: String? = nil,
        signature: SignatureRequirement = .embedded, decryptionKeys: [SAMLDecryptionKey] = [],
        clockSkew: Int64 = ResponseExpectation.usualClockSkew, now: SAMLTime
    ) {
        self.issuer = issuer
        self.keys = keys
        self.destination = destination
        self.requestID = requestID
        self.signature = signature
        self.decryptionKeys = decryptionKeys
        self.clockSkew = min(max(clockSkew, 0), ResponseExpectation.clockSkewLimit)
        self.now = now
        policy = .strict
        allowsMissingDestination = false
    }

    /// For looking at messages from the command line: what is nil is not compared.
    @_spi(SAMLDebugging) public init(
        debugging keys: [SAMLVerificationKey], issuer: String?, destination: String?, requestID: String?,
        signature: SignatureRequirement, decryptionKeys: [SAMLDecryptionKey], clockSkew: Int64, now: SAMLTime?,
        policy: SAMLAlgorithmPolicy
    ) {
        self.issuer = issuer
        self.keys = keys
        self.destination = destination
        self.requestID = requestID
        self.signature = signature
        self.decryptionKeys = decryptionKeys
        self.clockSkew = clockSkew
        self.now = now
        self.policy = policy
        allowsMissingDestination = policy != .strict
    }
}

/// The protocol messages that are no answer about a person.
public enum SAMLMessageKind: String, Sendable, CaseIterable {
    case authnRequest = "AuthnRequest"
    case logoutRequest = "LogoutRequest"
    case logoutResponse = "LogoutResponse"
    case artifactResolve = "ArtifactResolve"
    /// By itself; with the message that it carries, `SOAPMessage.judgedResponse` looks at it.
    case artifactResponse = "ArtifactResponse"

    var isAnswer: Bool { self == .logoutResponse || self == .artifactResponse }
    /// Whether browsers carry it; others go from server to server only.
    var isFrontChannel: Bool { self != .artifactResolve && self != .artifactResponse }
}

/// A message that was held to what was expected of it. Only verification makes one.
public struct VerifiedMessage: Sendable {
    public let kind: SAMLMessageKind
    public let id: String
    public let issuer: String
    public let inResponseTo: String?
    /// Whether the document itself is signed, and `element` read from what was signed.
    public let isSigned: Bool
    /// Whom a logout request is about, decrypted where it was encrypted.
    public let nameID: VerifiedAssertion.Name?
    /// The sessions that a logout request is about; none means all.
    public let sessionIndexes: [String]
    /// When a logout request ends to be one.
    public let notOnOrAfter: SAMLTime?
    /// All of it.
    public let element: XMLElement
}
