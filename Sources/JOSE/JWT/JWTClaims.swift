/// The claims of a token, those of the standards by type (RFC 7519 §4.1, OpenID Connect Core §2); a claim of another
/// type than its standard gives it makes the set malformed.
public struct JWTClaims: Sendable, Equatable {
    /// All claims.
    public let json: JSONObject

    /// `iss`.
    public let issuer: String?
    /// `sub`.
    public let subject: String?
    /// `aud`, as a list however it was written; empty when absent.
    public let audience: [String]
    /// Whether `aud` was written as a list.
    public let isAudienceList: Bool
    /// `exp`.
    public let expiresAt: NumericDate?
    /// `nbf`.
    public let notBefore: NumericDate?
    /// `iat`.
    public let issuedAt: NumericDate?
    /// `jti`.
    public let tokenID: String?
    /// `nonce`.
    public let nonce: String?
    /// `azp`.
    public let authorizedParty: String?
    /// `auth_time`.
    public let authenticatedAt: NumericDate?
    /// `acr`.
    public let authenticationContext: String?
    /// `amr`; empty when absent.
    public let authenticationMethods: [String]

    /// Values in one `aud`.
    static let audienceLimit = 64

    /// Any claim, by its name.
    public subscript(name: String) -> JSONValue? { json[name] }

    /// A claim that is text; nil where it is absent.
    ///
    /// - Throws: `JOSEError` with `malformed_claims` where it is something else.
    public func text(_ name: String) throws -> String? { try Self.text(name, of: json) }

    /// A claim that is a time; nil where it is absent.
    ///
    /// - Throws: `JOSEError` with `malformed_claims` where it is something else.
    public func date(_ name: String) throws -> NumericDate? { try Self.date(name, of: json) }

    /// Reads the types of the registered claims.
    ///
    /// - Throws: `JOSEError` with `malformed_claims`.
    public init(_ json: JSONObject) throws {
        self.json = json
        issuer = try Self.text("iss", of: json)
        subject = try Self.text("sub", of: json)
        (audience, isAudienceList) = try Self.audience(of: json)
        expiresAt = try Self.date("exp", of: json)
        notBefore = try Self.date("nbf", of: json)
        issuedAt = try Self.date("iat", of: json)
        tokenID = try Self.text("jti", of: json)
        nonce = try Self.text("nonce", of: json)
        authorizedParty = try Self.text("azp", of: json)
        authenticatedAt = try Self.date("auth_time", of: json)
        authenticationContext = try Self.text("acr", of: json)
        authenticationMethods = try Self.texts("amr", of: json)
    }

    private static func text(_ name: String, of json: JSONObject) throws -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.text else { throw JOSEError(.malformedClaims, name) }
        return text
    }

    private static func texts(_ name: String, of json: JSONObject) throws -> [String] {
        guard let value = json[name] else { return [] }
        guard let texts = value.texts, texts.count <= audienceLimit else { throw JOSEError(.malformedClaims, name) }
        return texts
    }

    private static func date(_ name: String, of json: JSONObject) throws -> NumericDate? {
        guard let value = json[name] else { return nil }
        guard let date = NumericDate(value) else { throw JOSEError(.malformedClaims, name) }
        return date
    }

    /// RFC 7519 §4.1.3: one string, or a list of them.
    private static func audience(of json: JSONObject) throws -> ([String], Bool) {
        if let text = json["aud"]?.text { return ([text], false) }
        let texts = try texts("aud", of: json)
        guard json["aud"] == nil || !texts.isEmpty else { throw JOSEError(.malformedClaims, "aud") }
        return (texts, json["aud"] != nil)
    }
}
