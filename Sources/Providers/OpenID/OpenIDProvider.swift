import Fetch
import JOSE
import OAuth
import Vocabulary

/// A provider that people are sent to: an OpenID Provider, or an OAuth 2 server that says at an address who somebody is.
///
/// The decisions are those of the OAuth target; here they are given what has to be fetched for them. Nothing about a
/// login is kept.
public struct OpenIDProvider: Sendable {
    public let settings: OpenIDSettings
    let documents: ProviderDocuments
    let fetch: OutgoingFetch
    let clock: @Sendable () -> Timestamp

    public init(
        _ settings: OpenIDSettings, fetch: @escaping OutgoingFetch, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.settings = settings
        self.fetch = fetch
        self.clock = clock
        documents = ProviderDocuments(
            preset: settings.preset, allowsLoopback: settings.allowsLoopback, fetch: fetch, clock: clock)
    }

    /// Begins a login, and says where to send the browser.
    ///
    /// - Throws: `UpstreamFault`, and what fetching throws.
    public func begin(
        _ wish: UpstreamWish, random: UpstreamAttempt.Randomness
    ) async throws -> (attempt: UpstreamAttempt, address: String) {
        var wishes = UpstreamAttempt.Wishes(loginHint: wish.loginHint)
        // Only a provider that says when it saw the person can be held to it.
        if let maxAge = wish.maxAgeSeconds, settings.saysSignInTime, settings.preset.issuer != nil {
            wishes.maxAge = maxAge
            wishes.prompt = "login"
        }
        if wish.needsSeveralFactors { wishes.acrValues = settings.multiFactor.asked }
        return try UpstreamAttempt.start(try await client(), wishes: wishes, random: random, now: seconds)
    }

    /// Reads what the provider publishes, and says in a sentence what was found.
    ///
    /// - Throws: `UpstreamFault`, and what fetching throws.
    public func examine() async throws -> String {
        guard settings.preset.discovery != nil else { return "has no document, and is asked at a sign-in" }
        let client = try await client()
        let count = try await documents.keys(of: client).verificationKeys.count
        let keys = count == 1 ? "one key" : "\(count) keys"
        return "its document is that of \(client.issuer?.documented ?? "no issuer"), and has \(keys)"
    }

    /// Where to send a browser that signs out, so that the provider's own session ends too; nil when it has no such place.
    public func logoutAddress(idToken: String?, returnTo: String?, state: String?) async throws -> String? {
        UpstreamLogout.address(try await client(), idToken: idToken, returnTo: returnTo, state: state)
    }

    /// Its issuer, as its document has it now; nil for one that has none, and where the document cannot be had.
    public func issuer() async -> String? { try? await client().issuer?.documented }

    /// The address that the redirect URI is on, as the document has it now.
    func client() async throws -> UpstreamClient {
        let metadata = try await documents.metadata()
        guard
            var client = settings.preset.client(
                provider: settings.key, clientID: settings.clientID, redirectURI: settings.redirectURI,
                metadata: metadata)
        else { throw UpstreamFault(.malformedMetadata, "it was not read") }
        switch settings.proof {
        case .none: client.authentication = .none
        case .key: client.authentication = .privateKeyJWT
        case .secret, .apple: break
        }
        return client
    }

    var seconds: Int64 { clock().microseconds / 1_000_000 }

    /// Asks, and believes nothing of the answer yet.
    func ask(
        _ address: String, _ headers: [(String, String)], post body: [UInt8]? = nil, limit: Int
    ) async throws -> FetchResponse {
        var limits = FetchLimits()
        limits.totalTimeout = Self.timeout
        limits.responseBytes = limit
        let answer = try await fetch(
            FetchRequest(
                body == nil ? .get : .post, url: address, headers: headers.map { FetchHeader($0.0, $0.1) },
                body: body ?? [], limits: limits))
        // It is the provider that failed, and not whoever signs in.
        guard answer.status < 500 else { throw Unavailable(word: "upstream.status_\(answer.status)") }
        return answer
    }

    /// From the request to the last byte of an answer about one login.
    static let timeout: Duration = .seconds(10)

    struct Unavailable: Error {
        let word: String
    }
}
