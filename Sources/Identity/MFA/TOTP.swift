import Crypto
import Vocabulary

/// Time-based one-time passwords (RFC 6238 over RFC 4226). Pure: the caller hands in time and the last accepted step.
public struct TOTP: Hashable, Sendable {
    /// The hash under the HMAC (RFC 6238 §1.2).
    public enum Algorithm: String, Sendable, Codable {
        case sha1, sha256, sha512
    }

    /// What became of a code; only `accepted` proves possession.
    public enum Outcome: Hashable, Sendable {
        /// Right. The caller stores `step` in the statement that demands it be above the stored one.
        case accepted(step: Int64)
        /// Right, but of a step that was accepted before or precedes one that was (RFC 6238 §5.2).
        case replayed
        case wrong
    }

    public let algorithm: Algorithm
    /// 6 or 8.
    public let digits: Int
    /// Length of a step in seconds, 15 to 120.
    public let stepSeconds: Int64
    /// How many steps either side of the present one are accepted, 0 to 2 (RFC 6238 §5.2 recommends one at most).
    public let skewSteps: Int64

    /// Nil when `digits` is neither 6 nor 8, or a step or skew is out of its range.
    public init?(algorithm: Algorithm = .sha1, digits: Int = 6, stepSeconds: Int64 = 30, skewSteps: Int64 = 1) {
        guard digits == 6 || digits == 8, (15...120).contains(stepSeconds), (0...2).contains(skewSteps) else {
            return nil
        }
        self.algorithm = algorithm
        self.digits = digits
        self.stepSeconds = stepSeconds
        self.skewSteps = skewSteps
    }

    /// The step that `now` is in; 0 before the epoch.
    public func step(at now: Timestamp) -> Int64 { max(0, now.seconds / stepSeconds) }

    /// Judges a code against the current step and `skewSteps` either side (RFC 6238 §5.2).
    public func verify(_ code: String, secret: SecretBytes, now: Timestamp, lastAcceptedStep: Int64?) -> Outcome {
        let typed = Array(code.utf8)
        guard typed.count == digits, now >= .epoch else { return .wrong }
        let current = step(at: now)
        var matched: Int64?
        // No early exit: which step matched is not shown by time. The newest wins.
        for step in max(0, current - skewSteps)...(current + skewSteps)
        where equalInConstantTime(Array(self.code(secret: secret, counter: UInt64(step)).utf8), typed) {
            matched = step
        }
        guard let matched else { return .wrong }
        if let lastAcceptedStep, matched <= lastAcceptedStep { return .replayed }
        return .accepted(step: matched)
    }

    /// The HOTP value of a counter (RFC 4226 §5.3), with leading zeros.
    public func code(secret: SecretBytes, counter: UInt64) -> String {
        let message = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        let key = SymmetricKey(data: secret.reveal())
        let tag: [UInt8] =
            switch algorithm {
            case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
            case .sha512: Array(HMAC<SHA512>.authenticationCode(for: message, using: key))
            }
        let offset = Int(tag[tag.count - 1] & 0xF)
        let binary = tag[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = String(binary % (digits == 6 ? 1_000_000 : 100_000_000))
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
