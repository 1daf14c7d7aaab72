import Foundation
import Passwords
import Providers
import Vocabulary

extension Doctor {
    /// What the configuration names and needs for a start, looked at without a store, another server or the network: the
    /// master key, secrets, authorities, password lists, policies by themselves and together, and each directory's
    /// filters and templates.
    ///
    /// - Parameter isSound: whether the file itself had no faults. Else nothing is put together out of it, for what is
    ///   wrong there would be told again in other words.
    public func examineConfiguration(isSound: Bool) -> [Finding] {
        var findings = [examineKey(), examineBlockList()] + [examineBreachedList()].compactMap(\.self)
        findings += namedSecrets.map(examine(secret:)) + namedAuthorities.map(examine(authorities:))
        findings += examineClientAuthorities() + configuration.policies.map(examinePolicy)
        guard isSound else { return findings }
        return findings + examinePoliciesTogether() + configuration.providers.compactMap(examineSettings)
    }

    /// Nil without a list of breached passwords.
    private func examineBreachedList() -> Finding? {
        configuration.passwords.hibpFile.map { path in
            finding("passwords", "\(path) can be searched") { _ = try BreachedPasswords(path: path) }
        }
    }

    private var namedSecrets: [SecretSource] {
        let webhooks = configuration.journal.sinks.compactMap { sink in
            if case .webhook(_, let secret, _) = sink { secret } else { SecretSource?.none }
        }
        return directories.compactMap(\.bindPassword) + webhooks
            + upstreams.flatMap { [$0.credential.source, $0.route.proxyCredentials].compactMap(\.self) }
    }

    private var namedAuthorities: [String] {
        let webhooks = configuration.journal.sinks.compactMap { sink in
            if case .webhook(_, _, let file) = sink { file } else { String?.none }
        }
        return Set(directories.compactMap(\.caFile) + webhooks + upstreams.compactMap(\.route.caFile)).sorted()
    }

    private var directories: [LDAPProviderConfiguration] {
        configuration.providers.compactMap { provider in
            if case .ldap(let settings) = provider.kind, provider.isEnabled { settings } else { nil }
        }
    }

    private var upstreams: [UpstreamProviderConfiguration] {
        configuration.providers.compactMap { provider in
            if case .upstream(let settings) = provider.kind, provider.isEnabled { settings } else { nil }
        }
    }

    private func examine(secret: SecretSource) -> Finding {
        finding("secret", "\(secret) can be read by its owner alone") { _ = try secret.load() }
    }

    /// Whether it is a file of PEM certificates (RFC 7468); who they are is found out when a server is asked.
    private func examine(authorities file: String) -> Finding {
        finding("authorities", "\(file) holds certificates") {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Fault("doctor.authorities", .ourselves, "\(file) cannot be read.", remedy: "Put the file there.")
            }
            guard data.range(of: Data("-----BEGIN CERTIFICATE-----".utf8)) != nil else {
                throw Fault(
                    "doctor.authorities", .ourselves, "\(file) holds no certificate in PEM.",
                    remedy: "Put the certificates of the authorities there, each between its BEGIN and END lines.")
            }
        }
    }

    /// The directory as a start makes it, which connects to nothing. Nil for local passwords.
    private func examineSettings(_ provider: ProviderConfiguration) -> Finding? {
        guard case .ldap(let settings) = provider.kind, provider.isEnabled else { return nil }
        return finding("provider \(provider.key)", "its names, filters and templates are well formed") {
            _ = try makeDirectory(provider, settings)
        }
    }
}
