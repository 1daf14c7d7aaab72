import JOSE

/// What a protected resource tells of itself (RFC 9728 §2).
public struct ResourceMetadata: Sendable, Hashable {
    public var resource: String
    public var authorizationServers: [String]
    public var scopes: ScopeSet
    public var name: String?
    public var documentation: String?
    public var requiresDPoP: Bool

    public init(
        resource: String, authorizationServers: [String], scopes: ScopeSet, name: String? = nil,
        documentation: String? = nil, requiresDPoP: Bool = false
    ) {
        self.resource = resource
        self.authorizationServers = authorizationServers
        self.scopes = scopes
        self.name = name
        self.documentation = documentation
        self.requiresDPoP = requiresDPoP
    }

    /// The document.
    public var json: JSONObject {
        var json: JSONObject = [
            "resource": .string(resource), "authorization_servers": .texts(authorizationServers),
            "scopes_supported": .texts(scopes.names.sorted()), "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": .texts(DPoPProof.algorithms.map(\.rawValue)),
            "dpop_bound_access_tokens_required": .bool(requiresDPoP),
        ]
        json.set("resource_name", name)
        json.set("resource_documentation", documentation)
        return json
    }

    /// Where the document of a resource is (§3.1): the well-known part stands between host and path.
    public static func wellKnownAddress(of resource: String) -> String? {
        guard let address = WebAddress(resource), let host = address.host, address.fragment == nil else { return nil }
        let port = address.port.map { ":\($0)" } ?? ""
        let path = address.path == "/" ? "" : address.path
        let query = address.query.map { "?" + $0 } ?? ""
        return "\(address.scheme)://\(host)\(port)/.well-known/oauth-protected-resource\(path)\(query)"
    }
}
