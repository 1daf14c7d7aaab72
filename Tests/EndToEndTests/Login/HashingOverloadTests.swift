import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import Testing
import Vocabulary

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("More passwords than can be hashed", .timeLimit(.minutes(2)))
struct HashingOverloadTests {
    private struct Outcome: Sendable {
        let status: Int
        let retryAfter: String?
        let page: String
    }

    /// Each on a connection of its own: on one, the answers would wait for each other.
    private static func send(_ form: PreparedForm, port: Int) async throws -> Outcome {
        let settings = URLSessionConfiguration.ephemeral
        settings.httpShouldSetCookies = false
        let session = URLSession(configuration: settings)
        defer { session.finishTasksAndInvalidate() }
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(form.path)")))
        request.httpMethod = "POST"
        request.httpBody = Data(form.body.utf8)
        request.httpShouldHandleCookies = false
        for field in form.headers { request.setValue(field.value, forHTTPHeaderField: field.name.rawName) }
        let (body, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return Outcome(
            status: answer.statusCode, retryAfter: answer.value(forHTTPHeaderField: "Retry-After"),
            page: String(decoding: body, as: UTF8.self))
    }

    /// A browser before the password page.
    private static func atPassword(_ login: String, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        return web
    }

    // A queue of one: what is past it is told when to come back, and nobody's password is judged wrong for it.
    @Test func theyAreToldWhenToComeBackAndTheNextIsServed() async throws {
        let password = "a long enough local one"
        let running = try await TestGateway.open(
            passwords: "hashing_queue: 1, argon2id: { memory: 64MiB, passes: 5, lanes: 1 }",
            extra: "providers: [ { id: local, type: local, name: Password } ]")
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        var edit = PersonEdit()
        edit.login = "ada"
        let ada = try await running.gateway.people.create(edit, by: caller)
        _ = try await running.gateway.credentials.setPassword(
            SecretText(password), of: ada.id, mustChange: false, by: caller)
        try await running.serve { api in
            let port = try #require(api.client.port)
            var forms: [PreparedForm] = []
            for number in 0..<12 {
                let web = try await Self.atPassword("nobody\(number)", api)
                forms.append(try web.prepared("password", ["password": "guess number \(number)"]))
            }
            let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
                for form in forms { group.addTask { try await Self.send(form, port: port) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = outcomes.filter { $0.status == 429 }
            #expect(!refused.isEmpty, "\(outcomes.map(\.status))")
            #expect(refused.count < outcomes.count, "somebody is served")
            for one in refused {
                #expect((Int(one.retryAfter ?? "") ?? 0) >= 1, "\(one.retryAfter ?? "none")")
                #expect(!one.page.contains("passwords.busy") && !one.page.contains("guess"))
            }
            let web = try await Self.atPassword("ada", api)
            try await web.submit("password", ["password": password])
            #expect(web.url == WebPerson.gateway + "/account" && web.status == 200, "\(web.status) \(web.url)")
        }
    }
}
