import JOSE

/// What an authorization server tells of itself: the discovery document (OpenID Connect Discovery §3, RFC 8414 §2).
public struct ServerMetadata: Sendable {
    public var issuer: String
    public var endpoints: Endpoints
    public var scopes: ScopeSet
    public var claims: [String]
    public var acrValues: [String]
    public var grantTypes: [GrantType]
    public var authentication: [ClientAuthenticationMethod]
    /// Both RS256, which the conformance suite asks for, and what new clients get.
    public var signing: [SignatureAlgorithm]
    /// Where clients that have a certificate find the same endpoints (RFC 8705 §5); nil where nobody is asked for one.
    public var certificateEndpoints: Endpoints?
    public var requiresPushedRequests = false
    public var supportsClientIDDocuments = false
    public var uiLocales: [String] = []
    public var documentation: String?

    /// Where its endpoints are; nil for those it does not have.
    public struct Endpoints: Sendable, Hashable {
        public var authorization: String?
        public var token: String
        public var keys: String
        public var userInfo: String?
        public var introspection: String?
        public var revocation: String?
        public var endSession: String?
        public var deviceAuthorization: String?
        public var pushedRequest: String?
        public var registration: String?

        public init(authorization: String?, token: String, keys: String) {
            self.authorization = authorization
            self.token = token
            self.keys = keys
        }

        /// RFC 8705 §5: those that are called by programs, each by the name it has in the document.
        fileprivate var aliases: JSONObject {
            var json: JSONObject = ["token_endpoint": .string(token)]
            json.set("userinfo_endpoint", userInfo)
            json.set("introspection_endpoint", introspection)
            json.set("revocation_endpoint", revocation)
            json.set("device_authorization_endpoint", deviceAuthorization)
            json.set("pushed_authorization_request_endpoint", pushedRequest)
            return json
        }
    }

    public init(
        issuer: String, endpoints: Endpoints, scopes: ScopeSet, claims: [String], acrValues: [String] = [],
        grantTypes: [GrantType] = GrantType.allCases,
        authentication: [ClientAuthenticationMethod] = ClientAuthenticationMethod.allCases,
        signing: [SignatureAlgorithm] = [.rs256, .es256, .edDSA]
    ) {
        self.issuer = issuer
        self.endpoints = endpoints
        self.scopes = scopes
        self.claims = claims
        self.acrValues = acrValues
        self.grantTypes = grantTypes
        self.authentication = authentication
        self.signing = signing
    }

    /// The document, the same for both well-known addresses.
    public var json: JSONObject {
        var json: JSONObject = ["issuer": .string(issuer)]
        writeEndpoints(&json)
        writeRequests(&json)
        writeAuthentication(&json)
        writeTokens(&json)
        writeSessions(&json)
        if let aliases = certificateEndpoints { json["mtls_endpoint_aliases"] = .object(aliases.aliases) }
        return json
    }

    private func writeEndpoints(_ json: inout JSONObject) {
        json.set("authorization_endpoint", endpoints.authorization)
        json["token_endpoint"] = .string(endpoints.token)
        json["jwks_uri"] = .string(endpoints.keys)
        json.set("userinfo_endpoint", endpoints.userInfo)
        json.set("introspection_endpoint", endpoints.introspection)
        json.set("revocation_endpoint", endpoints.revocation)
        json.set("end_session_endpoint", endpoints.endSession)
        json.set("device_authorization_endpoint", endpoints.deviceAuthorization)
        json.set("pushed_authorization_request_endpoint", endpoints.pushedRequest)
        json.set("registration_endpoint", endpoints.registration)
        json.set("service_documentation", documentation)
    }

    private func writeRequests(_ json: inout JSONObject) {
        json["scopes_supported"] = .texts(scopes.names.sorted())
        json["grant_types_supported"] = .texts(grantTypes.map(\.rawValue))
        // RFC 8414 §2: required, empty where nothing is answered through a browser.
        json["response_types_supported"] = endpoints.authorization == nil ? [] : ["code"]
        guard endpoints.authorization != nil else { return }
        json["response_modes_supported"] = .texts(ResponseMode.allCases.map(\.rawValue))
        json["code_challenge_methods_supported"] = ["S256"]
        json["prompt_values_supported"] = .texts(AuthorizationRequest.Prompt.allCases.map(\.rawValue))
        json["display_values_supported"] = ["page"]
        if !acrValues.isEmpty { json["acr_values_supported"] = .texts(acrValues) }
        if !uiLocales.isEmpty { json["ui_locales_supported"] = .texts(uiLocales) }
        json["claims_parameter_supported"] = true
        json["request_parameter_supported"] = true
        // Absent it would mean true (Discovery §3).
        json["request_uri_parameter_supported"] = false
        json["require_request_uri_registration"] = false
        json["request_object_signing_alg_values_supported"] = .texts(Self.accepted)
        json["require_pushed_authorization_requests"] = .bool(requiresPushedRequests)
        json["authorization_response_iss_parameter_supported"] = true
        json["client_id_metadata_document_supported"] = .bool(supportsClientIDDocuments)
    }

    private func writeAuthentication(_ json: inout JSONObject) {
        let methods = JSONValue.texts(authentication.map(\.rawValue))
        let confidential = JSONValue.texts(authentication.filter { $0 != .none }.map(\.rawValue))
        json["token_endpoint_auth_methods_supported"] = methods
        json["token_endpoint_auth_signing_alg_values_supported"] = .texts(Self.accepted)
        if endpoints.revocation != nil {
            json["revocation_endpoint_auth_methods_supported"] = methods
            json["revocation_endpoint_auth_signing_alg_values_supported"] = .texts(Self.accepted)
        }
        if endpoints.introspection != nil {
            json["introspection_endpoint_auth_methods_supported"] = confidential
            json["introspection_endpoint_auth_signing_alg_values_supported"] = .texts(Self.accepted)
            json["introspection_signing_alg_values_supported"] = .texts(signing.map(\.rawValue))
        }
        json["dpop_signing_alg_values_supported"] = .texts(DPoPProof.algorithms.map(\.rawValue))
        let bindsToCertificates = authentication.contains { $0.usesCertificate }
        json["tls_client_certificate_bound_access_tokens"] = .bool(bindsToCertificates)
    }

    private func writeTokens(_ json: inout JSONObject) {
        json["subject_types_supported"] = .texts(ClientMetadata.SubjectType.allCases.map(\.rawValue))
        json["id_token_signing_alg_values_supported"] = .texts(signing.map(\.rawValue))
        if endpoints.userInfo != nil {
            json["userinfo_signing_alg_values_supported"] = .texts(signing.map(\.rawValue))
        }
        json["claim_types_supported"] = ["normal"]
        json["claims_supported"] = .texts(claims)
    }

    private func writeSessions(_ json: inout JSONObject) {
        guard endpoints.endSession != nil else { return }
        json["backchannel_logout_supported"] = true
        json["backchannel_logout_session_supported"] = true
        json["frontchannel_logout_supported"] = false
    }

    private static let accepted = SignatureAlgorithm.allCases
        .filter { ClientMetadata.acceptedAlgorithms.contains($0) }.map(\.rawValue)

    /// Where the document of an issuer is (Discovery §4: the path appended; RFC 8414 §3.1: the path inserted behind).
    ///
    /// - Returns: the paths on the issuer's host, OpenID Connect's first; nil when the issuer is no address.
    public static func wellKnownPaths(of issuer: String) -> (openID: String, oauth: String)? {
        guard let address = WebAddress(issuer), address.host != nil, address.query == nil, address.fragment == nil
        else {
            return nil
        }
        var path = address.path
        while path.hasSuffix("/") { path.removeLast() }
        return (path + "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server" + path)
    }
}
