import JOSE

/// What a provider's userinfo endpoint, or its like, answered about the person of a login.
public struct UpstreamUserInfo: Sendable {
    /// No larger answer is read, in bytes.
    public static let byteLimit = 131_072

    public let claims: JSONObject

    /// Reads the answer beside a verified ID token (OpenID Connect Core §5.3.2).
    ///
    /// - Parameter keys: for an answer that is signed.
    /// - Throws: `foreign_userinfo` unless its subject is the ID token's; `malformed_answer`.
    public init(
        status: Int, contentType: String?, body: [UInt8], of token: VerifiedIDToken, client: UpstreamClient,
        keys: JSONWebKeySet, now: Int64
    ) throws(UpstreamFault) {
        let type = contentType?.split(separator: ";").first?.lowercased() ?? ""
        if type == "application/jwt" {
            claims = try Self.signed(status, body, of: token, client: client, keys: keys, now: now)
        } else {
            claims = try Self.object(status, body)
        }
        guard let subject = claims["sub"]?.text, Texts.same(subject, token.subject) else {
            throw UpstreamFault(.foreignUserInfo, "sub")
        }
    }

    /// Reads the answer of a provider without ID tokens. It names the person only to whoever got the access token from
    /// the token endpoint itself, for a code of its own.
    ///
    /// - Throws: `malformed_answer`.
    public init(plain status: Int, body: [UInt8]) throws(UpstreamFault) {
        claims = try Self.object(status, body)
    }

    private static func object(_ status: Int, _ body: [UInt8]) throws(UpstreamFault) -> JSONObject {
        guard status == 200 else { throw UpstreamFault(.refused, "status \(status)") }
        guard body.count <= byteLimit, let object = try? JSONObject(parsing: body) else {
            throw UpstreamFault(.malformedAnswer, "userinfo")
        }
        return object
    }

    private static func signed(
        _ status: Int, _ body: [UInt8], of token: VerifiedIDToken, client: UpstreamClient, keys: JSONWebKeySet,
        now: Int64
    ) throws(UpstreamFault) -> JSONObject {
        guard status == 200 else { throw UpstreamFault(.refused, "status \(status)") }
        guard body.count <= byteLimit, let text = String(validating: body, as: UTF8.self) else {
            throw UpstreamFault(.malformedAnswer, "userinfo")
        }
        var policy = JWTPolicy(
            issuer: .exactly(token.issuer), audience: .contains(client.clientID), type: .absentOr("JWT"),
            requiredClaims: ["sub"], clockSkew: VerifiedIDToken.clockSkew)
        policy.algorithms = client.algorithms.filter { !$0.isSymmetric }
        do {
            return try JWT.verify(text, with: keys, policy: policy, now: NumericDate(seconds: now)).claims.json
        } catch {
            throw UpstreamFault(.malformedAnswer, "userinfo: \(error)")
        }
    }
}
