import CCurl
import Vocabulary

/// The failures of a fetch. Messages name the host at most: never path, query, header or body.
extension Fault {
    static func fetchInvalid(_ what: String) -> Fault { Fault("fetch.invalid_request", .caller, what) }

    static let fetchOverloaded = Fault(
        "fetch.overloaded", .ourselves, "Too many outgoing requests are waiting.", remedy: "Try again later.")

    static let fetchClosed = Fault("fetch.closed", .ourselves, "The HTTP client has been shut down.")

    static func fetchTimeout(_ host: String) -> Fault {
        Fault("fetch.timeout", .peer, "\(host) did not answer in time.")
    }

    static func fetchUnresolved(_ host: String) -> Fault {
        Fault("fetch.unresolved", .peer, "The name \(host) has no address.", remedy: "Check the name and the DNS.")
    }

    static func fetchForbidden(_ host: String, _ address: IPAddress, _ purpose: IPAddress.SpecialPurpose) -> Fault {
        Fault(
            "fetch.forbidden_address", .caller,
            "\(host) has the address \(address), which is not public (\(purpose.rawValue)).",
            remedy: "If it is meant, list its network in the allowed networks.")
    }

    static func fetchTooLarge(_ host: String, _ part: String) -> Fault {
        Fault("fetch.response_too_large", .peer, "The \(part) from \(host) exceeded the limit.")
    }

    /// A libcurl failure. Its own wording is added for TLS only, where it tells expired from unknown authority; it
    /// speaks of the certificate, never of the request.
    static func fetchFailed(_ code: CURLcode, _ host: String, detail: String) -> Fault {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            return .fetchTimeout(host)
        case CURLE_FILESIZE_EXCEEDED:
            return .fetchTooLarge(host, "response")
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return Fault("fetch.tls", .peer, "TLS with \(host) failed: its key is none of those that are trusted.")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
            return Fault("fetch.tls", .peer, "TLS with \(host) failed: \(text.prefix(200)).")
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
            return Fault("fetch.unreachable", .peer, "\(host) could not be reached.")
        default:
            return Fault("fetch.failed", .peer, "\(host): \(String(cString: curl_easy_strerror(code))).")
        }
    }
}
