import Identity
import OAuth
import Providers
import Vocabulary

extension UpstreamProviderConfiguration {
    /// Reads the provider's own keys beside those that every provider has, or below `config`.
    init(_ outer: ConfigurationSection, _ language: Language) {
        let section = outer.optionalSection("config") ?? outer
        defer { if section !== outer { section.finish() } }
        self.language = language
        let named: Preset? = section.choice("preset", default: .generic)
        preset = named ?? .generic
        if preset != .generic, preset.language != language {
            section.report("preset", "belongs to type: \(preset.language.rawValue).")
        }
        route = Route(section)
        var address = UpstreamAddress(section, allowsLoopback: route.allowsPrivateAddresses)
        description = address.preset(preset, language)
        service = address.service(preset)
        clientID = section.text("client_id")
        credential = Credential(section, preset)
        description.read(section, credential)
        attributes = section.dictionary("attributes")
        loginClaim = section.optionalText("login_claim")
        trustsUnverifiedMail = section.bool("trust_unverified_mail", default: false)
        ownedDomains = Set(section.texts("owns_domains", limit: 1_000).map { $0.lowercased() })
        multiFactor = OpenIDSettings.MultiFactorClaims(section.optionalSection("second_factor"))
        saysSignInTime = section.bool("says_sign_in_time", default: preset.saysSignInTime && language == .oidc)
        asksUserInfo = section.bool("userinfo", default: preset != .entra)
        let isOpen = preset.isPublic && description.requiredClaims.isEmpty
        createsPeopleAtLogin = section.bool("create_people_at_login", default: !isOpen)
        signsOut = section.bool("sign_out_upstream", default: false)
        keeping = section.optionalSection("keep_tokens").map { OpenIDSettings.Keeping($0) }
        if keeping != nil, !section.has("scopes") { askForRefreshToken() }
        check(section)
    }

    private func check(_ section: ConfigurationSection) {
        for name in attributes.keys.sorted() where PersonAttribute.allCases.contains(where: { $0.rawValue == name }) {
            section.report(
                "attributes", "`\(name)` is taken from the standard claims or not at all; choose a name of its own.")
        }
        if language == .oauth2, !multiFactor.methods.isEmpty || !multiFactor.contexts.isEmpty {
            section.report("second_factor", "needs ID tokens, which type: oauth2 has none of.")
        }
        if language == .oauth2, keeping != nil { section.report("keep_tokens", "belongs to type: oidc.") }
        if language == .oauth2, signsOut { section.report("sign_out_upstream", "belongs to type: oidc.") }
        for domain in ownedDomains where domain.contains("@") || !domain.contains(".") {
            section.report("owns_domains", "`\(domain)` is not a domain such as example.org.")
        }
    }
}

extension UpstreamProviderConfiguration {
    /// OpenID Connect Core §11, as far as each provider goes by it.
    private mutating func askForRefreshToken() {
        switch preset {
        case .google: description.parameters["access_type"] = "offline"
        // Its refresh tokens end with its session, as ours should; offline ones do not.
        case .keycloak, .gitlab, .apple, .github: break
        case .generic, .entra, .okta:
            let offline = ScopeSet(["offline_access"]) ?? .empty
            description.scope = description.scope.union(offline) ?? description.scope
        }
    }
}

extension OpenIDSettings.Keeping {
    init(_ section: ConfigurationSection) {
        self.init(
            refreshEvery: section.duration("refresh_every", default: .minutes(15), in: .minutes(1)...(.hours(24))),
            unreachableFor: section.duration("unreachable_for", default: .hours(4), in: .minutes(5)...(.days(7))))
        if unreachableFor < refreshEvery {
            section.report("unreachable_for", "must be no shorter than `refresh_every`.")
        }
        section.finish()
    }
}

extension UpstreamProviderConfiguration.Route {
    init(_ section: ConfigurationSection) {
        caFile = section.file("ca_file")
        allowsPrivateAddresses = section.bool("allow_private_addresses", default: false)
        guard let proxy = section.optionalSection("proxy") else { return }
        self.proxy = proxy.optional("url", "an address such as http://proxy.example.org:3128") { text in
            guard let address = WebAddress(text), address.isScheme("http") || address.isScheme("https"),
                address.host != nil
            else { return nil }
            return text
        }
        if !proxy.has("url") { proxy.report("url", "is required.") }
        proxyCredentials = proxy.secret("credentials_file")
        proxy.finish()
    }
}

extension UpstreamProviderConfiguration.Credential {
    init(_ section: ConfigurationSection, _ preset: UpstreamProviderConfiguration.Preset) {
        if section.optionalText("client_secret") != nil {
            section.report("client_secret", "no secret stands in this file; name one in `client_secret_file`.")
        }
        let (secret, key) = (section.secret("client_secret_file"), section.secret("client_key_file"))
        let (id, team) = (section.optionalText("client_key_id"), section.optionalText("team_id"))
        if secret != nil, key != nil { section.report("client_key_file", "cannot stand beside client_secret_file.") }
        if team != nil, preset != .apple { section.report("team_id", "belongs to preset: apple.") }
        if preset == .apple {
            guard let key, let id, let team else {
                section.report("client_key_file", "is required with client_key_id and team_id for preset: apple.")
                self = .none
                return
            }
            self = .appleKey(key, id: id, team: team)
        } else if let key {
            self = .key(key, id: id)
        } else if let secret {
            self = .secret(secret)
        } else {
            if preset == .github { section.report("client_secret_file", "is required.") }
            self = .none
        }
    }
}

extension OpenIDSettings.MultiFactorClaims {
    /// Nothing counts unless it is named.
    init(_ section: ConfigurationSection?) {
        let contexts = section?.texts("acr", limit: 64) ?? []
        self.init(
            methods: Set(section?.texts("amr", limit: 64) ?? []), contexts: Set(contexts),
            isAsked: section?.bool("ask", default: !contexts.isEmpty) ?? false)
        if isAsked, contexts.isEmpty { section?.report("ask", "needs `acr`, which is what is asked for.") }
        section?.finish()
    }
}

extension ProviderPreset {
    /// What the file adds to a preset.
    fileprivate mutating func read(
        _ section: ConfigurationSection, _ credential: UpstreamProviderConfiguration.Credential
    ) {
        let scopes = section.texts("scopes", limit: 64)
        if !scopes.isEmpty {
            if let scope = ScopeSet(scopes) {
                self.scope = scope
            } else {
                section.report("scopes", "must be names without spaces.")
            }
            if issuer != nil, !scopes.contains("openid") { section.report("scopes", "must hold openid.") }
        }
        if let groups = section.optionalText("groups_claim") { profile.groups = groups }
        if let mail = section.optionalText("mail_claim") { profile.mail = mail }
        for (name, value) in section.dictionary("parameters", limit: 32) {
            if Self.ownParameters.contains(name) {
                section.report("parameters", "`\(name)` is the gateway's to set.")
            }
            parameters[name] = value
        }
        for (name, value) in section.dictionary("required_claims", limit: 32) { requiredClaims[name] = value }
        switch section.optionalText("client_authentication") {
        case nil: break
        case "client_secret_basic": authentication = .secretBasic
        case "client_secret_post": authentication = .secretPost
        default: section.report("client_authentication", "must be client_secret_basic or client_secret_post.")
        }
    }

    private static let ownParameters: Set<String> = [
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "response_mode", "request", "request_uri",
    ]
}

/// Where the provider is: its issuer, or the addresses of a plain OAuth 2 server.
private struct UpstreamAddress {
    private let section: ConfigurationSection
    private let allowsLoopback: Bool

    init(_ section: ConfigurationSection, allowsLoopback: Bool) {
        self.section = section
        self.allowsLoopback = allowsLoopback
    }

    private func address(_ name: String) -> String? {
        section.optional(name, "an https address") { text in
            guard let address = WebAddress(text), address.fragment == nil else { return nil }
            let isOwn = address.isScheme("http") && (address.isLoopbackLiteral || address.host == "localhost")
            return address.isSecure || (allowsLoopback && isOwn) ? text : nil
        }
    }

    private func required(_ name: String, _ why: String = "is required.") -> String {
        let value = address(name)
        if value == nil, !section.has(name) { section.report(name, why) }
        return value ?? "https://invalid.example"
    }

    mutating func preset(
        _ preset: UpstreamProviderConfiguration.Preset, _ language: UpstreamProviderConfiguration.Language
    ) -> ProviderPreset {
        switch preset {
        case .generic where language == .oauth2: return plain()
        case .generic, .okta, .keycloak: return .openID(issuer: required("issuer", "is required."))
        case .gitlab: return .gitLab(address: address("issuer") ?? "https://gitlab.com")
        case .google: return .google(domain: section.optionalText("hosted_domain"))
        case .apple: return .apple()
        case .entra: return entra()
        case .github: return gitHub()
        }
    }

    private func plain() -> ProviderPreset {
        .plain(
            authorization: required("authorization_url"), token: required("token_url"),
            userInfo: required("userinfo_url"), scope: .empty, subject: section.text("subject_claim", default: "sub"))
    }

    /// One tenant by its issuer, several by the common one and the list of those who may sign in: never anybody's.
    private func entra() -> ProviderPreset {
        let tenants = section.texts("tenants", limit: 256).map { $0.lowercased() }
        for tenant in tenants where !Self.isTenant(tenant) {
            section.report("tenants", "`\(tenant.prefix(64))` is not the UUID of a directory.")
        }
        if tenants.isEmpty { section.report("tenants", "needs the UUID of at least one directory.") }
        return tenants.count == 1 ? .entra(tenant: tenants[0]) : .entra(tenants: Set(tenants))
    }

    private static func isTenant(_ text: String) -> Bool {
        text.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#) != nil
    }

    private func gitHub() -> ProviderPreset {
        var preset = ProviderPreset.gitHub()
        // GitHub Enterprise Server has the same below its own host.
        guard let own = gitHubServer else { return preset }
        preset.endpoints = UpstreamEndpoints(
            authorization: own + "/login/oauth/authorize", token: own + "/login/oauth/access_token",
            userInfo: own + "/api/v3/user")
        return preset
    }

    private var gitHubServer: String? {
        address("server").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    func service(_ preset: UpstreamProviderConfiguration.Preset) -> OpenIDSettings.Service {
        switch preset {
        case .github: .gitHub(api: gitHubServer.map { $0 + "/api/v3" } ?? "https://api.github.com")
        case .entra: .entra
        default: .standard
        }
    }
}
