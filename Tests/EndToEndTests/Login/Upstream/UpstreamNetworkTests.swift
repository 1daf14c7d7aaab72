import Fetch
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JOSE
import Logging
import NIOCore
import OAuth
import Testing
import Vocabulary

// Server-side request forgery and slow providers: with the network between, and nothing in its place.
@Suite("A provider is spoken to over the network, within limits and nowhere else", .timeLimit(.minutes(2)))
struct UpstreamNetworkTests {
    /// A provider on a socket of this machine, and a gateway that knows it.
    private static func serving(
        _ settings: String = ", allow_private_addresses: true",
        _ body: @Sendable @escaping (UpstreamStage, TestAPI) async throws -> Void
    ) async throws {
        let box = ProviderBox()
        let router = Router()
        router.get("**") { request, _ in try await box.answer(request) }
        router.post("**") { request, _ in try await box.answer(request) }
        var logger = Logger(label: "provider")
        logger.logLevel = .error
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
        defer { for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) } }
        try await application.test(.live) { client in
            let port = try #require(client.port)
            let provider = try MockProvider(issuer: "http://127.0.0.1:\(port)")
            box.provider = provider
            let running = try await TestGateway.open(
                extra: """
                    providers:
                      - { id: mock, type: oidc, name: Mock, issuer: "\(provider.issuer)", client_id: gatehouse, \
                    client_secret_file: client.secret\(settings) }
                    """, files: ["client.secret": MockProvider.secret])
            try await running.serve { api in
                try await body(UpstreamStage(running: running, providers: [provider]), api)
            }
        }
    }

    @Test func aWholeLoginGoesOverASocket() async throws {
        try await Self.serving { stage, api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            #expect(stage.provider.asked.contains("/token") && stage.provider.asked.contains("/userinfo"))
        }
    }

    // Without leave an issuer on this machine is a fault of the configuration; a name that leads there is refused later.
    @Test func aNameThatLeadsToThisMachineIsNotSpokenTo() async throws {
        let running = try await TestGateway.open(
            extra: """
                providers:
                  - { id: mock, type: oidc, name: Mock, issuer: "https://localhost:1", client_id: gatehouse, \
                client_secret_file: client.secret }
                """, files: ["client.secret": MockProvider.secret])
        try await running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/login?provider=mock")
            #expect(web.location == nil && web.page.contains("cannot be reached"))
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused")
            #expect(events.text.contains("fetch.forbidden_address"), "\(events.text)")
        }
    }

    @Test func keysThatLeadToTheMetadataServiceAreNotFetched() async throws {
        try await Self.serving { stage, api in
            stage.provider.lies.metadata = ["jwks_uri": "https://169.254.169.254/latest/meta-data/"]
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 0)
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused")
            #expect(events.text.contains("fetch.forbidden_address"), "\(events.text)")
        }
    }

    @Test func aDocumentThatIsTooLargeTooSlowOrElsewhereIsNone() async throws {
        try await Self.serving { stage, api in
            let path = "/.well-known/openid-configuration"
            let answers: [@Sendable (FetchRequest) async throws -> FetchResponse] = [
                { _ in FetchResponse(status: 200, body: [UInt8](repeating: 0x20, count: 1 << 20)) },
                { _ in
                    FetchResponse(status: 302, headers: [FetchHeader("Location", "http://127.0.0.1:1/elsewhere")])
                },
                { _ in
                    try await Task.sleep(for: .seconds(7))
                    return FetchResponse(status: 200)
                },
            ]
            for answer in answers {
                stage.provider.lies.answers[path] = answer
                let (web, start) = (WebPerson(api.client), ContinuousClock.now)
                try await web.request(.get, WebPerson.gateway + "/login?provider=mock")
                #expect(web.location == nil && web.page.contains("cannot be reached"))
                #expect(ContinuousClock.now - start < .seconds(7))
            }
            stage.provider.lies.answers = [:]
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 1, "and then it is there again")
        }
    }
}

/// Hands requests of a socket to a provider that is made after the socket.
private final class ProviderBox: @unchecked Sendable {
    // Set before the first request, and never again.
    var provider: MockProvider?

    func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let headers = request.headers.map {
            FetchHeader($0.name.canonicalName == "authorization" ? "Authorization" : $0.name.rawName, $0.value)
        }
        let asked = FetchRequest(
            request.method == .post ? .post : .get, url: (provider?.issuer ?? "") + request.uri.string,
            headers: headers, body: Array(body.readableBytesView))
        let answer = try await provider?.answer(asked) ?? FetchResponse(status: 404)
        var fields = HTTPFields()
        for header in answer.headers { if let name = HTTPField.Name(header.name) { fields[name] = header.value } }
        return Response(
            status: .init(code: answer.status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
