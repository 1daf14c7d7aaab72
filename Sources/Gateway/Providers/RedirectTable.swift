import Fetch
import JOSE
import Logging
import OAuth
import Providers
import Synchronization
import Vocabulary

/// The configured providers that people are sent to, each with its own way out.
public final class RedirectTable: Sendable {
    private let memory = Mutex<[ProviderID: RedirectProvider]>([:])
    /// In place of the network, for tests.
    private let fetch: OutgoingFetch?

    private let saml: SAMLService

    init(saml: SAMLService, fetch: OutgoingFetch? = nil) { (self.saml, self.fetch) = (saml, fetch) }

    func provider(_ id: ProviderID) -> RedirectProvider? { memory.withLock { $0[id] } }

    /// Opens what is configured and enabled. Nothing is fetched before somebody signs in, so a provider that is away
    /// holds up nothing here.
    ///
    /// - Parameter publicURL: where a tenant is reached.
    /// - Throws: `configuration.invalid` and what a secret's source throws, naming the provider.
    func open(
        _ providers: [ConfiguredProvider], publicURL: (TenantID) -> String,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        var opened: [ProviderID: RedirectProvider] = [:]
        for provider in providers where provider.configuration.isEnabled {
            switch provider.configuration.kind {
            case .local, .ldap: continue
            case .upstream(let configured):
                opened[provider.id] = try open(configured, of: provider, publicURL, clock)
            case .saml(let configured):
                opened[provider.id] = RedirectProvider(
                    kind: .saml(
                        try SAMLProvider(
                            configured, key: provider.configuration.key, provider: provider.id,
                            tenant: provider.tenant, service: saml, fetch: try fetch ?? configured.route.fetch(),
                            clock: clock, logger: logger)), createsPeople: configured.createsPeopleAtLogin)
            }
        }
        let fresh = opened
        memory.withLock { $0 = fresh }
    }

    private func open(
        _ configured: UpstreamProviderConfiguration, of provider: ConfiguredProvider,
        _ publicURL: (TenantID) -> String, _ clock: @escaping @Sendable () -> Timestamp
    ) throws -> RedirectProvider {
        let callback = publicURL(provider.tenant) + "/login/callback/" + provider.configuration.key
        let settings = try OpenIDSettings(
            configured, key: provider.configuration.key, provider: provider.id, redirectURI: callback)
        let fetch = try fetch ?? configured.route.fetch()
        return RedirectProvider(
            kind: .openID(OpenIDProvider(settings, fetch: fetch, clock: clock)),
            createsPeople: configured.createsPeopleAtLogin)
    }
}

extension OpenIDSettings {
    /// What the configuration says, with its secrets read.
    init(
        _ configured: UpstreamProviderConfiguration, key: String, provider: ProviderID, redirectURI: String
    ) throws {
        self.init(
            provider: provider, key: key, preset: configured.description, clientID: configured.clientID,
            proof: try ClientProof(configured.credential, key), redirectURI: redirectURI)
        attributes = configured.attributes
        loginClaim = configured.loginClaim
        trustsUnverifiedMail = configured.trustsUnverifiedMail
        ownedDomains = configured.ownedDomains
        multiFactor = configured.multiFactor
        saysSignInTime = configured.saysSignInTime
        asksUserInfo = configured.asksUserInfo
        service = configured.service
        allowsLoopback = configured.route.allowsPrivateAddresses
        signsOut = configured.signsOut
        keeping = configured.keeping
    }
}

extension OpenIDSettings.ClientProof {
    fileprivate init(_ credential: UpstreamProviderConfiguration.Credential, _ provider: String) throws {
        switch credential {
        case .none: self = .none
        case .secret(let source): self = .secret(try source.load())
        case .key(let source, let id): self = .key(try Self.key(source, id, provider))
        case .appleKey(let source, let id, let team): self = .apple(team: team, try Self.key(source, id, provider))
        }
    }

    /// A private key as a JWK, or in PEM as `openssl` and consoles write it.
    private static func key(_ source: SecretSource, _ id: String?, _ provider: String) throws -> SigningKey {
        let text = try source.load().reveal()
        do {
            guard text.hasPrefix("{") else {
                // An RSA key does not say its algorithm.
                if let key = try? SigningKey(pem: text, keyID: id) { return key }
                return try SigningKey(pem: text, algorithm: .rs256, keyID: id)
            }
            return try SigningKey(privateJWK: JSONObject(parsing: Array(text.utf8)))
        } catch {
            throw Fault(
                "configuration.invalid", .ourselves, "the key of the provider `\(provider)` cannot be read: \(error).",
                remedy: "Put an unencrypted private key there, in PEM or as a JWK.")
        }
    }
}

extension UpstreamProviderConfiguration.Route {
    /// Every request to the provider goes this way.
    func fetch() throws -> OutgoingFetch {
        var configuration = FetchConfiguration()
        configuration.certificateAuthorityFile = caFile
        configuration.threadCount = 2
        if allowsPrivateAddresses {
            configuration.allowedNetworks = WebhookDelivery.ownNetworks
            configuration.plainHTTP = .loopbackOnly
        }
        if let proxy {
            configuration.proxy = FetchProxy(url: proxy, credentials: try proxyCredentials?.load())
        }
        let fetcher = try HTTPFetcher(configuration)
        return { try await fetcher.fetch($0) }
    }
}
