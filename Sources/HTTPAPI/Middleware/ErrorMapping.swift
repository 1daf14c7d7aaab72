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

    /// With the fault's own status.
    public static func failure(for fault: Fault) -> Failure {
        let status = fault.status
        var failure = plain(status, fault.code, detail: fault.description)
        // A caller may read what they did wrong; what failed behind the gateway is nobody's business outside.
        if fault.culprit == .caller { failure.problem.detail = fault.description }
        if status == 503 || status == 429 {
            let seconds = fault.retryAfter.map { max(1, $0.components.seconds) } ?? 1
            failure.headers = [HTTPField(name: .retryAfter, value: String(seconds))]
        }
        return failure
    }

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
