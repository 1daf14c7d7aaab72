/// What a client shows of itself at an endpoint, not yet believed: exactly one method (RFC 6749 §2.3).
public enum PresentedCredentials: Sendable {
    /// Its name alone; a certificate may stand beside it.
    case name(clientID: String)
    case basic(clientID: String, secret: String)
    case post(clientID: String, secret: String)
    /// RFC 7523 §2.2.
    case assertion(clientID: String, token: String)

    /// The value of `client_assertion_type`.
    public static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    /// No longer secret is read, in bytes.
    public static let secretByteLimit = 512
    /// No longer assertion is read, in bytes.
    public static let assertionByteLimit = 16_384

    /// The client that is named; nobody has proved anything.
    public var clientID: String {
        switch self {
        case .name(let id), .basic(let id, _), .post(let id, _), .assertion(let id, _): id
        }
    }

    /// Reads what a request shows.
    ///
    /// - Parameters:
    ///   - authorization: every `Authorization` header of the request.
    ///   - parameters: of the body; a query is no place for a secret (§2.3.1).
    /// - Throws: `invalid_request` for more than one method, `invalid_client` for none or a malformed one.
    public static func read(authorization: [String], parameters: Parameters) throws(OAuthError) -> PresentedCredentials
    {
        guard authorization.count <= 1 else { throw OAuthError(.invalidRequest, "more than one Authorization header") }
        let isAsserted = parameters.holds("client_assertion") || parameters.holds("client_assertion_type")
        let methods = [!authorization.isEmpty, parameters.holds("client_secret"), isAsserted].filter { $0 }.count
        guard methods <= 1 else { throw OAuthError(.invalidRequest, "more than one way of client authentication") }
        let named = parameters["client_id"]
        if let named, !ClientMetadata.isIdentifier(named) {
            throw OAuthError(.invalidRequest, "client_id is malformed")
        }
        if let header = authorization.first { return try basic(header, named: named) }
        if isAsserted { return try assertion(parameters, named: named) }
        guard let named else { throw OAuthError(.invalidClient, "the client is not named") }
        guard let secret = parameters["client_secret"] else { return .name(clientID: named) }
        guard secret.utf8.count <= secretByteLimit else { throw OAuthError(.invalidClient, "malformed secret") }
        return .post(clientID: named, secret: secret)
    }

    /// §2.3.1: both parts are escaped before Basic (RFC 7617) joins them, so that a colon may stand in either.
    private static func basic(_ header: String, named: String?) throws(OAuthError) -> PresentedCredentials {
        let malformed = OAuthError(.invalidClient, "malformed Authorization header")
        guard let token = AuthorizationHeader.token(of: header, scheme: "basic"), token.utf8.count <= 2_048,
            let bytes = PaddedBase64.decode(token),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = FormCoding.decode(bytes[..<colon]), let secret = FormCoding.decode(bytes[(colon + 1)...]),
            ClientMetadata.isIdentifier(id), !secret.isEmpty, secret.utf8.count <= secretByteLimit
        else { throw malformed }
        guard named.map({ Texts.same($0, id) }) ?? true else {
            throw OAuthError(.invalidRequest, "client_id names another client than the Authorization header")
        }
        return .basic(clientID: id, secret: secret)
    }

    private static func assertion(_ parameters: Parameters, named: String?) throws(OAuthError) -> PresentedCredentials {
        guard parameters["client_assertion_type"] == assertionType else {
            throw OAuthError(.invalidClient, "client_assertion_type is not supported")
        }
        guard let token = parameters["client_assertion"], token.utf8.count <= assertionByteLimit,
            let subject = ClientAssertion.claimedClient(token)
        else { throw OAuthError(.invalidClient, "client_assertion is missing or malformed") }
        guard named.map({ Texts.same($0, subject) }) ?? true else {
            throw OAuthError(.invalidClient, "client_id names another client than the assertion")
        }
        return .assertion(clientID: subject, token: token)
    }
}

/// Base64 with padding (RFC 4648 §4), strict, as Basic has it.
enum PaddedBase64 {
    static func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0 else { return nil }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var decoded = 0
        var bits = 0
        var result: [UInt8] = []
        for byte in bytes.dropLast(padding) {
            guard let value = value(byte) else { return nil }
            decoded = decoded << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: decoded >> bits))
                decoded &= (1 << bits) - 1
            }
        }
        // Stray bits would give one value two spellings.
        return decoded == 0 ? result : nil
    }

    private static func value(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
