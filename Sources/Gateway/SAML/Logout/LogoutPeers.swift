import Providers
import SAML
import Storage
import Vocabulary

/// Somebody whom sessions are shared with, in one role, as they are spoken to at logout.
struct LogoutPeer: Sendable {
    let role: SAMLPeerRole
    /// With nothing of another role: each role is told at its own address, and proves itself by its own keys.
    let entity: EntityDescriptor
    let keys: [SAMLVerificationKey]
    /// What people are shown.
    let title: String
    /// Who of ours it is, for the journal.
    let fact: Fact
    /// Whether it is told of what begins here.
    let isTold: Bool
    let encryptsNames: Bool
    let send: OutgoingFetch

    /// Where names are encrypted to, where they are to be and its metadata have a key.
    func encryption(by algorithms: AlgorithmPolicy, at now: Int64) -> AlgorithmPolicy.EncryptionChoice? {
        guard encryptsNames else { return nil }
        let keys =
            switch role {
            case .identityProvider: entity.identityProvider(at: now)?.role.encryptionKeys
            case .serviceProvider: entity.serviceProvider(at: now)?.role.encryptionKeys
            }
        return algorithms.encryption(to: keys ?? [])
    }
}

/// The identity providers that people come from and the applications that they are signed in to, by entity id.
struct LogoutPeers: Sendable {
    let applications: SAMLApplicationTable
    let providers: ProviderTable
    let redirects: RedirectTable
    /// The way to applications.
    let fetch: OutgoingFetch
    let clock: @Sendable () -> Timestamp

    /// Somebody waits: metadata that are not at hand by then are none.
    static let patience: Duration = .seconds(3)

    /// Everybody who calls themselves so, in the roles they have here; a switched-off application has no say.
    func all(_ entityID: String, in tenant: TenantID) async -> [LogoutPeer] {
        let application = applications.application(entityID, in: tenant).map(\.isDisabled) == false
        let provider = await peer(entityID, .identityProvider, in: tenant)
        let service = application ? await peer(entityID, .serviceProvider, in: tenant) : nil
        return [provider, service].compactMap(\.self)
    }

    /// Nil for nobody, and for one whose metadata cannot be had in time.
    func peer(_ entityID: String, _ role: SAMLPeerRole, in tenant: TenantID) async -> LogoutPeer? {
        switch role {
        case .serviceProvider:
            guard let application = applications.application(entityID, in: tenant) else { return nil }
            return await Patience.value(within: Self.patience) { try await service(application) }
        case .identityProvider:
            return await withTaskGroup(of: LogoutPeer?.self) { group in
                for provider in providers.enabled(in: tenant) {
                    guard case .saml(let speaker) = redirects.provider(provider.id)?.kind,
                        speaker.settings.entityID.map({ $0.utf8.elementsEqual(entityID.utf8) }) ?? true
                    else { continue }
                    group.addTask {
                        await Patience.value(within: Self.patience) { try await self.provider(speaker, provider) }
                    }
                }
                var found: LogoutPeer?
                for await peer in group where peer?.entity.entityID.utf8.elementsEqual(entityID.utf8) == true {
                    found = found ?? peer
                }
                return found
            }
        }
    }

    private func service(_ application: SAMLApplication) async throws -> LogoutPeer {
        var entity = try await application.entity()
        entity.identityProviders = []
        let role = entity.serviceProvider(at: clock().seconds, skew: LogoutTeller.skew)?.role
        return LogoutPeer(
            role: .serviceProvider, entity: entity, keys: Self.keys(role), title: application.title,
            fact: Fact("saml_application", .id(application.id, "saml_application")), isTold: true,
            encryptsNames: false, send: fetch)
    }

    private func provider(_ speaker: SAMLProvider, _ configured: ConfiguredProvider) async throws -> LogoutPeer {
        var (entity, keys) = try await speaker.logoutPeer()
        entity.serviceProviders = []
        return LogoutPeer(
            role: .identityProvider, entity: entity, keys: keys, title: configured.configuration.name,
            fact: Fact("provider", .id(configured.id, "provider")), isTold: speaker.settings.isToldOfLogout,
            encryptsNames: speaker.settings.encryptsLogoutNames, send: { try await speaker.send($0) })
    }

    private static func keys(_ role: RoleDescriptor?) -> [SAMLVerificationKey] {
        let strong = (role?.signingKeys ?? []).filter(\.isStrong).compactMap { try? $0.verificationKey() }
        return Array(strong.prefix(SAMLVerificationKey.countLimit))
    }
}

/// Waiting no longer than somebody has patience for.
enum Patience {
    /// Nil where it failed, or took longer; the work is told to stop, and waited for no more.
    static func value<Value: Sendable>(
        within limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async -> Value? {
        let (outcomes, outcome) = AsyncStream<Value?>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let worker = Task { outcome.yield(try? await work()) }
        let watch = Task {
            try await Task.sleep(for: limit)
            outcome.yield(nil)
        }
        defer {
            worker.cancel()
            watch.cancel()
        }
        for await first in outcomes { return first }
        return nil
    }
}
