import JOSE

extension ClientMetadata {
    /// Who wrote a document, and with it what it may say.
    public enum Author: Sendable, Hashable {
        /// A stranger at the registration endpoint, or the owner of a client-id document: within what this allows.
        case stranger(RegistrationPolicy)
        /// Whoever administers the server: everything that is consistent.
        case administrator(allowsLoopbackForWeb: Bool)
    }

    /// What a stranger's client may become.
    public struct RegistrationPolicy: Sendable, Hashable {
        public var scope: ScopeSet
        public var resources: [String]
        public var grantTypes: Set<GrantType>
        public var authentication: Set<ClientAuthenticationMethod>
        /// What ID tokens are signed with where a client does not say: RS256 by OpenID Connect Registration §2.
        public var idTokenAlgorithm = SignatureAlgorithm.rs256

        /// The defaults let a client act for people who sign in, and do nothing on its own account.
        public init(
            scope: ScopeSet, resources: [String] = [],
            grantTypes: Set<GrantType> = [.authorizationCode, .refreshToken],
            authentication: Set<ClientAuthenticationMethod> = [
                .none, .clientSecretBasic, .clientSecretPost, .privateKeyJWT,
            ]
        ) {
            self.scope = scope
            self.resources = resources
            self.grantTypes = grantTypes
            self.authentication = authentication
        }
    }

    /// Reads a client's metadata as RFC 7591 §2 writes them, by the names of the IANA registry "OAuth Dynamic Client
    /// Registration Metadata"; what an administrator may say beyond it has names of its own (`require_pkce`,
    /// `access_token_format`, `profile`, `resources`, `default_scope`, `legacy_assertion_audience`). Members that are not known are ignored.
    ///
    /// - Throws: every fault, told at once.
    public init(reading object: JSONObject, clientID: String, author: Author) throws(ClientMetadataFaults) {
        self.init(clientID: clientID)
        var reader = MetadataReader(object)
        if !Self.isIdentifier(clientID) { reader.blame("client_id", "is malformed") }
        readKind(&reader)
        readAddresses(&reader, author)
        readGrants(&reader, author)
        readKeys(&reader, author)
        readTokens(&reader, author)
        readSessions(&reader)
        readAbout(&reader)
        if case .administrator = author { readPrivileges(&reader) }
        check(&reader, author)
        guard reader.faults.isEmpty else { throw ClientMetadataFaults(faults: reader.faults) }
    }

    private mutating func readKind(_ reader: inout MetadataReader) {
        name = reader.text("client_name", limit: 256)
        applicationType = reader.word("application_type") ?? .web
        authentication = reader.word("token_endpoint_auth_method") ?? .clientSecretBasic
        assertionAlgorithm = reader.word("token_endpoint_auth_signing_alg")
        profile = .standard
        requiresPushedRequests = reader.flag("require_pushed_authorization_requests") ?? false
        requiresSignedRequests = reader.flag("require_signed_request_object") ?? false
        requestObjectAlgorithm = reader.word("request_object_signing_alg")
        requiresDPoP = reader.flag("dpop_bound_access_tokens") ?? false
        bindsTokensToCertificate = reader.flag("tls_client_certificate_bound_access_tokens") ?? false
        let subjects = CertificateSubject.makers.compactMap { maker in reader.text(maker.name).map(maker.make) }
        if subjects.count > 1 { reader.blame("tls_client_auth_subject_dn", "stands beside another subject") }
        certificateSubject = subjects.first
        if let subject = subjects.first, let flaw = subject.flaw { reader.blame(subject.member.name, flaw) }
    }

    private mutating func readAddresses(_ reader: inout MetadataReader, _ author: Author) {
        var rules = RedirectURI.Rules(isNative: applicationType == .native)
        if case .administrator(let allows) = author { rules.allowsLoopbackForWeb = allows }
        for text in reader.texts("redirect_uris") ?? [] {
            do {
                redirectURIs.append(try RedirectURI(registering: text, rules: rules))
            } catch {
                reader.blame("redirect_uris", error.reason)
            }
        }
        for text in reader.texts("post_logout_redirect_uris") ?? [] {
            do {
                postLogoutRedirectURIs.append(try RedirectURI(registering: text, rules: rules).text)
            } catch {
                reader.blame("post_logout_redirect_uris", error.reason)
            }
        }
        backchannelLogoutURI = reader.secureAddress(
            "backchannel_logout_uri", allowingLoopback: rules.allowsLoopbackForWeb)
        initiateLoginURI = reader.secureAddress(
            "initiate_login_uri", allowingLoopback: rules.allowsLoopbackForWeb)
        sectorIdentifierURI = reader.secureAddress("sector_identifier_uri")
    }

    private mutating func readGrants(_ reader: inout MetadataReader, _ author: Author) {
        if let names = reader.texts("grant_types") {
            let known = names.compactMap(GrantType.init)
            if known.count == names.count, !known.isEmpty {
                grantTypes = Set(known)
            } else {
                reader.blame("grant_types", "is not supported")
            }
        }
        if let types = reader.texts("response_types"), types != ["code"], !types.isEmpty {
            reader.blame("response_types", "has to be code")
        }
        switch author {
        case .administrator: scope = reader.scopes("scope") ?? .empty
        // RFC 7591 §2: the server may replace what was asked for; it tells so in its answer.
        case .stranger(let policy): scope = reader.scopes("scope")?.intersection(policy.scope) ?? policy.scope
        }
        if case .stranger(let policy) = author { resources = policy.resources }
    }

    private mutating func readKeys(_ reader: inout MetadataReader, _ author: Author) {
        var allowsLoopback = false
        if case .administrator(let allows) = author { allowsLoopback = allows }
        let uri = reader.secureAddress("jwks_uri", allowingLoopback: allowsLoopback)
        guard let value = reader.object["jwks"], value != .null else {
            keys = uri.map(Keys.uri) ?? .none
            return
        }
        if uri != nil { reader.blame("jwks", "stands beside jwks_uri") }
        guard let object = value.object, ClientKeys.isPublicSet(object) else {
            reader.blame("jwks", "is not a set of public keys")
            return
        }
        keys = .inline(String(decoding: object.serialized, as: UTF8.self))
    }

    private mutating func readTokens(_ reader: inout MetadataReader, _ author: Author) {
        subjectType = reader.word("subject_type") ?? .public
        // An administrator's silence means the quicker one; a stranger's, what their standard says.
        var algorithm = SignatureAlgorithm.es256
        if case .stranger(let policy) = author { algorithm = policy.idTokenAlgorithm }
        idTokenAlgorithm = reader.word("id_token_signed_response_alg") ?? algorithm
        userInfoAlgorithm = reader.word("userinfo_signed_response_alg")
        introspectionAlgorithm = reader.word("introspection_signed_response_alg")
        for name in Self.encryptionMembers where reader.object[name] != nil {
            reader.blame(name, "encrypted answers are not offered")
        }
    }

    private static let encryptionMembers = [
        "id_token_encrypted_response_alg", "userinfo_encrypted_response_alg", "introspection_encrypted_response_alg",
        "request_object_encryption_alg", "authorization_encrypted_response_alg",
    ]

    private mutating func readSessions(_ reader: inout MetadataReader) {
        backchannelLogoutNeedsSession = reader.flag("backchannel_logout_session_required") ?? false
        defaultMaxAge = reader.seconds("default_max_age")
        defaultACRValues = reader.texts("default_acr_values") ?? []
        requiresAuthTime = reader.flag("require_auth_time") ?? false
    }

    private mutating func readAbout(_ reader: inout MetadataReader) {
        about.clientURI = reader.secureAddress("client_uri")
        about.logoURI = reader.secureAddress("logo_uri")
        about.policyURI = reader.secureAddress("policy_uri")
        about.termsURI = reader.secureAddress("tos_uri")
        about.contacts = reader.texts("contacts") ?? []
        about.softwareID = reader.text("software_id", limit: 256)
        about.softwareVersion = reader.text("software_version", limit: 256)
    }

    /// What only whoever administers the server may say.
    private mutating func readPrivileges(_ reader: inout MetadataReader) {
        profile = reader.word("profile") ?? .standard
        requiresProofKey = reader.flag("require_pkce") ?? true
        takesLegacyAudience = reader.flag("legacy_assertion_audience") ?? false
        accessTokenFormat = reader.word("access_token_format") ?? .opaque
        defaultScope = reader.scopes("default_scope")
        resources = reader.texts("resources") ?? []
        for text in resources where WebAddress(text)?.fragment != nil || WebAddress(text) == nil {
            reader.blame("resources", "is not an absolute URI without a fragment")
        }
    }
}

extension RedirectURI.Flaw {
    /// The flaw in words.
    public var reason: String {
        switch self {
        case .malformed: "is not an absolute URI, or holds characters it may not"
        case .fragment: "has a fragment"
        case .dotSegments: "has dot segments"
        case .wildcard: "has a wildcard"
        case .notEncrypted: "has to be https"
        case .scheme: "has a scheme that is not for this kind of client"
        case .loopback: "is a loopback address, which is for native clients"
        }
    }
}
