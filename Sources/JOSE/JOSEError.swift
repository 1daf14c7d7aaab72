/// Why a token, a key or a set of keys was refused. Two errors are equal when their reasons are.
///
/// Nothing of the input is in it: `detail` is the name of a claim, a header parameter or a rule, never a value.
public struct JOSEError: Error, Sendable, CustomStringConvertible {
    /// What was wrong, for programs: `reason.rawValue` is a stable code.
    public let reason: Reason
    /// The name of what was wrong, for people: a claim, a parameter, a member.
    public let detail: String?

    /// A refusal for this reason; `detail` names what it concerns and must not hold a value of the input.
    public init(_ reason: Reason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail
    }

    public var description: String { detail.map { "\(reason.rawValue) (\($0))" } ?? reason.rawValue }
}

extension JOSEError: Equatable {
    public static func == (left: JOSEError, right: JOSEError) -> Bool { left.reason == right.reason }
}

extension JOSEError {
    /// The reasons, by stable codes.
    public enum Reason: String, Sendable, CaseIterable {
        // The form of what came.
        case tooLarge = "too_large"
        case malformedToken = "malformed_token"
        case malformedBase64URL = "malformed_base64url"
        case malformedJSON = "malformed_json"
        case malformedHeader = "malformed_header"
        // What its header asks for.
        case unsupportedAlgorithm = "unsupported_algorithm"
        case unsupportedEncryption = "unsupported_encryption"
        case compressionRefused = "compression_refused"
        case unknownCriticalParameter = "unknown_critical_parameter"
        case wrongType = "wrong_type"
        case notNested = "not_nested"
        // Keys.
        case malformedKey = "malformed_key"
        case weakKey = "weak_key"
        case unsupportedKey = "unsupported_key"
        case privateKeyExposed = "private_key_exposed"
        case wrongKeyUse = "wrong_key_use"
        case duplicateKeyID = "duplicate_key_id"
        case mixedKeySet = "mixed_key_set"
        case tooManyKeys = "too_many_keys"
        case unknownKey = "unknown_key"
        case ambiguousKey = "ambiguous_key"
        case algorithmMismatch = "algorithm_mismatch"
        // What the mathematics say.
        case invalidSignature = "invalid_signature"
        case decryptionFailed = "decryption_failed"
        case cryptographyFailed = "cryptography_failed"
        // Claims.
        case malformedClaims = "malformed_claims"
        case missingClaim = "missing_claim"
        case wrongIssuer = "wrong_issuer"
        case wrongSubject = "wrong_subject"
        case wrongAudience = "wrong_audience"
        case wrongAuthorizedParty = "wrong_authorized_party"
        case wrongNonce = "wrong_nonce"
        case wrongHash = "wrong_hash"
        case expired = "expired"
        case notYetValid = "not_yet_valid"
        case issuedInFuture = "issued_in_future"
        case tooOld = "too_old"
        case livesTooLong = "lives_too_long"
    }
}
