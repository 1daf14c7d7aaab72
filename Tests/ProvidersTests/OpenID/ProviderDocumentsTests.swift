import Fetch
import JOSE
import OAuth
import Synchronization
import Testing
import Vocabulary

@testable import Providers

@Suite("What a provider publishes is fetched once, renewed in time, and outlives an outage")
struct ProviderDocumentsTests {
    /// A provider that counts who asks, at a time of its own.
    private final class Site: Sendable {
        struct State {
            var asked: [String: Int] = [:]
            var now = Timestamp(seconds: 1_800_000_000)
            var isAway = false
        }

        let key: SigningKey
        let state = Mutex(State())

        init() throws { key = try SigningKey.generate(.es256) }

        func answer(_ request: FetchRequest) async throws -> FetchResponse {
            try await Task.sleep(for: .milliseconds(20))
            let isAway = state.withLock { state in
                state.asked[request.url, default: 0] += 1
                return state.isAway
            }
            guard !isAway else { throw Fault("fetch.timeout", .peer, "Nobody answered.") }
            guard request.url.hasSuffix("/jwks") else {
                let document: JSONObject = [
                    "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/authorize",
                    "token_endpoint": "https://idp.example/token", "jwks_uri": "https://idp.example/jwks",
                    "id_token_signing_alg_values_supported": ["ES256"],
                ]
                return FetchResponse(status: 200, body: document.serialized)
            }
            return FetchResponse(status: 200, body: try JSONWebKeySet([key.verificationKey]).json.serialized)
        }

        func advance(_ by: Duration) { state.withLock { $0.now = $0.now + by } }
        func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
        var documents: Int { state.withLock { $0.asked["https://idp.example/.well-known/openid-configuration"] ?? 0 } }
        var keys: Int { state.withLock { $0.asked["https://idp.example/jwks"] ?? 0 } }
    }

    private let site: Site
    private let provider: OpenIDProvider

    init() throws {
        let site = try Site()
        self.site = site
        provider = OpenIDProvider(
            OpenIDSettings(
                provider: Identifier(high: 0x7000, low: 0x8000_0000_0000_0001), key: "idp",
                preset: .openID(issuer: "https://idp.example"), clientID: "a", proof: .none,
                redirectURI: "https://gate.example/login/callback/idp"),
            fetch: { try await site.answer($0) }, clock: { site.state.withLock(\.now) })
    }

    @Test func howeverManyAskAtOnceItIsAskedOnce() async throws {
        let (provider, documents) = (provider, provider.documents)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = try await documents.keys(of: try await provider.client()) }
            }
            try await group.waitForAll()
        }
        #expect(site.documents == 1 && site.keys == 1)
    }

    @Test func aCopyIsRenewedAfterAnHourAndGoesOnForADayWhileThereIsNoOther() async throws {
        let client = try await provider.client()
        _ = try await provider.documents.keys(of: client)
        site.advance(ProviderDocuments.freshness - .seconds(1))
        _ = try await provider.documents.keys(of: try await provider.client())
        #expect(site.documents == 1 && site.keys == 1)
        site.setAway(true)
        site.advance(.hours(2))
        _ = try await provider.documents.keys(of: try await provider.client())
        #expect(site.documents == 2 && site.keys == 2, "it was asked, and is away")
        site.advance(ProviderDocuments.patience)
        await #expect(throws: Fault.self) { try await provider.client() }
        site.setAway(false)
        _ = try await provider.client()
    }

    @Test func keysAreRenewedOutOfTurnOnceInAWhile() async throws {
        let client = try await provider.client()
        _ = try await provider.documents.keys(of: client)
        #expect(try await provider.documents.renewedKeys(of: client) != nil)
        for _ in 0..<5 { #expect(try await provider.documents.renewedKeys(of: client) == nil) }
        #expect(site.keys == 2)
        site.advance(ProviderDocuments.refetchWindow)
        #expect(try await provider.documents.renewedKeys(of: client) != nil)
        #expect(site.keys == 3)
    }

    @Test func whatIsFoundIsSaidInASentence() async throws {
        #expect(try await provider.examine() == "its document is that of https://idp.example, and has one key")
        site.setAway(true)
        site.advance(.days(2))
        await #expect(throws: Fault.self) { try await provider.examine() }
    }
}
