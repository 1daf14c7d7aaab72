import Fetch
import Foundation
import Gateway
import HTTPTypes
import Identity
import Logging
import Testing
import Vocabulary

/// A gateway whose people sign in at providers of this process.
struct UpstreamStage: SignInStage {
    let running: TestGateway
    let providers: [MockProvider]
    var provider: MockProvider { providers[0] }

    /// One provider named `mock`, with these keys beside the least there have to be.
    static func open(
        _ settings: String = "", providers: [MockProvider]? = nil, more: String = "", extra: String = "",
        files: [String: String] = [:], clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        logger: Logger? = nil
    ) async throws -> UpstreamStage {
        let providers = try providers ?? [MockProvider()]
        let line = """
            providers:
              - { id: local, type: local, name: Password }
              - { id: mock, type: oidc, name: Mock, issuer: "\(providers[0].issuer)", client_id: gatehouse, \
            client_secret_file: client.secret\(settings.isEmpty ? "" : ", " + settings) }
            """
        let running = try await TestGateway.open(
            extra: [line, more, extra].filter { !$0.isEmpty }.joined(separator: "\n"),
            files: files.merging(["client.secret": MockProvider.secret]) { $1 }, clock: clock,
            fetch: fetch(providers), logger: logger)
        return UpstreamStage(running: running, providers: providers)
    }

    static func fetch(_ providers: [MockProvider]) -> @Sendable (FetchRequest) async throws -> FetchResponse {
        { request in
            guard let provider = providers.first(where: { $0.serves(request.url) }) else {
                throw Fault("fetch.unresolved", .peer, "Nobody is there.")
            }
            return try await provider.answer(request)
        }
    }
}

extension WebPerson {
    /// Goes to a provider from the login, and says where it was sent.
    func depart(to key: String = "mock", _ more: String = "") async throws -> String {
        try await request(.get, Self.gateway + "/login?provider=\(key)\(more)")
        return try #require(location, "\(status) \(page.suffix(400))")
    }

    /// Signs in at a provider, as it answers.
    func signIn(at provider: MockProvider, _ key: String = "mock", _ more: String = "") async throws {
        let address = try await depart(to: key, more)
        try await open(try provider.authorize(address))
    }

    var isAtAccount: Bool { url.hasSuffix("/account") && status == 200 }
}
