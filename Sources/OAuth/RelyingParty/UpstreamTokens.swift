import JOSE

/// What a provider's token endpoint answered. Nothing in it is believed yet.
public struct UpstreamTokens: Sendable {
    /// No larger answer is read, in bytes.
    public static let byteLimit = 131_072

    public let accessToken: String
    /// As sent; `idToken` is verified by `VerifiedIDToken`.
    public let idToken: String?
    public let refreshToken: String?
    /// In seconds; nil when it was not said.
    public let expiresIn: Int64?
    public let scope: ScopeSet?

    /// Reads an answer, JSON as RFC 6749 §5.1 has it, or the form that GitHub sends.
    ///
    /// - Throws: `refused` with the provider's code, also when it comes with status 200; `malformed_answer`.
    public init(status: Int, contentType: String?, body: [UInt8]) throws(UpstreamFault) {
        guard body.count <= Self.byteLimit else { throw UpstreamFault(.malformedAnswer, "too long") }
        let members = try Self.members(contentType, body)
        if let error = members["error"]?.text { throw UpstreamFault(.refused, String(error.prefix(64))) }
        guard status == 200 else { throw UpstreamFault(.refused, "status \(status)") }
        guard let token = members["access_token"]?.text, Texts.isName(token, upTo: 32_768) else {
            throw UpstreamFault(.malformedAnswer, "access_token")
        }
        guard let type = members["token_type"]?.text, type.lowercased() == "bearer" else {
            throw UpstreamFault(.malformedAnswer, "token_type")
        }
        accessToken = token
        idToken = try Self.text(members, "id_token")
        refreshToken = try Self.text(members, "refresh_token")
        expiresIn = members["expires_in"].flatMap { $0.integer ?? $0.text.flatMap(Int64.init) }
            .flatMap { (0...315_360_000).contains($0) ? $0 : nil }
        // GitHub separates scopes by commas.
        scope = members["scope"]?.text.flatMap { ScopeSet($0.replacing(",", with: " ")) }
    }

    private static func members(_ contentType: String?, _ body: [UInt8]) throws(UpstreamFault) -> JSONObject {
        let type = contentType?.split(separator: ";").first?.lowercased() ?? ""
        if type == "application/x-www-form-urlencoded" {
            guard let form = try? Parameters(reading: body, limits: .body, repeatable: []) else {
                throw UpstreamFault(.malformedAnswer, "form")
            }
            var members = JSONObject()
            for name in form.names.sorted() { members.set(name, form[name]) }
            return members
        }
        guard let object = try? JSONObject(parsing: body) else { throw UpstreamFault(.malformedAnswer, "JSON") }
        return object
    }

    private static func text(_ members: JSONObject, _ name: String) throws(UpstreamFault) -> String? {
        guard let value = members[name], value != .null else { return nil }
        guard let text = value.text, Texts.isName(text, upTo: 65_536) else {
            throw UpstreamFault(.malformedAnswer, name)
        }
        return text
    }
}
