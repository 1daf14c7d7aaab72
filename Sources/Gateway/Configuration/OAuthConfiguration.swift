import JOSE
import OAuth
import Vocabulary

/// `oauth`: the gateway as authorization server and OpenID Provider of its tenants.
public struct OAuthConfiguration: Sendable {
    /// How long access tokens are good. Those that say nothing by themselves end earlier with their grant; signed ones are
    /// believed by whoever verifies them alone until then.
    public var accessTokenLifetime: Duration
    public var idTokenLifetime: Duration
    /// How long refresh tokens are good since their last use, and since the sign-in.
    public var refresh: RefreshFamily.Lifetimes
    /// What tokens are signed with; the first is a new client's.
    public var algorithms: [SignatureAlgorithm]
    /// How long a key signs.
    public var keyLifetime: Duration
    /// How long a new key is published before it signs, so that whoever keeps key sets has seen it.
    public var keyNotice: Duration
    /// Scopes beyond those of OpenID Connect, by name.
    public var scopes: [String: ScopeConfiguration]
    /// Whether proofs of possession need a nonce of ours (RFC 9449 §8), which costs a client one more request now and then.
    public var asksDPoPNonce: Bool
    /// A PEM file of authorities that clients' own servers are certified by; nil for the system's.
    public var clientAuthorities: String?
    /// What strangers' clients may have; nothing unless it is allowed.
    public var registration: RegistrationConfiguration
    /// Clients with certificates; nil where none is asked for one.
    public var mutualTLS: MutualTLSConfiguration?
    public var clients: [ClientConfiguration]
    /// Who hears of security events.
    public var signals: SignalConfiguration

    init(_ section: ConfigurationSection, clients: [ClientConfiguration], tenant: String) {
        accessTokenLifetime = section.duration(
            "access_token_lifetime", default: .minutes(10), in: .minutes(1)...(.hours(24)))
        idTokenLifetime = section.duration("id_token_lifetime", default: .minutes(10), in: .minutes(1)...(.hours(24)))
        let idle = section.duration("refresh_idle", default: .days(14), in: .minutes(5)...(.days(365)))
        let absolute = section.duration("refresh_absolute", default: .days(90), in: .hours(1)...(.days(3_650)))
        if absolute < idle { section.report("refresh_absolute", "must be no shorter than `refresh_idle`.") }
        refresh = RefreshFamily.Lifetimes(idle: idle.components.seconds, absolute: absolute.components.seconds)
        let names =
            section.has("signing_algorithms") ? section.texts("signing_algorithms", limit: 4) : ["ES256", "RS256"]
        algorithms = names.compactMap(SignatureAlgorithm.init).filter(Self.offered.contains)
        if algorithms.count != names.count || Set(names).count != names.count || names.isEmpty {
            section.report("signing_algorithms", "must be some of ES256, RS256, PS256 and EdDSA, each once.")
        }
        keyLifetime = section.duration("key_lifetime", default: .days(90), in: .days(1)...(.days(3_650)))
        keyNotice = section.duration("key_notice", default: .hours(24), in: .seconds(1)...(.days(30)))
        scopes = Dictionary(
            section.sections("scopes", limit: 50).map { ($0.text("name"), ScopeConfiguration($0)) },
            uniquingKeysWith: { first, _ in first })
        asksDPoPNonce = section.bool("dpop_nonce", default: false)
        clientAuthorities = section.file("client_ca_file")
        registration = RegistrationConfiguration(section.optionalSection("registration"))
        mutualTLS = section.optionalSection("mtls").map(MutualTLSConfiguration.init)
        if mutualTLS != nil {
            registration.policy.authentication.formUnion([.tlsClientAuth, .selfSignedTLSClientAuth])
        }
        if !algorithms.contains(.rs256), let first = algorithms.first { registration.policy.idTokenAlgorithm = first }
        self.clients = clients
        signals = SignalConfiguration(section.optionalSection("signals"), tenant: tenant)
        section.finish()
    }

    static let offered: [SignatureAlgorithm] = [.es256, .rs256, .ps256, .edDSA]
}

/// `oauth.registration`: clients that nobody here made.
public struct RegistrationConfiguration: Sendable {
    /// Who may register a client (RFC 7591 §3).
    public enum Gate: String, Sendable, CaseIterable {
        case nobody
        /// Whoever brings an API key that may `register` a `client`: the initial access token.
        case token
        case everybody
    }

    public var gate = Gate.nobody
    /// Whether the address of a document is taken as the name of a client.
    public var takesDocuments = false
    /// What such clients may have at most.
    public var policy: ClientMetadata.RegistrationPolicy

    init(_ section: ConfigurationSection?) {
        policy = ClientMetadata.RegistrationPolicy(scope: Self.least)
        guard let section else { return }
        gate = section.choice("allowed", default: .nobody) ?? .nobody
        takesDocuments = section.bool("client_id_documents", default: false)
        if section.has("scopes") {
            let names = section.texts("scopes", limit: 64)
            policy.scope = ScopeSet(names) ?? .empty
            if ScopeSet(names) == nil { section.report("scopes", "must be scope-tokens (RFC 6749 §3.3).") }
        }
        policy.resources = section.texts("resources", limit: 32)
        section.finish()
    }

    private static let least = ScopeSet(["openid", "profile", "email", "offline_access"]) ?? .empty
}

/// One of `oauth.scopes`.
public struct ScopeConfiguration: Sendable, Hashable {
    /// What people are told that they allow with it.
    public var description: String
    /// Claims that it opens at userinfo.
    public var claims: [String]

    init(_ section: ConfigurationSection) {
        let name = section.text("name")
        if !ScopeSet.isToken(name) { section.report("name", "must be a scope-token (RFC 6749 §3.3).") }
        description = section.text("description", default: name)
        claims = section.texts("claims", limit: 64)
        section.finish()
    }
}

/// One of `clients`: its metadata by the names of RFC 7591, and what the gateway adds.
public struct ClientConfiguration: Sendable {
    public var tenant: String
    public var clientID: String
    public var metadata: ClientMetadata?
    /// Of clients that authenticate by a secret: at least 32 bytes, which nobody guesses.
    public var secret: SecretSource?
    public var settings: ClientSettings
    /// The service account that it acts as in its own name, by name.
    public var serviceAccount: String?

    init(_ section: ConfigurationSection, tenant fallback: String) {
        tenant = section.text("tenant", default: fallback)
        clientID = section.text("client_id")
        secret = section.secret("client_secret_file")
        serviceAccount = section.optionalText("service_account")
        settings = ClientSettings()
        settings.asksConsent = section.bool("consent", default: true)
        settings.answersFor = section.texts("answers_for", limit: 32)
        settings.exchangeAudiences = section.texts("exchange_audiences", limit: 32)
        settings.mayImpersonate = section.bool("may_impersonate", default: false)
        for (claim, source) in section.dictionary("claims", limit: 64) {
            guard let source = ClaimSource(source) else {
                section.report("claims", "`\(source)` is none of \(ClaimSource.words).")
                continue
            }
            settings.claims[claim] = source
        }
        let own: Set<String> = [
            "tenant", "client_id", "client_secret_file", "service_account", "consent", "answers_for",
            "exchange_audiences", "may_impersonate", "claims",
        ]
        metadata = Self.metadata(section, but: own, clientID)
        if let metadata, metadata.authentication.usesSecret, secret == nil {
            section.report("client_secret_file", "is required: the client authenticates by a secret.")
        }
        if metadata?.grantTypes.contains(.clientCredentials) == true, serviceAccount == nil {
            section.report("service_account", "is required: the client acts in its own name.")
        }
        section.finish()
    }

    private static func metadata(
        _ section: ConfigurationSection, but own: Set<String>, _ clientID: String
    ) -> ClientMetadata? {
        let members = section.rest(but: own)
        var object = JSONObject()
        for (name, value) in members { object[name] = JSONValue(value) }
        do {
            return try ClientMetadata(
                reading: object, clientID: clientID, author: .administrator(allowsLoopbackForWeb: true))
        } catch {
            for fault in error.faults { section.report(fault.member, "\(fault.reason).") }
            return nil
        }
    }
}
