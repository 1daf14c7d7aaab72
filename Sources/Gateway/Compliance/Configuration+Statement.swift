import Identity
import Vocabulary

extension Configuration {
    /// The settings that controls are about, as numbers and ids that may stand in the clear: so that an assessment of a
    /// position says what was in force there, and not what is in force when it is read.
    func statement(of slug: String, roles: [Role]) -> [Fact] {
        func number(_ name: String, _ value: some BinaryInteger) -> Fact { Fact(name, .integer(Int64(value))) }
        func seconds(_ name: String, _ value: Duration) -> Fact { number(name, value.components.seconds) }
        let servers = directoryServers(of: slug)
        return [
            number("password_minimum", passwords.minimumLength),
            number("password_minimum_with_mfa", passwords.minimumLengthWithMultiFactor),
            number("password_history", passwords.history), number("password_block_list", passwords.blockList ? 1 : 0),
            seconds("session_idle_seconds", sessions.idle), seconds("session_absolute_seconds", sessions.absolute),
            number("lockout_tries", lockout.accountLimit), seconds("lockout_seconds", lockout.lock),
            number("public_https", publicURLs(of: slug).allSatisfy { $0.scheme == "https" } ? 1 : 0),
            number("own_tls", server.tls == nil ? 0 : 1), number("directory_servers", servers.count),
            number("directory_servers_tls", servers.count(where: \.self)),
            number("decision_retention_days", decisionRetention.components.seconds / 86_400),
            number("password_letters", passwords.upper + passwords.lower), number("password_digits", passwords.digit),
            number("anomaly_kinds", anomalyKinds), number("head_sinks", journal.sinks.count),
            Fact("privileged_roles", .list(privileged(roles).prefix(256).map { .id($0, "role") })),
        ]
    }

    /// Kinds of anomaly that can be found: a journey shows between networks whose places are known, and nowhere else.
    private var anomalyKinds: Int {
        let kinds = anomalies.settings.kinds
        return anomalies.settings.networks.isEmpty ? kinds.subtracting([.impossibleTravel]).count : kinds.count
    }

    /// Whether each server of the tenant's directories is asked over TLS.
    private func directoryServers(of slug: String) -> [Bool] {
        providers.filter { $0.tenant == slug && $0.isEnabled }.flatMap { provider -> [Bool] in
            guard case .ldap(let directory) = provider.kind else { return [] }
            return directory.servers.map { $0.isTLS || directory.startTLS }
        }
    }

    private func publicURLs(of slug: String) -> [PublicURL] {
        [server.publicURL] + tenants.filter { $0.slug == slug }.map(\.publicURL)
    }

    /// Roles that are protected, or that the organization lets nobody use with one factor.
    private func privileged(_ roles: [Role]) -> [RoleID] {
        let named = Set(multiFactor.requiredRoles)
        return roles.filter { $0.isPrivileged || named.contains($0.name) }.map(\.id).sorted()
    }
}

extension Role {
    /// Whether the role itself says that much hangs on it.
    var isPrivileged: Bool { isProtected || requiresMFA }
}
