import JOSE

/// What a provider tells of itself (OpenID Connect Discovery §3, RFC 8414 §2), as far as a client goes by it.
public struct ProviderMetadata: Sendable, Hashable {
    /// No larger document is read, in bytes.
    public static let byteLimit = 65_536

    public let issuer: String
    public let endpoints: UpstreamEndpoints
    /// The algorithms of its ID tokens that a client verifies, without those it does not know and those that share a
    /// secret.
    public let algorithms: Set<SignatureAlgorithm>
    /// Its answers name it (RFC 9207 §3): one that does not is not its.
    public let namesItselfInResponses: Bool
    public let supportsBackchannelLogout: Bool

    /// Reads the document that was fetched for an issuer.
    ///
    /// - Parameter allowsLoopback: `http` on the own machine, to develop against.
    /// - Throws: `foreign_metadata` unless the document names the issuer byte for byte (Discovery §4.3), else
    ///   `malformed_metadata` with the member.
    public init(reading body: [UInt8], for rule: IssuerRule, allowsLoopback: Bool = false) throws(UpstreamFault) {
        guard body.count <= Self.byteLimit, let object = try? JSONObject(parsing: body) else {
            throw UpstreamFault(.malformedMetadata, "not a JSON object, or too long")
        }
        guard let issuer = object["issuer"]?.text, Texts.same(issuer, rule.documented) else {
            throw UpstreamFault(.foreignMetadata, "issuer")
        }
        self.issuer = issuer
        let reader = AddressReader(object: object, allowsLoopback: allowsLoopback)
        endpoints = UpstreamEndpoints(
            authorization: try reader.required("authorization_endpoint"), token: try reader.required("token_endpoint"),
            keys: try reader.required("jwks_uri"), userInfo: try reader.optional("userinfo_endpoint"),
            endSession: try reader.optional("end_session_endpoint"),
            revocation: try reader.optional("revocation_endpoint"))
        // A provider that lists nothing signs with what §3 makes mandatory.
        let names = object["id_token_signing_alg_values_supported"]?.texts ?? ["RS256"]
        algorithms = Set(names.compactMap(SignatureAlgorithm.init)).intersection(ClientMetadata.acceptedAlgorithms)
        guard !algorithms.isEmpty else {
            throw UpstreamFault(.malformedMetadata, "id_token_signing_alg_values_supported")
        }
        if let types = object["response_types_supported"], types.texts?.contains("code") != true {
            throw UpstreamFault(.malformedMetadata, "response_types_supported")
        }
        namesItselfInResponses = object["authorization_response_iss_parameter_supported"]?.bool ?? false
        supportsBackchannelLogout = object["backchannel_logout_supported"]?.bool ?? false
    }
}

/// Where a provider is spoken to.
public struct UpstreamEndpoints: Sendable, Hashable {
    public var authorization: String
    public var token: String
    /// Nil for a provider without ID tokens.
    public var keys: String?
    public var userInfo: String?
    public var endSession: String?
    /// RFC 7009.
    public var revocation: String?

    public init(
        authorization: String, token: String, keys: String? = nil, userInfo: String? = nil, endSession: String? = nil,
        revocation: String? = nil
    ) {
        self.authorization = authorization
        self.token = token
        self.keys = keys
        self.userInfo = userInfo
        self.endSession = endSession
        self.revocation = revocation
    }
}

/// Reads addresses out of a document of somebody else's.
struct AddressReader {
    let object: JSONObject
    let allowsLoopback: Bool

    func required(_ name: String) throws(UpstreamFault) -> String {
        guard let address = try optional(name) else { throw UpstreamFault(.malformedMetadata, name) }
        return address
    }

    func optional(_ name: String) throws(UpstreamFault) -> String? {
        guard let value = object[name], value != .null else { return nil }
        guard let text = value.text, Self.isFit(text, allowsLoopback: allowsLoopback) else {
            throw UpstreamFault(.malformedMetadata, name)
        }
        return text
    }

    static func isFit(_ text: String, allowsLoopback: Bool) -> Bool {
        guard let address = WebAddress(text), address.fragment == nil else { return false }
        if address.isSecure { return true }
        return allowsLoopback && address.isScheme("http")
            && (address.isLoopbackLiteral || address.host == "localhost")
    }
}
