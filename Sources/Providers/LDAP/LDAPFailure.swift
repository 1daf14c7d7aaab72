import LDAP
import Vocabulary

/// Tells administrators what went wrong with a directory, in words that hold no secret.
enum LDAPFailure {
    static func text(_ error: LDAPError) -> String {
        switch error {
        case .unreachable(let server, let detail): "\(server) cannot be reached: \(detail)"
        case .connectionLost(let detail): "the connection was lost: \(detail)"
        case .timedOut(let phase): "no answer in time (\(phase.rawValue))"
        case .startTLSRefused(let detail): "the server would not start TLS: \(detail)"
        case .failed(let code, let diagnostic):
            "the server answered \(code)\(diagnostic.isEmpty ? "" : ": \(diagnostic)")"
        case .limitExceeded(let limit): "more \(limit.rawValue) than permitted"
        case .malformedAnswer(let what): "the answer is malformed: \(what)"
        case .invalidRequest(let what): "the request means nothing: \(what)"
        case .serviceBindRefused(let reason): "the service account was refused: \(DirectoryRefusal(reason).rawValue)"
        case .noServerAvailable(let last): last ?? "every server is being left alone after failures"
        case .poolExhausted: "all connections stayed busy"
        case .closed: "the connection was closed"
        case .cancelled: "the operation was cancelled"
        }
    }

    /// The failure as a fault of the peer, or of ours where the request or a setting is wrong.
    static func fault(_ error: LDAPError) -> Fault {
        let message = "The directory did not answer: \(text(error))."
        switch error {
        case .serviceBindRefused:
            return Fault(
                "directory.service_refused", .ourselves, message, remedy: "Check bind_dn and bind_password_file.")
        case .invalidRequest:
            return Fault("directory.invalid_request", .ourselves, message, remedy: "Check the provider's settings.")
        case .limitExceeded: return Fault("directory.too_large", .peer, message)
        case .malformedAnswer: return Fault("directory.malformed", .peer, message)
        case .failed: return Fault("directory.failed", .peer, message)
        case .poolExhausted: return Fault("directory.busy", .ourselves, message, retryAfter: .seconds(1))
        default: return Fault("directory.unreachable", .peer, message, retryAfter: .seconds(5))
        }
    }
}
