import LDAP
import Vocabulary

/// Tells whose fault a directory's failure is, and what to do about it.
enum LDAPFailure {
    /// The failure as a fault of the peer, or of ours where the request or a setting is wrong.
    static func fault(_ error: LDAPError) -> Fault {
        let message = "The directory did not answer: \(error)."
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

    /// What stands between us and a trusted connection. A flaw of the certificate has a code of its own, since it is
    /// mended elsewhere than a server that is away.
    static func fault(_ flaw: TLSFlaw, of server: LDAPEndpoint) -> Fault {
        let code =
            switch flaw {
            case .unreachable, .silent: "directory.unreachable"
            default: "directory.untrusted"
            }
        return Fault(
            code, .peer, "The directory did not answer: \(server): \(flaw).", remedy: flaw.cure,
            retryAfter: .seconds(5))
    }
}
