/// Why an nkey, a token, a file or a claim was refused: what is wrong, where, and how to mend it.
///
/// Nothing secret is in it. What a stranger wrote is, in shortened form, only where it is public: a subject, a name, a key.
public struct NATSFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong, for programs: `code.rawValue` is stable.
    public let code: Code
    /// Where: a claim by its path (`nats.limits.subs`), `seed`, `token`, `line 4`.
    public let place: String
    /// What is wrong there, as the end of a sentence that begins with the place.
    public let problem: String
    /// What to do about it, a sentence.
    public let remedy: String
    /// Whether it keeps claims from being signed and believed.
    public let severity: Severity

    init(_ code: Code, _ place: String, _ problem: String, _ remedy: String, _ severity: Severity = .blocking) {
        self.code = code
        self.place = place
        self.problem = problem
        self.remedy = remedy
        self.severity = severity
    }

    public var description: String { "\(place) \(problem). \(remedy)" }

    /// What follows from a fault.
    public enum Severity: String, Sendable {
        /// Nothing is signed with it, and nothing that has it is believed.
        case blocking
        /// It works, and is hardly what was meant.
        case warning
    }

    /// The faults, by stable codes.
    public enum Code: String, Sendable, CaseIterable {
        // Keys and seeds.
        case malformedKey = "malformed_key"
        case checksumMismatch = "checksum_mismatch"
        case wrongKeyKind = "wrong_key_kind"
        // The form of a token.
        case tooLarge = "too_large"
        case malformedToken = "malformed_token"
        case malformedHeader = "malformed_header"
        case unsupportedAlgorithm = "unsupported_algorithm"
        case malformedClaims = "malformed_claims"
        case unknownClaim = "unknown_claim"
        case wrongClaimType = "wrong_claim_type"
        case missingClaim = "missing_claim"
        case unsupportedType = "unsupported_type"
        case unsupportedVersion = "unsupported_version"
        // Who signed it, and whether that one may.
        case invalidSignature = "invalid_signature"
        case wrongIssuer = "wrong_issuer"
        case expired = "expired"
        case notYetValid = "not_yet_valid"
        case revoked = "revoked"
        case scopeViolated = "scope_violated"
        case bearerRefused = "bearer_refused"
        // What claims say.
        case malformedSubject = "malformed_subject"
        case overlappingSubjects = "overlapping_subjects"
        case invalidLimit = "invalid_limit"
        case invalidExport = "invalid_export"
        case invalidImport = "invalid_import"
        case invalidMapping = "invalid_mapping"
        case invalidTimes = "invalid_times"
        case invalidNetwork = "invalid_network"
        case invalidAddress = "invalid_address"
        case invalidTemplate = "invalid_template"
        case invalidName = "invalid_name"
        // Files.
        case malformedCredentials = "malformed_credentials"
        case mismatchedCredentials = "mismatched_credentials"
        case duplicateFile = "duplicate_file"
    }
}

extension NATSFault {
    /// The same as a warning.
    var asWarning: NATSFault { NATSFault(code, place, problem, remedy, .warning) }
}

/// A stranger's text as it may stand in a message: short, and nothing in it that moves a cursor.
func quoted(_ text: String) -> String {
    let head = text.unicodeScalars.prefix(64).map { scalar in
        scalar.value < 0x20 || scalar.value == 0x7F || (0x80..<0xA0).contains(scalar.value) ? "?" : Character(scalar)
    }
    return "\"\(String(head))\(text.unicodeScalars.count > 64 ? "…" : "")\""
}
