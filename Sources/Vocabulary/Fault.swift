/// A failure that was not an expected outcome: what happened, whose fault it is, and how to mend it.
///
/// Equality is by code. `message` and `remedy` never hold secrets; they may reach an administrator, but a person at a
/// login page sees only wording chosen by the HTTP layer.
public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Who has to change something for this to work.
    public enum Culprit: String, Sendable, Codable {
        /// The request was wrong.
        case caller
        /// A directory, provider or other server misbehaved or was away.
        case peer
        /// This gateway, its configuration or its machine.
        case ourselves
    }

    /// A stable, lower-case, dot-separated name, such as `storage.conflict`.
    public let code: String
    public let culprit: Culprit
    /// One sentence: what was found, and where.
    public let message: String
    /// One sentence: what to do about it, when that is known.
    public let remedy: String?
    /// How long to wait before the same request can succeed, when waiting helps (`Retry-After`, RFC 9110 §10.2.3).
    public let retryAfter: Duration?

    public init(
        _ code: String, _ culprit: Culprit, _ message: String, remedy: String? = nil, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.culprit = culprit
        self.message = message
        self.remedy = remedy
        self.retryAfter = retryAfter
    }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public var description: String { remedy.map { "\(message) \($0)" } ?? message }
}
