import Fetch
import JOSE
import OAuth
import Vocabulary

/// One request to the outside, as `HTTPFetcher` makes it.
public typealias OutgoingFetch = @Sendable (FetchRequest) async throws -> FetchResponse

/// What a provider publishes of itself, fetched when it is first needed and kept for a while: its document and its keys.
/// However many ask at once, each is fetched once.
actor ProviderDocuments {
    /// How long a copy is used before a new one is asked for.
    static let freshness: Duration = .hours(1)
    /// How long it goes on being used while no new one can be had.
    static let patience: Duration = .hours(24)
    /// Keys are fetched out of turn once in this time, however many tokens name keys that are not known: whoever sends
    /// such tokens must not have us knock at the provider for each.
    static let refetchWindow: Duration = .seconds(30)
    /// From the request to the last byte.
    static let timeout: Duration = .seconds(5)

    private struct Copy<Value: Sendable> {
        let value: Value
        let fetchedAt: Timestamp
    }

    private let preset: ProviderPreset
    private let allowsLoopback: Bool
    private let fetch: OutgoingFetch
    private let clock: @Sendable () -> Timestamp
    private var metadataCopy: Copy<ProviderMetadata>?
    private var keysCopy: Copy<JSONWebKeySet>?
    private var refetchedAt: Timestamp?
    private var fetchingMetadata: Task<ProviderMetadata, any Error>?
    private var fetchingKeys: Task<JSONWebKeySet, any Error>?

    init(
        preset: ProviderPreset, allowsLoopback: Bool, fetch: @escaping OutgoingFetch,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.preset = preset
        self.allowsLoopback = allowsLoopback
        self.fetch = fetch
        self.clock = clock
    }

    /// The provider's document; nil for one that has none.
    ///
    /// - Throws: `UpstreamFault`, and what fetching throws.
    func metadata() async throws -> ProviderMetadata? {
        guard let address = preset.discovery, let rule = preset.issuer else { return nil }
        if let copy = metadataCopy, clock() < copy.fetchedAt + Self.freshness { return copy.value }
        let task = fetchingMetadata ?? Task { try await self.fetchMetadata(address, rule) }
        fetchingMetadata = task
        do {
            return try await task.value
        } catch {
            guard let copy = metadataCopy, clock() < copy.fetchedAt + Self.patience else { throw error }
            return copy.value
        }
    }

    /// The provider's keys.
    ///
    /// - Throws: `UpstreamFault`, and what fetching throws.
    func keys(of client: UpstreamClient) async throws -> JSONWebKeySet {
        if let copy = keysCopy, clock() < copy.fetchedAt + Self.freshness { return copy.value }
        do {
            return try await fetchKeysOnce(client)
        } catch {
            guard let copy = keysCopy, clock() < copy.fetchedAt + Self.patience else { throw error }
            return copy.value
        }
    }

    /// The keys fetched anew, for a token that names one which is not among them; nil when that was done just now.
    func renewedKeys(of client: UpstreamClient) async throws -> JSONWebKeySet? {
        let now = clock()
        if let last = refetchedAt, now < last + Self.refetchWindow { return nil }
        refetchedAt = now
        return try await fetchKeysOnce(client)
    }

    // MARK: Fetching

    private func fetchMetadata(_ address: String, _ rule: IssuerRule) async throws -> ProviderMetadata {
        defer { fetchingMetadata = nil }
        let body = try await document(address, limit: ProviderMetadata.byteLimit)
        let metadata = try ProviderMetadata(reading: body, for: rule, allowsLoopback: allowsLoopback)
        metadataCopy = Copy(value: metadata, fetchedAt: clock())
        return metadata
    }

    private func fetchKeysOnce(_ client: UpstreamClient) async throws -> JSONWebKeySet {
        let task = fetchingKeys ?? Task { try await self.fetchKeys(client) }
        fetchingKeys = task
        return try await task.value
    }

    private func fetchKeys(_ client: UpstreamClient) async throws -> JSONWebKeySet {
        defer { fetchingKeys = nil }
        guard let address = client.endpoints.keys else { throw UpstreamFault(.malformedMetadata, "jwks_uri") }
        let keys = try client.keys(reading: try await document(address, limit: ProviderMetadata.byteLimit))
        keysCopy = Copy(value: keys, fetchedAt: clock())
        return keys
    }

    /// A redirect is an answer like any other, and none that is wanted.
    private func document(_ address: String, limit: Int) async throws -> [UInt8] {
        var limits = FetchLimits()
        limits.totalTimeout = Self.timeout
        limits.responseBytes = limit
        let answer = try await fetch(
            FetchRequest(url: address, headers: [FetchHeader("Accept", "application/json")], limits: limits))
        guard answer.status == 200 else { throw UpstreamFault(.malformedMetadata, "status \(answer.status)") }
        return answer.body
    }
}
