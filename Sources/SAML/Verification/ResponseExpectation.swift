/// What a response is held to: who was asked, by whom, for what, and when.
public struct ResponseExpectation: Sendable {
    /// The identity provider's entity id and the keys of its metadata.
    let issuer: String?
    let keys: [SAMLVerificationKey]
    /// Our own entity id.
    let audience: String?
    /// The address that the response was posted to, exactly as it was published.
    let recipient: String?
    let request: Request
    let signature: SignatureRequirement
    let decryptionKeys: [SAMLDecryptionKey]
    /// Seconds that clocks may differ.
    let clockSkew: Int64
    /// nil at the command line only, where times are then not looked at.
    let now: SAMLTime?
    let policy: SAMLAlgorithmPolicy
    /// SAML Bindings §3.5.5.2: a signed message that is posted says where to.
    let allowsMissingDestination: Bool
    /// SDP-SP13: who is meant may be told by attributes only.
    let allowsMissingName: Bool

    /// Which request it answers.
    public enum Request: Sendable, Equatable {
        /// This one, of which the browser that posted it proved that it made it.
        case answers(String)
        /// None: the identity provider began.
        case unsolicited
        /// Not compared; at the command line only.
        @_spi(SAMLDebugging) case notCompared
        /// This one or none; at the command line only.
        @_spi(SAMLDebugging) case answersOrUnsolicited(String)
    }

    /// Which signature has to be there. One is always demanded; whatever signature is there has to hold.
    public enum SignatureRequirement: String, Sendable, CaseIterable {
        case either
        case response
        case assertion
        case both
    }

    /// Seconds that clocks may differ at most (saml2int: three to five minutes are to be had).
    public static let clockSkewLimit: Int64 = 300
    /// Seconds where nobody says otherwise.
    public static let usualClockSkew: Int64 = 180

    /// What a response that was posted to us is held to.
    ///
    /// - Parameters:
    ///   - clockSkew: 0 to 300 seconds; others are taken for the nearest of these.
    ///   - allowsMissingName: the subject may be without a name, for somebody who is known by an attribute.
    ///   - algorithms: what it may be signed and encrypted by.
    public init(
        issuer: String, keys: [SAMLVerificationKey], audience: String, recipient: String, request: Request,
        signature: SignatureRequirement = .either, decryptionKeys: [SAMLDecryptionKey] = [],
        clockSkew: Int64 = ResponseExpectation.usualClockSkew, now: SAMLTime, allowsMissingName: Bool = false,
        algorithms: AlgorithmPolicy = AlgorithmPolicy()
    ) {
        self.issuer = issuer
        self.keys = keys
        self.audience = audience
        self.recipient = recipient
        self.request = request
        self.signature = signature
        self.decryptionKeys = decryptionKeys
        self.clockSkew = min(max(clockSkew, 0), Self.clockSkewLimit)
        self.now = now
        policy = algorithms.believed
        allowsMissingDestination = false
        self.allowsMissingName = allowsMissingName
    }

    /// For looking at messages from the command line: what is nil is not compared.
    @_spi(SAMLDebugging) public init(
        debugging keys: [SAMLVerificationKey], issuer: String?, audience: String?, recipient: String?, request: Request,
        decryptionKeys: [SAMLDecryptionKey], clockSkew: Int64, now: SAMLTime?, policy: SAMLAlgorithmPolicy
    ) {
        self.issuer = issuer
        self.keys = keys
        self.audience = audience
        self.recipient = recipient
        self.request = request
        signature = .either
        self.decryptionKeys = decryptionKeys
        self.clockSkew = clockSkew
        self.now = now
        self.policy = policy
        allowsMissingDestination = policy != .strict
        allowsMissingName = false
    }
}

/// Moments against a clock that may be off.
struct ClockWindow {
    let now: SAMLTime
    let skew: Int64

    /// SAML Core §2.5.1.2: from `NotBefore` on.
    func isBefore(_ time: SAMLTime) -> Bool { now.adding(seconds: skew) < time }
    /// `NotOnOrAfter` is exclusive.
    func isOnOrAfter(_ time: SAMLTime) -> Bool { now.adding(seconds: -skew) >= time }
}
