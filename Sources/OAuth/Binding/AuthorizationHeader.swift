/// The `Authorization` header of a request to a protected resource (RFC 6750 §2, RFC 9449 §7.1): one header, one scheme,
/// one blank, one token.
public enum AuthorizationHeader {
    /// How a token is shown.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        case bearer
        case dpop
    }

    /// No longer token is read, in bytes.
    public static let tokenByteLimit = 16_384

    /// An access token as it was shown.
    public struct Shown: Sendable {
        public let scheme: Scheme
        public let token: String
    }

    /// Reads the one access token of a request.
    ///
    /// - Parameters:
    ///   - headers: every `Authorization` header of the request.
    ///   - form: the `access_token` of a form body, where the endpoint takes one there (userinfo).
    ///   - query: whether an `access_token` stands in the query, where none belongs (RFC 9700 §2.1).
    /// - Returns: nil when the request shows none at all.
    /// - Throws: `invalid_request` for anything else than one token shown in one way.
    public static func read(_ headers: [String], form: String? = nil, hasQueryToken: Bool = false)
        throws(OAuthError) -> Shown?
    {
        guard !hasQueryToken else { throw OAuthError(.invalidRequest, "a token does not belong in a query") }
        guard headers.count <= 1, headers.isEmpty || form == nil else {
            throw OAuthError(.invalidRequest, "more than one way of showing a token")
        }
        if let form {
            guard isToken(form) else { throw OAuthError(.invalidRequest, "malformed access token") }
            return Shown(scheme: .bearer, token: form)
        }
        guard let header = headers.first else { return nil }
        for scheme in Scheme.allCases {
            if let token = token(of: header, scheme: scheme.rawValue) { return Shown(scheme: scheme, token: token) }
        }
        throw OAuthError(.invalidRequest, "malformed Authorization header")
    }

    /// The token after a scheme (which knows no case) and exactly one blank; nil for everything else.
    static func token(of header: String, scheme: String) -> String? {
        let bytes = Array(header.utf8)
        let start = scheme.utf8.count
        guard bytes.count > start + 1, bytes[start] == UInt8(ascii: " "),
            bytes[..<start].map(lowered) == Array(scheme.utf8)
        else { return nil }
        let token = String(decoding: bytes[(start + 1)...], as: UTF8.self)
        return isToken(token) ? token : nil
    }

    /// `b64token` of RFC 6750 §2.1 (`token68` of RFC 9110).
    static func isToken(_ text: String) -> Bool {
        guard (1...tokenByteLimit).contains(text.utf8.count) else { return false }
        var rest = text.utf8[...]
        while rest.last == UInt8(ascii: "=") { rest.removeLast() }
        return !rest.isEmpty
            && rest.allSatisfy { FormCoding.isUnreserved($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
