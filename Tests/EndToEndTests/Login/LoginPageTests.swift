import HTTPTypes
import Testing
import Vocabulary

@Suite("The login page as a browser gets it")
struct LoginPageTests {
    // A browser under `no-referrer` sends `Origin: null` with our own forms, which the origin check then refuses.
    @Test func itLetsBrowsersSendTheirOriginWithOurOwnFormsAndRunsNoScript() async throws {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        try await running.serve { api in
            let page = try await api.send(.get, "/login", token: .some(nil), headers: [.accept: "text/html"])
            #expect(page.status == 200)
            #expect(page.headers[HTTPField.Name("Referrer-Policy")!] == "same-origin")
            let policy = page.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(!page.text.contains("<script"))
        }
    }

    @Test func aFormFromElsewhereIsRefused() async throws {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        try await running.serve { api in
            for origin in ["null", "https://evil.example.org"] {
                let answer = try await api.send(
                    .post, "/login", token: .some(nil),
                    headers: [.origin: origin, .contentType: "application/x-www-form-urlencoded"])
                #expect(answer.status == 403, "\(origin)")
            }
        }
    }
}
