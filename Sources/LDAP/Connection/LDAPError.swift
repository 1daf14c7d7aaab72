/// A directory operation that did not come to an answer. A refused bind is an answer: see `BindOutcome`.
///
/// Texts come from the library or the server, may go to an administrator, and never hold a password.
public enum LDAPError: Error, Sendable, Hashable {
    /// No connection could be made: refused, unresolvable, or TLS failed; the library does not say which.
    case unreachable(server: String, detail: String)
    /// An existing connection was lost, or the server gave notice of closing it.
    case connectionLost(detail: String)
    /// The server did not answer in time.
    case timedOut(phase: Phase)
    /// The server would not start TLS, so nothing more was sent.
    case startTLSRefused(detail: String)
    /// The server answered with a failure.
    case failed(ResultCode, diagnostic: String)
    /// A limit of ours was passed.
    case limitExceeded(Limit)
    /// The answer breaks the protocol, or a page of a search is missing.
    case malformedAnswer(String)
    /// The request was not sent, because it could not mean anything.
    case invalidRequest(String)
    /// The service account's own bind was refused.
    case serviceBindRefused(BindRefusal)
    /// Every server of the list is being left alone after failures.
    case noServerAvailable(lastFailure: String?)
    /// All connections stayed busy for the longest permitted wait, or too many callers wait already.
    case poolExhausted
    /// The connection was closed by its owner.
    case closed
    /// The caller's task was cancelled; the operation was abandoned.
    case cancelled

    /// What was being done when it failed.
    public enum Phase: String, Sendable, Hashable { case connecting, startTLS, bind, search, modifyPassword }

    /// Which of our own bounds an answer or a caller went past.
    public enum Limit: String, Sendable, Hashable { case entries, bytes, pages, rangeSteps, queue }

    /// A result code of RFC 4511 §4.1.9 or of the library (negative).
    public struct ResultCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }
        public var description: String { "result \(rawValue)" }

        public static let sizeLimitExceeded = Self(rawValue: 4)
        public static let strongerAuthenticationRequired = Self(rawValue: 8)
        public static let confidentialityRequired = Self(rawValue: 13)
        public static let constraintViolation = Self(rawValue: 19)
        public static let noSuchObject = Self(rawValue: 32)
        public static let invalidCredentials = Self(rawValue: 49)
        public static let insufficientAccess = Self(rawValue: 50)
        public static let busy = Self(rawValue: 51)
        public static let unavailable = Self(rawValue: 52)
        public static let unwillingToPerform = Self(rawValue: 53)
    }

    /// True when the request of a bind had certainly not left us: the server has counted nothing.
    public var isBeforeSending: Bool {
        switch self {
        case .unreachable, .startTLSRefused, .invalidRequest, .closed, .noServerAvailable, .poolExhausted,
            .serviceBindRefused, .timedOut(.connecting), .timedOut(.startTLS), .limitExceeded(.queue):
            true
        default: false
        }
    }

    /// True when another server, or a new connection to the same one, may do better.
    public var isConnectionFailure: Bool {
        switch self {
        case .unreachable, .connectionLost, .timedOut, .startTLSRefused: true
        case .failed(let code, _): code == .unavailable || code == .busy
        default: false
        }
    }
}

extension LDAPError: CustomStringConvertible {
    /// One sentence's worth for an administrator, without a full stop.
    public var description: String {
        switch self {
        case .unreachable(let server, let detail): "\(server) cannot be reached: \(detail)"
        case .connectionLost(let detail): "the connection was lost: \(detail)"
        case .timedOut(let phase): "no answer in time (\(phase.rawValue))"
        case .startTLSRefused(let detail): "the server would not start TLS: \(detail)"
        case .failed(let code, let diagnostic):
            "the server answered \(code)\(diagnostic.isEmpty ? "" : ": \(diagnostic)")"
        case .limitExceeded(let limit): "more \(limit.rawValue) than permitted"
        case .malformedAnswer(let what): "the answer is malformed: \(what)"
        case .invalidRequest(let what): "the request means nothing: \(what)"
        case .serviceBindRefused(let reason): "the service account was refused: \(reason)"
        case .noServerAvailable(let last): last ?? "every server is being left alone after failures"
        case .poolExhausted: "all connections stayed busy"
        case .closed: "the connection was closed"
        case .cancelled: "the operation was cancelled"
        }
    }
}
