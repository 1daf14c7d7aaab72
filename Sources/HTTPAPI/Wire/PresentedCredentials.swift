import Authorization
import Vocabulary

/// What an `Authorization` header presents, unverified.
public enum AuthorizationHeader: Sendable {
    /// RFC 6750 §2.1.
    case bearer(SecretText)
    /// RFC 7617, or a client's id and secret by RFC 6749 §2.3.1.
    case basic(user: String, password: SecretText)

    /// Bytes of the header at most.
    public static let limit = 4_096

    /// Reads one header value.
    ///
    /// - Throws: `Refusal.badRequest("authorization.malformed")`. An unknown scheme is malformed too: silently ignoring
    ///   a credential would let a request go on with less than its sender meant.
    public init(_ value: String) throws {
        let refusal = Refusal.badRequest(
            code: "authorization.malformed", where: "The Authorization header is malformed.")
        guard value.utf8.count <= Self.limit, let space = value.firstIndex(of: " ") else { throw refusal }
        let scheme = value[..<space] == "Bearer" ? "bearer" : value[..<space].lowercased()
        let rest = value[value.index(after: space)...].trimmingSpaces()
        switch scheme {
        case "bearer":
            guard Self.isToken68(rest) else { throw refusal }
            self = .bearer(Secret(rest))
        case "basic":
            guard let bytes = Base64.decode(rest, .padded), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":"), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw refusal }
            self = .basic(user: String(text[..<colon]), password: Secret(String(text[text.index(after: colon)...])))
        default: throw refusal
        }
    }

    // RFC 6750 §2.1: b64token.
    private static func isToken68(_ text: String) -> Bool {
        let body = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return !body.isEmpty
            && body.allSatisfy { ASCII.isAlphanumeric($0) || "-._~+/".utf8.contains($0) }
    }

    /// The client named by HTTP Basic where both halves are form-encoded first (RFC 6749 §2.3.1); nil for Bearer or an
    /// encoding that is not one.
    public var clientCredentials: (id: String, secret: SecretText)? {
        guard case .basic(let user, let password) = self, let id = FormBody.decode(user),
            let secret = FormBody.decode(password.reveal())
        else { return nil }
        return (id, Secret(secret))
    }
}

/// The answers of RFC 6750 §3 and RFC 9470 §3 in `WWW-Authenticate`.
public enum BearerChallenge {
    case missing
    case invalidToken
    case insufficientScope
    /// The authentication is not strong or not recent enough; with one that is, the same request passes.
    case insufficientAuthentication(AuthenticationRequirement)

    public var header: String { header(realm: "gatehouse") }

    /// - Parameter realm: of letters, digits, `-` and `_`.
    public func header(realm: String) -> String {
        let challenge = "Bearer realm=\"\(realm)\""
        switch self {
        // §3.1: no error code when the request carried no credential.
        case .missing: return challenge
        case .invalidToken: return challenge + ", error=\"invalid_token\""
        case .insufficientScope: return challenge + ", error=\"insufficient_scope\""
        case .insufficientAuthentication(let demand):
            let acr = demand.strength.map { ", acr_values=\"\($0.acr)\"" } ?? ""
            let age = demand.maxAgeSeconds.map { ", max_age=\"\($0)\"" } ?? ""
            return challenge + ", error=\"insufficient_user_authentication\", error_description="
                + "\"A stronger or more recent authentication is required\"" + acr + age
        }
    }
}
