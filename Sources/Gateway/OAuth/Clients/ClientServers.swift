import Fetch
import JOSE
import OAuth
import Synchronization
import Vocabulary

/// The way to servers of clients: to fetch their keys, and to tell them that a session has ended. What an administrator
/// registered may stand in the operator's own network; where a stranger said the address, only public ones are called
/// (server-side request forgery).
final class ClientServers: Sendable {
    private let known: HTTPFetcher
    private let strange: HTTPFetcher
    private let keySets = Mutex<[ClientID: KeySet]>([:])
    private let clock: @Sendable () -> Timestamp

    /// - Parameter caFile: a PEM file of authorities in place of the system's.
    init(caFile: String?, clock: @escaping @Sendable () -> Timestamp) throws {
        var configuration = FetchConfiguration()
        configuration.certificateAuthorityFile = caFile
        configuration.threadCount = 2
        strange = try HTTPFetcher(configuration)
        configuration.allowedNetworks = WebhookDelivery.ownNetworks
        configuration.plainHTTP = .loopbackOnly
        known = try HTTPFetcher(configuration)
        self.clock = clock
    }

    func fetch(_ request: FetchRequest, of client: OAuthClient) async throws -> FetchResponse {
        try await (client.isStranger ? strange : known).fetch(request)
    }

    /// A request to a server that an administrator made known.
    func fetchKnown(_ request: FetchRequest) async throws -> FetchResponse { try await known.fetch(request) }

    /// A document at an address that a stranger said, at most so long and so large.
    func fetchStrange(_ address: String, bytes: Int) async throws -> [UInt8] {
        try await Self.document(address, bytes: bytes, by: strange)
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() {
        known.shutdown()
        strange.shutdown()
    }

    private static func document(_ address: String, bytes: Int, by fetcher: HTTPFetcher) async throws -> [UInt8] {
        var limits = FetchLimits()
        limits.totalTimeout = .seconds(5)
        limits.responseBytes = bytes
        let answer = try await fetcher.fetch(
            FetchRequest(
                .get, url: address, headers: [FetchHeader("Accept", "application/json")], limits: limits))
        guard answer.status == 200 else {
            throw Fault("client.document", .peer, "The client's server answered \(answer.status).")
        }
        return answer.body
    }

    // MARK: Keys

    /// No longer document of keys is read, in bytes.
    private static let keySetBytes = 64 << 10
    /// How long keys are believed without looking again, and how soon somebody who names another makes us look.
    private static let keptFor: Duration = .minutes(10)
    private static let leastPause: Duration = .seconds(30)

    private struct KeySet {
        let address: String
        let fetchedAt: Timestamp
        let document: Task<JSONObject?, Never>
    }

    /// The keys at a client's `jwks_uri`; nil for a client without, and where they cannot be had.
    ///
    /// - Parameter keyID: the key that is asked for: one that is not among those known makes us look again, at most once
    ///   in half a minute.
    func keys(of client: OAuthClient, naming keyID: String?) async -> JSONObject? {
        await keys(of: client) { keyID == nil || Self.holds($0, keyID) }
    }

    /// The same, for whoever is content with a document that has what they look for.
    func keys(of client: OAuthClient, holding isEnough: (JSONObject) -> Bool) async -> JSONObject? {
        guard case .uri(let address) = client.metadata.keys else { return nil }
        let first = await kept(client, address, since: Self.keptFor).value
        if let first, isEnough(first) { return first }
        return await kept(client, address, since: Self.leastPause).value
    }

    /// One fetch for whoever asks at the same time.
    private func kept(
        _ client: OAuthClient, _ address: String, since age: Duration
    ) -> Task<JSONObject?, Never> {
        let now = clock()
        return keySets.withLock { sets in
            if let known = sets[client.id], known.address == address, known.fetchedAt + age > now {
                return known.document
            }
            let fetcher = client.isStranger ? strange : known
            let document = Task<JSONObject?, Never> {
                let body = try? await Self.document(address, bytes: Self.keySetBytes, by: fetcher)
                return body.flatMap { try? JSONObject(parsing: $0) }
            }
            sets[client.id] = KeySet(address: address, fetchedAt: now, document: document)
            return document
        }
    }

    private static func holds(_ document: JSONObject, _ keyID: String?) -> Bool {
        (document["keys"]?.array ?? []).contains { $0.object?["kid"]?.text == keyID }
    }
}

extension OAuthClient {
    /// The client with the keys that a request object of its is held to.
    func signing(_ parameters: Parameters, _ servers: ClientServers) async -> RegisteredClient {
        let header = parameters["request"].flatMap { try? UnverifiedJWS(compact: $0) }?.header
        return registered(fetchedKeys: await servers.keys(of: self, naming: header?.keyID))
    }
}
