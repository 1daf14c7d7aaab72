import JOSE

extension ClientMetadata {
    /// The metadata as RFC 7591 §3.2.1 tells them; read by an administrator's reader it is this value again, so that it
    /// is also the form to keep.
    public var json: JSONObject {
        var json: JSONObject = ["client_id": .string(clientID)]
        json["client_name"] = name.map { .string($0) }
        json["application_type"] = .string(applicationType.rawValue)
        json["token_endpoint_auth_method"] = .string(authentication.rawValue)
        json["token_endpoint_auth_signing_alg"] = assertionAlgorithm.map { .string($0.rawValue) }
        writeKeys(&json)
        writeAddresses(&json)
        writeGrants(&json)
        writeTokens(&json)
        writeSessions(&json)
        writeAbout(&json)
        return json
    }

    private func writeKeys(_ json: inout JSONObject) {
        switch keys {
        case .none: break
        case .uri(let uri): json["jwks_uri"] = .string(uri)
        case .inline(let text): json["jwks"] = (try? JSONObject(parsing: Array(text.utf8))).map { .object($0) }
        }
        if let member = certificateSubject?.member { json[member.name] = .string(member.value) }
    }

    private func writeAddresses(_ json: inout JSONObject) {
        json["redirect_uris"] = .texts(redirectURIs.map(\.text))
        if !postLogoutRedirectURIs.isEmpty { json["post_logout_redirect_uris"] = .texts(postLogoutRedirectURIs) }
        json["backchannel_logout_uri"] = backchannelLogoutURI.map { .string($0) }
        json["initiate_login_uri"] = initiateLoginURI.map { .string($0) }
        json["sector_identifier_uri"] = sectorIdentifierURI.map { .string($0) }
    }

    private func writeGrants(_ json: inout JSONObject) {
        json["grant_types"] = .texts(grantTypes.map(\.rawValue).sorted())
        json["response_types"] = .texts(grantTypes.contains(.authorizationCode) ? ["code"] : [])
        json["scope"] = scope.isEmpty ? nil : .string(scope.description)
        json["default_scope"] = defaultScope.map { .string($0.description) }
        json["resources"] = resources.isEmpty ? nil : .texts(resources)
        json["require_pkce"] = .bool(requiresProofKey)
        if takesLegacyAudience { json["legacy_assertion_audience"] = true }
        json["require_pushed_authorization_requests"] = .bool(requiresPushedRequests)
        json["require_signed_request_object"] = .bool(requiresSignedRequests)
        json["request_object_signing_alg"] = requestObjectAlgorithm.map { .string($0.rawValue) }
    }

    private func writeTokens(_ json: inout JSONObject) {
        json["dpop_bound_access_tokens"] = .bool(requiresDPoP)
        json["tls_client_certificate_bound_access_tokens"] = .bool(bindsTokensToCertificate)
        json["profile"] = .string(profile.rawValue)
        json["subject_type"] = .string(subjectType.rawValue)
        json["id_token_signed_response_alg"] = .string(idTokenAlgorithm.rawValue)
        json["userinfo_signed_response_alg"] = userInfoAlgorithm.map { .string($0.rawValue) }
        json["introspection_signed_response_alg"] = introspectionAlgorithm.map { .string($0.rawValue) }
        json["access_token_format"] = .string(accessTokenFormat.rawValue)
    }

    private func writeSessions(_ json: inout JSONObject) {
        json["backchannel_logout_session_required"] = .bool(backchannelLogoutNeedsSession)
        json["default_max_age"] = defaultMaxAge.map { .integer($0) }
        json["default_acr_values"] = defaultACRValues.isEmpty ? nil : .texts(defaultACRValues)
        json["require_auth_time"] = .bool(requiresAuthTime)
    }

    private func writeAbout(_ json: inout JSONObject) {
        json["client_uri"] = about.clientURI.map { .string($0) }
        json["logo_uri"] = about.logoURI.map { .string($0) }
        json["policy_uri"] = about.policyURI.map { .string($0) }
        json["tos_uri"] = about.termsURI.map { .string($0) }
        json["contacts"] = about.contacts.isEmpty ? nil : .texts(about.contacts)
        json["software_id"] = about.softwareID.map { .string($0) }
        json["software_version"] = about.softwareVersion.map { .string($0) }
    }
}

extension JSONValue {
    /// A list of texts.
    static func texts(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension JSONObject {
    /// The object as text.
    var text: String { String(decoding: serialized, as: UTF8.self) }

    /// Sets a member where there is a text for it.
    mutating func set(_ name: String, _ text: String?) {
        if let text { self[name] = .string(text) }
    }
}
