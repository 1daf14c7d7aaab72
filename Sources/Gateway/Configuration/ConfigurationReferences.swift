import Authorization
import Foundation
import Identity
import OAuth
import SAML
import Vocabulary

/// Names in the configuration that stand for something else in it: each has to be there, once. A name that points nowhere
/// is a fault and not a setting without effect; misspelt in `mfa.required_roles`, it would ask nobody for a second factor.
///
/// Roles that only the API knows cannot be named, because a file has to be right before it is applied.
struct ConfigurationReferences {
    private let configuration: Configuration
    private let context: ConfigurationContext

    init(_ configuration: Configuration, _ context: ConfigurationContext) {
        (self.configuration, self.context) = (configuration, context)
    }

    /// Reports everything that is wrong.
    func check() {
        checkUnique()
        checkTenants()
        checkRoles()
        checkMappings()
        checkHosts()
        checkCertificates()
        checkSigningKeys()
        configuration.anomalies.check(context)
    }

    // MARK: Twice

    private func checkUnique() {
        let all = configuration
        var slugs = all.tenants.enumerated().map { ("tenants[\($0)].slug", $1.slug) }
        slugs += all.tenants.enumerated().compactMap { index, tenant in
            tenant.was.map { ("tenants[\(index)].was", $0) }
        }
        unique(slugs)
        // A document is stored under its file's name.
        unique(
            all.policies.enumerated().map {
                ("policies[\($0)]", "\($1.tenant)/\(URL(fileURLWithPath: $1.file).lastPathComponent)")
            })
        unique(
            all.providers.enumerated().flatMap { index, provider in
                [("providers[\(index)]", "\(provider.tenant)/\(provider.key)")]
                    + (provider.was.map { [("providers[\(index)].was", "\(provider.tenant)/\($0)")] } ?? [])
            })
        unique(
            all.providers.enumerated().flatMap { index, provider in
                provider.domains.map { ("providers[\(index)].domains", "\(provider.tenant)/\($0)") }
            })
        unique(all.applications.enumerated().map { ("applications[\($0)]", $1.host) })
        unique(all.applications.enumerated().map { ("applications[\($0)]", "\($1.tenant)/\($1.key)") })
        unique(
            all.notifications.systems.enumerated().map { ("notifications.approval_systems[\($0)].name", $1.name) })
        unique(all.notifications.webhooks.enumerated().map { ("notifications.webhooks[\($0)].url", $1.url) })
        unique(all.saml.applications.enumerated().map { ("saml.applications[\($0)]", "\($1.tenant)/\($1.entityID)") })
        unique(all.roles.enumerated().map { ("roles[\($0)]", "\($1.tenant)/\($1.name)") })
    }

    private func unique(_ values: [(key: String, value: String)]) {
        // Octet by octet: what differs in normalization only is told apart wherever it is compared.
        var seen: Set<[UInt8]> = []
        for (key, value) in values where !seen.insert(Array(value.utf8)).inserted {
            context.fault(at: key, "`\(value)` stands twice.")
        }
    }

    // MARK: Tenants and hosts

    private func checkTenants() {
        let slugs = configuration.tenants.map(\.slug)
        func known(_ list: String, _ tenants: [String]) {
            for (index, tenant) in tenants.enumerated() {
                require(tenant, among: slugs, "tenant", at: "\(list)[\(index)].tenant")
            }
        }
        known("providers", configuration.providers.map(\.tenant))
        known("roles", configuration.roles.map(\.tenant))
        known("applications", configuration.applications.map(\.tenant))
        known("policies", configuration.policies.map(\.tenant))
        known("saml.applications", configuration.saml.applications.map(\.tenant))
        known("saml.release", configuration.saml.release.map(\.tenant))
        for slug in configuration.saml.attributes.scopes.keys.sorted() {
            require(slug, among: slugs, "tenant", at: "saml.tenant_scopes.\(slug)")
        }
        known("mappings", configuration.mappings.map(\.tenant))
        for (index, stream) in configuration.oauth.signals.streams.enumerated() {
            require(stream.tenant, among: slugs, "tenant", at: "oauth.signals.streams[\(index)].tenant")
        }
        if let messaging = configuration.nats.messaging {
            require(messaging.tenant, among: slugs, "tenant", at: "nats.messaging.tenant")
        }
        let notifications = configuration.notifications
        for (index, webhook) in notifications.webhooks.enumerated() {
            if let slug = webhook.tenant {
                require(slug, among: slugs, "tenant", at: "notifications.webhooks[\(index)].tenant")
            }
        }
        for (index, system) in notifications.systems.enumerated() {
            if let slug = system.webhook.tenant {
                require(slug, among: slugs, "tenant", at: "notifications.approval_systems[\(index)].tenant")
            }
        }
        if let slug = configuration.governance.globalTenant {
            require(slug, among: slugs, "tenant", at: "governance.global_tenant")
        }
    }

    /// An application on the gateway's own host would be sent the gateway's own cookies.
    private func checkHosts() {
        let own = Set([configuration.server.publicURL.host] + configuration.tenants.map(\.publicURL.host))
        for (index, application) in configuration.applications.enumerated() where own.contains(application.host) {
            context.fault(
                at: "applications[\(index)].host",
                "`\(application.host)` is the gateway's own host, and its cookies would reach the application.")
        }
    }

    /// What is asked for signed needs a key to sign with, and else nobody could sign in there.
    private func checkSigningKeys() {
        guard configuration.saml.keys.isEmpty else { return }
        for (index, provider) in configuration.providers.enumerated() {
            guard case .saml(let settings) = provider.kind else { continue }
            if settings.answerBinding == .artifact {
                context.fault(
                    at: "providers[\(index)].answer_binding",
                    "artifact needs a key in `saml.keys`: artifacts are asked for by signed messages.")
            }
            if settings.signsRequests {
                context.fault(at: "providers[\(index)].sign_requests", "needs a key in `saml.keys`.")
            }
        }
    }

    /// Clients that no listener would ever ask, and a header that is believed of nobody.
    private func checkCertificates() {
        let settings = configuration.oauth.mutualTLS
        for (index, client) in configuration.oauth.clients.enumerated() {
            guard let metadata = client.metadata,
                let obstacle = MutualTLSConfiguration.obstacle(for: metadata, in: client.tenant, settings)
            else { continue }
            let member =
                metadata.authentication.usesCertificate
                ? "token_endpoint_auth_method" : "tls_client_certificate_bound_access_tokens"
            context.fault(at: "clients[\(index)].\(member)", "\(obstacle).")
        }
        guard let settings else { return }
        for (index, authority) in settings.authorities.enumerated() {
            guard let slug = authority.tenant else { continue }
            require(
                slug, among: configuration.tenants.map(\.slug), "tenant", at: "oauth.mtls.authorities[\(index)].tenant")
        }
        if settings.listen != nil, settings.tls == nil, configuration.server.tls == nil {
            context.fault(at: "oauth.mtls.tls", "is required: the server itself listens without TLS.")
        }
        if settings.header != nil, configuration.server.trustedProxies.isEmpty {
            context.fault(
                at: "oauth.mtls.certificate_header",
                "is believed of nobody: name the proxies in server.trusted_proxies.")
        }
    }

    // MARK: Roles

    private func roles(of tenant: String) -> [String] {
        PredefinedRole.allCases.map(\.rawValue) + configuration.roles.filter { $0.tenant == tenant }.map(\.name)
    }

    private func checkRoles() {
        let predefined = Set(PredefinedRole.allCases.map(\.rawValue))
        for (index, role) in configuration.roles.enumerated() {
            if predefined.contains(role.name) {
                context.fault(at: "roles[\(index)].name", "`\(role.name)` is predefined and cannot be redefined.")
            }
            for (number, parent) in role.inherits.enumerated() {
                require(parent, among: roles(of: role.tenant), "role", at: "roles[\(index)].inherits[\(number)]")
            }
            if let circle = circle(through: role) {
                context.fault(
                    at: "roles[\(index)].inherits", "`\(role.name)` would inherit from itself: \(circle).")
            }
        }
        checkSpelling()
        let everywhere = Array(Set(configuration.tenants.flatMap { roles(of: $0.slug) })).sorted()
        for (index, name) in configuration.multiFactor.requiredRoles.enumerated() {
            require(name, among: everywhere, "role", at: "mfa.required_roles[\(index)]")
        }
    }

    /// `Editor` and `editor` are two roles, and whoever reads or assigns them takes one for the other.
    private func checkSpelling() {
        var seen: [String: String] = [:]
        for (index, role) in configuration.roles.enumerated() {
            let key = "\(role.tenant)/\(NameKey.of(role.name))"
            if let other = seen.updateValue(role.name, forKey: key), other != role.name {
                context.fault(
                    at: "roles[\(index)].name", "`\(role.name)` and `\(other)` differ in their letters' case only.")
            }
        }
    }

    /// The shortest way from the role back to itself, over parents; nil where there is none.
    private func circle(through role: RoleConfiguration) -> String? {
        let parents = Dictionary(
            configuration.roles.filter { $0.tenant == role.tenant }.map { ($0.name, $0.inherits) },
            uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        var ways = [[role.name]]
        while !ways.isEmpty {
            let way = ways.removeFirst()
            for parent in parents[way[way.count - 1]] ?? [] {
                if parent == role.name { return (way + [parent]).map { "`\($0)`" }.joined(separator: " from ") }
                if seen.insert(parent).inserted { ways.append(way + [parent]) }
            }
        }
        return nil
    }

    // MARK: What names roles and providers

    private func checkMappings() {
        for (index, provider) in configuration.providers.enumerated() {
            guard case .ldap(let settings) = provider.kind else { continue }
            for (number, name) in settings.sync.protectedRoles.enumerated() {
                require(
                    name, among: roles(of: provider.tenant), "role",
                    at: "providers[\(index)].sync.guard.protected_roles[\(number)]")
            }
        }
        for (index, mapping) in configuration.mappings.enumerated() {
            let keys = configuration.providers.filter { $0.tenant == mapping.tenant }.map(\.key)
            require(mapping.provider, among: keys, "provider", at: "mappings[\(index)].provider")
            require(mapping.role, among: roles(of: mapping.tenant), "role", at: "mappings[\(index)].role")
        }
    }

    private func require(_ name: String, among known: [String], _ what: String, at key: String) {
        // What is left out altogether was reported while it was read.
        guard !name.isEmpty, !known.contains(name) else { return }
        let near = known.map { (name: $0, distance: EnvironmentNames.distance($0.lowercased(), name.lowercased())) }
            .filter { $0.distance <= min(3, name.utf8.count / 2) }.min { $0.distance < $1.distance }
        let hint = near.map { " Did you mean `\($0.name)`?" } ?? ""
        context.fault(at: key, "there is no \(what) `\(name.prefix(128))`.\(hint)")
    }
}
