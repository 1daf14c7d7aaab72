import JOSE

extension ClientMetadata {
    /// What members say together.
    mutating func check(_ reader: inout MetadataReader, _ author: Author) {
        checkAuthentication(&reader)
        checkGrants(&reader)
        checkSubjects(&reader)
        checkAlgorithms(&reader)
        if profile == .fapi2Security { checkFAPI(&reader) }
        if case .stranger(let policy) = author { checkPolicy(&reader, policy) }
    }

    private func checkAuthentication(_ reader: inout MetadataReader) {
        let member = "token_endpoint_auth_method"
        switch authentication {
        case .privateKeyJWT, .selfSignedTLSClientAuth:
            if keys == .none { reader.blame("jwks", "is missing for \(authentication.rawValue)") }
            if authentication == .selfSignedTLSClientAuth { checkCertificates(&reader) }
        case .tlsClientAuth:
            if certificateSubject == nil {
                reader.blame("tls_client_auth_subject_dn", "is missing, or one of the tls_client_auth_san_ members")
            }
        case .none:
            // RFC 7591 §2: whoever proves nothing acts for people only.
            if grantTypes.contains(.clientCredentials) || grantTypes.contains(.tokenExchange) {
                reader.blame(member, "none goes with no grant of the client's own")
            }
        case .clientSecretBasic, .clientSecretPost: break
        }
        if certificateSubject != nil, authentication != .tlsClientAuth {
            reader.blame("tls_client_auth_subject_dn", "goes with tls_client_auth")
        }
        if !isConfidential, !requiresProofKey { reader.blame("require_pkce", "is needed without a secret") }
        if requiresSignedRequests, keys == .none { reader.blame("jwks", "is missing for signed requests") }
    }

    /// RFC 8705 §2.2.2: the certificates stand in `x5c`.
    private func checkCertificates(_ reader: inout MetadataReader) {
        guard case .inline(let text) = keys, let set = try? JSONObject(parsing: Array(text.utf8)) else { return }
        if ClientCertificate.thumbprints(in: set).isEmpty {
            reader.blame("jwks", "has no certificate (x5c) for self_signed_tls_client_auth")
        }
    }

    private func checkGrants(_ reader: inout MetadataReader) {
        let usesCode = grantTypes.contains(.authorizationCode)
        if usesCode, redirectURIs.isEmpty, !reader.faults.contains(where: { $0.member == "redirect_uris" }) {
            reader.blame("redirect_uris", "is missing for the authorization code grant")
        }
        if !usesCode, !redirectURIs.isEmpty {
            reader.blame("redirect_uris", "goes with the authorization code grant")
        }
        let acting: Set<GrantType> = [.authorizationCode, .deviceCode]
        if grantTypes.contains(.refreshToken), grantTypes.isDisjoint(with: acting) {
            reader.blame("grant_types", "refresh_token goes with a grant that somebody signs in for")
        }
        if let defaultScope, !defaultScope.isSubset(of: scope) {
            reader.blame("default_scope", "holds what scope does not")
        }
    }

    /// OpenID Connect Core §8.1: one host, or a document that names all of them.
    private func checkSubjects(_ reader: inout MetadataReader) {
        guard subjectType == .pairwise, sectorIdentifierURI == nil else { return }
        let hosts = Set(redirectURIs.map { WebAddress($0.text)?.host?.lowercased() ?? $0.text })
        if hosts.count > 1 { reader.blame("sector_identifier_uri", "is missing, and the redirect URIs differ in host") }
    }

    private func checkAlgorithms(_ reader: inout MetadataReader) {
        let members = [
            ("id_token_signed_response_alg", Optional(idTokenAlgorithm)),
            ("userinfo_signed_response_alg", userInfoAlgorithm),
            ("introspection_signed_response_alg", introspectionAlgorithm),
            ("token_endpoint_auth_signing_alg", assertionAlgorithm),
            ("request_object_signing_alg", requestObjectAlgorithm),
        ]
        // A shared secret proves nothing to a third party, and would have to be kept readable.
        for (name, algorithm) in members where algorithm?.isSymmetric == true {
            reader.blame(name, "has to be asymmetric")
        }
    }

    /// FAPI 2.0 Security Profile §5.3.2 and §5.4.
    private func checkFAPI(_ reader: inout MetadataReader) {
        if authentication != .privateKeyJWT, !authentication.usesCertificate {
            reader.blame("token_endpoint_auth_method", "has to be private_key_jwt or by certificate in this profile")
        }
        if !requiresDPoP, !bindsTokensToCertificate {
            reader.blame("dpop_bound_access_tokens", "tokens have to be bound in this profile")
        }
        if takesLegacyAudience { reader.blame("legacy_assertion_audience", "is not allowed in this profile") }
        for uri in redirectURIs where WebAddress(uri.text)?.isSecure != true {
            reader.blame("redirect_uris", "has to be https in this profile")
        }
        let members = [
            ("id_token_signed_response_alg", Optional(idTokenAlgorithm)),
            ("token_endpoint_auth_signing_alg", assertionAlgorithm),
            ("request_object_signing_alg", requestObjectAlgorithm),
        ]
        for (name, algorithm) in members {
            guard let algorithm, !Self.fapiAlgorithms.contains(algorithm) else { continue }
            reader.blame(name, "is not allowed in this profile")
        }
    }

    /// FAPI 2.0 Security Profile §5.4.1.
    static let fapiAlgorithms: Set<SignatureAlgorithm> = [.ps256, .es256, .edDSA, .ed25519]
    /// What a server verifies of anybody else.
    static let acceptedAlgorithms: Set<SignatureAlgorithm> = [
        .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .edDSA, .ed25519,
    ]

    /// The algorithms that this client's assertions may be signed with.
    public var assertionAlgorithms: Set<SignatureAlgorithm> { algorithms(assertionAlgorithm) }
    /// The algorithms that this client's request objects may be signed with.
    public var requestObjectAlgorithms: Set<SignatureAlgorithm> { algorithms(requestObjectAlgorithm) }

    private func algorithms(_ registered: SignatureAlgorithm?) -> Set<SignatureAlgorithm> {
        let accepted = profile == .fapi2Security ? Self.fapiAlgorithms : Self.acceptedAlgorithms
        return registered.map { accepted.intersection([$0]) } ?? accepted
    }

    private func checkPolicy(_ reader: inout MetadataReader, _ policy: RegistrationPolicy) {
        if !grantTypes.isSubset(of: policy.grantTypes) { reader.blame("grant_types", "is not open to registration") }
        if !policy.authentication.contains(authentication) {
            reader.blame("token_endpoint_auth_method", "is not open to registration")
        }
    }
}
