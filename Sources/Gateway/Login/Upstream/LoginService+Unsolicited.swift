import Identity
import JOSE
import OAuth
import Providers
import SAML
import Storage
import Vocabulary

/// Answers in SAML that nobody asked for (SAML Profiles §4.1.5), of the providers that may begin. Whoever holds one can have any
/// browser post it, and sign that browser in as themselves: so a session that is there is not replaced without a click, and
/// nothing that came along says where somebody is sent.
extension LoginService {
    /// From the post to the browser that comes with its cookies, and to its click.
    static let unsolicitedLifetime: Duration = .minutes(5)

    /// What is kept, sealed, of such an answer.
    private struct Kept: Codable {
        let response: String
        let relayState: String?
    }

    /// A provider of SAML by what it is called there.
    public struct SAMLProviderName: Sendable, Hashable {
        public let provider: ProviderID
        /// The configuration's name.
        public let key: String
        public let entityID: String
    }

    /// The providers of SAML that people of a tenant may be sent to; those whose metadata cannot be had now are left out.
    public func samlProviders(in tenant: TenantID) async -> [SAMLProviderName] {
        var found: [SAMLProviderName] = []
        for entry in environment.providers(tenant) {
            guard case .saml(let provider)? = entry.redirect?.kind, let entityID = await provider.entityID() else {
                continue
            }
            found.append(SAMLProviderName(provider: entry.id, key: provider.settings.key, entityID: entityID))
        }
        return found
    }

    /// Keeps an answer without a request, where a provider of the tenant may begin and the answer says that it is that one's:
    /// the handle by which the browser comes back for it. Nothing is believed here.
    public func keepUnsolicited(
        _ response: String, relayState: RelayState?, in tenant: TenantID
    ) async throws -> String? {
        for entry in environment.providers(tenant) {
            guard case .saml(let provider)? = entry.redirect?.kind, provider.settings.service.takesUnsolicited,
                await provider.isClaimed(by: response)
            else { continue }
            let handle = Base64URL.encode(Randomness.bytes(32))
            guard let hash = TokenHash(bytes: Digests.sha256(handle)) else { return nil }
            let now = clock()
            let kept = Kept(response: response, relayState: relayState?.text)
            let sealed = try store.keys.seal(record: kept, tenant: tenant, context: Self.unsolicitedContext(hash))
            let message = StoredSAMLMessage(
                hash: hash, tenant: tenant, kind: .unsolicited, createdAt: now,
                expiresAt: now + Self.unsolicitedLifetime)
            try await store.write(.login) { try $0.sql.keep(message, for: entry.id, sealed: sealed) }
            return handle
        }
        return nil
    }

    /// What the provider of a kept answer is called; nil where none waits under this handle.
    public func providerName(ofUnsolicited handle: String, in tenant: TenantID) async throws -> String? {
        guard let (_, id) = try await find(handle, in: tenant) else { return nil }
        return environment.providers(tenant).first { $0.id == id }?.name
    }

    /// Begins a login in this browser with the answer that was kept, and uses it up.
    ///
    /// - Parameter beginning: what a login at this provider that leads to an address is begun with; it throws for one that
    ///   belongs to nobody here.
    /// - Returns: nil where none waits under this handle.
    public func beginUnsolicited(
        _ handle: String, from browser: LoginBrowser,
        beginning: (_ provider: String, _ target: String?) throws -> LoginBeginning
    ) async throws -> LoginStart? {
        let tenant = browser.tenant
        guard let (hash, id) = try await find(handle, in: tenant),
            let entry = environment.providers(tenant).first(where: { $0.id == id }),
            case .saml(let provider)? = entry.redirect?.kind
        else { return nil }
        let sealed = try await store.write(.login) { tx in
            try tx.sql.takeSAMLMessage(hash, .unsolicited, of: id, in: tenant, at: tx.now)
        }
        guard let sealed else { return nil }
        let kept = try store.keys.open(
            record: Kept.self, sealed, tenant: tenant, context: Self.unsolicitedContext(hash))
        let target = kept.relayState.flatMap { provider.settings.returnTargets.contains($0) ? $0 : nil }
        var begun = try beginning(provider.settings.key, target)
        begun.unsolicited = kept.response
        return try await begin(begun, from: browser)
    }

    private func find(_ handle: String, in tenant: TenantID) async throws -> (TokenHash, ProviderID)? {
        guard handle.utf8.count <= 128, let hash = TokenHash(bytes: Digests.sha256(handle)) else { return nil }
        let now = clock()
        let id: ProviderID? = try await store.read {
            try $0.owner(ofSAMLMessage: hash, .unsolicited, in: tenant, at: now)
        }
        return id.map { (hash, $0) }
    }

    private static func unsolicitedContext(_ hash: TokenHash) -> [UInt8] { Array("unsolicited:".utf8) + hash.bytes }

    /// Weighs such an answer in the flow that was begun for it. An attempt stands for it in the store, by a handle that nobody
    /// knows, so that the session which comes of it is known by the provider's as any other.
    func arrive(
        with response: String, _ stamp: ProofStamp, _ provider: ProviderID, _ work: inout LoginWork
    ) async throws -> LoginResult {
        let kept = KeptAttempt(
            attempt: .unsolicited(handle: Base64URL.encode(Randomness.bytes(32))), stamp: stamp,
            device: work.browser.device?.reveal())
        let (row, sealed) = try attempt(kept, provider, .login(work.flow.id), work.browser)
        work.remainders.append { try $0.sql.insert(row, sealed: sealed) }
        let arrived = Arrived(answer: Parameters([("SAMLResponse", response)]), kept: kept, hash: row.hash)
        let result = try await settle(try await weigh(arrived, stamp, &work), &work)
        tally.count(result, entry(provider, work)?.provider)
        return result
    }
}
