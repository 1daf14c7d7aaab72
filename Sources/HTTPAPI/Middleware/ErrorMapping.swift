import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// What the HTTP layer itself refuses, before any service is asked.
public enum Refusal: Error, Sendable, Equatable {
    case badRequest(code: String, where: String)
    case unauthenticated(challenge: String)
    /// Somebody is proven, and not well enough (RFC 9470).
    case insufficientAuthentication(challenge: String)
    case forbidden(code: String)
    case notFound
    case methodNotAllowed(allow: [String])
    case conflict(code: String, detail: String)
    case preconditionFailed
    case preconditionRequired
    case bodyTooLarge(limit: Int)
    case targetTooLong(limit: Int)
    case unsupportedMediaType(expected: String)
    case tooManyRequests(retryAfterSeconds: Int)
    case busy(retryAfterSeconds: Int)
}

/// The one place where failures become statuses. People get a kind, general sentence; the code goes to the log.
public enum ErrorMapping {
    /// A failure as the answer, the log and the headers need it.
    public struct Failure: Sendable {
        /// Stable and precise, for log and journal.
        public let code: String
        /// For the log of an operator; never sent to the caller of a 5xx.
        public let detail: String
        public var problem: Problem
        public var headers: [HTTPField] = []
    }

    /// The status and words a caller gets for an error; what we do not know is 500 without details.
    public static func failure(for error: any Error) -> Failure {
        switch error {
        case let refusal as Refusal: failure(for: refusal)
        case let fault as Fault: failure(for: fault)
        case let task as AccessTaskService.Failure: failure(for: task)
        case let wire as StrictJSON.Failure:
            failure(for: Refusal.badRequest(code: "json.invalid", where: wire.description))
        case is NIOTooManyBytesError: failure(for: Refusal.bodyTooLarge(limit: 0))
        case let http as HTTPError where http.status.code < 500: plain(http.status.code, "http.\(http.status.code)")
        default: plain(500, "internal.unexpected", detail: String(describing: type(of: error)))
        }
    }

    /// Caller's faults are 4xx by the last word of their code, a peer's 502 or 503, our own 500 or 503.
    public static func failure(for fault: Fault) -> Failure {
        let status = status(of: fault)
        var failure = plain(status, fault.code, detail: fault.description)
        // A caller may read what they did wrong; what failed behind the gateway is nobody's business outside.
        if fault.culprit == .caller { failure.problem.detail = fault.description }
        if status == 503 || status == 429 {
            let seconds = fault.retryAfter.map { max(1, $0.components.seconds) } ?? 1
            failure.headers = [HTTPField(name: .retryAfter, value: String(seconds))]
        }
        return failure
    }

    private static func status(of fault: Fault) -> Int {
        let word = fault.code.split(separator: ".").last.map(String.init) ?? ""
        // Overload that says when to come back is the caller's to wait out (RFC 6585 §4); a peer's silence is not.
        if fault.retryAfter != nil { return fault.culprit == .peer ? 503 : 429 }
        switch fault.culprit {
        case .caller: return callerStatus[word] ?? 400
        case .peer: return unavailable.contains(word) ? 503 : 502
        case .ourselves: return unavailable.contains(word) ? 503 : 500
        }
    }

    private static let unavailable: Set<String> = ["unavailable", "busy", "overloaded", "timeout", "draining"]
    private static let callerStatus: [String: Int] = [
        "not_found": 404, "unknown": 404, "conflict": 409, "exists": 409, "owned": 409, "managed": 409,
        "has_assignments": 409, "name_exists": 409, "not_delegable": 409, "approval_required": 409, "violation": 409,
        "multiple_violations": 409,
        "closed": 409, "already_decided": 409, "requester": 403, "not_an_approver": 403, "not_the_reviewer": 403,
        "own_line": 403,
        "rule_not_found": 404, "violation_not_found": 404, "exemption_not_found": 404, "validation_failed": 422,
        "cycle": 409, "ambiguous": 409, "not_empty": 409, "not_held": 409, "running": 409,
        "already_exists": 409, "invalid_state": 409, "policy_not_active": 409, "command_reused": 422,
        "exceeded": 409, "reservation_expired": 409, "reservation_not_found": 404,
        "forbidden": 403, "forged": 403, "replayed": 409, "override_forbidden": 403, "denied": 403,
        "unauthenticated": 401,
        "stale": 412, "version_mismatch": 412,
        "too_large": 413, "too_many": 429, "overloaded": 429, "gone": 410, "expired": 410, "unprocessable": 422,
    ]

    /// The failure as the machine's own administrator reads it over the control socket: what broke, and its code.
    static func told(_ failure: Failure, isOperator: Bool) -> Problem {
        guard isOperator, failure.problem.status >= 429 else { return failure.problem }
        var problem = failure.problem
        problem.code = failure.code
        if problem.detail == nil, !failure.detail.isEmpty { problem.detail = failure.detail }
        return problem
    }

    static func plain(_ status: Int, _ code: String, detail: String = "") -> Failure {
        Failure(code: code, detail: detail, problem: Problem(status: status, code: publicCode(status, code)))
    }

    // RFC 9457 §5: a problem must not open the implementation to its reader.
    private static func publicCode(_ status: Int, _ code: String) -> String? { status < 500 ? code : nil }
}

extension ErrorMapping {
    static func failure(for refusal: Refusal) -> Failure {
        switch refusal {
        case .badRequest(let code, let place): described(400, code, place)
        case .unauthenticated(let challenge), .insufficientAuthentication(let challenge):
            headed(plain(401, "http.unauthenticated"), .wwwAuthenticate, challenge)
        case .forbidden(let code): plain(403, code)
        case .notFound: plain(404, "http.not_found")
        case .methodNotAllowed(let allow):
            headed(plain(405, "http.method_not_allowed"), .allow, allow.joined(separator: ", "))
        case .conflict(let code, let detail): described(409, code, detail)
        case .preconditionFailed: plain(412, "http.precondition_failed")
        case .preconditionRequired:
            described(428, "http.precondition_required", "Send If-Match with the ETag you read.")
        case .bodyTooLarge(let limit):
            described(413, "http.too_large", limit > 0 ? "The body may have \(limit) bytes." : "The body is too large.")
        case .targetTooLong(let limit):
            described(414, "http.target_too_long", "The request target may have \(limit) bytes.")
        case .unsupportedMediaType(let expected): described(415, "http.media_type", "Send \(expected).")
        case .tooManyRequests(let seconds): headed(plain(429, "http.too_many"), .retryAfter, "\(seconds)")
        case .busy(let seconds): headed(plain(503, "http.busy"), .retryAfter, "\(seconds)")
        }
    }

    private static func described(_ status: Int, _ code: String, _ detail: String) -> Failure {
        var failure = plain(status, code, detail: detail)
        failure.problem.detail = detail
        return failure
    }

    private static func headed(_ failure: Failure, _ name: HTTPField.Name, _ value: String) -> Failure {
        var failure = failure
        failure.headers.append(HTTPField(name: name, value: value))
        return failure
    }
}
