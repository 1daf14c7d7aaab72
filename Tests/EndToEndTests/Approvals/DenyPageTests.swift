import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("From a refused page to those who may approve it, and back")
struct DenyPageTests {
    private static let extra = """
        \(ConsolePerson.local)
        applications:
          - { id: vault, name: Vault, host: vault.example.org, resource_type: page, forward_auth: { enabled: true } }
        roles:
          - { name: Owner, permissions: [] }
          - { name: Board, permissions: [] }
          - { name: Reader, permissions: [ { action: read, type: page } ] }
        """
    private func run(_ body: @escaping @Sendable (TestAPI, Gateway) async throws -> Void) async throws {
        let running = try await TestGateway.open(
            server: "trusted_proxies: [ \"127.0.0.1\", \"::1\" ]", extra: Self.extra)
        let gateway = running.gateway
        try await running.serve { api in
            try await ConsolePerson.make("olga", named: "Olga", holding: "Owner", gateway)
            try await ConsolePerson.make("rita", named: "Rita", holding: "Reader", gateway)
            try await api.enforce(
                rule: [
                    "id": "ledger", "effect": "require_approval", "approval": ["roles": ["Owner"]],
                    "resources": ["types": ["page"]],
                ], 1)
            try await body(api, gateway)
        }
    }

    @Test("a person asks from the page that was refused, comes back when it is approved, and is let in")
    func story() async throws {
        try await run { api, gateway in
            let rita = try await ConsolePerson.enter("rita", api)
            let ask = WebPerson.gateway + "/access-request?application=vault&method=GET&path=%2Fledger"
            try await rita.web.open(ask)
            #expect(rita.status == 200 && rita.page.contains("Request access") && rita.page.contains("/ledger"))
            try await rita.web.submit("reason", ["reason": ""])
            #expect(rita.status == 422)
            try await rita.web.submit("reason", ["reason": "the audit begins on Monday"])
            #expect(rita.status == 200 && rita.page.contains("Your request waits"))
            let olga = try await ConsolePerson.enter("olga", api)
            try await olga.open("/approvals")
            let id = try #require(
                olga.page.firstMatch(of: #/\/admin\/approvals\/([0-9a-f-]{36})/#).map { String($0.1) })
            try await olga.open("/approvals/\(id)")
            #expect(olga.page.contains("the audit begins on Monday") && olga.page.contains("read on page /ledger"))
            #expect(olga.page.contains("Rita"))
            try await olga.submit("/approvals/\(id)/decide", ["word": "approve"])
            #expect(olga.status == 200)
            try await rita.web.request(.get, ask)
            #expect(rita.status == 303 && rita.web.location == "https://vault.example.org/ledger", "the same address")
        }
    }

    @Test("a stranger signs in and comes back to the question, and an unknown application or page is nobody's")
    func ways() async throws {
        try await run { api, _ in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/access-request?application=vault&method=GET&path=%2Fledger")
            #expect(web.page.contains("name=\"identifier\""))
            try await web.submit("identifier", ["identifier": "rita"])
            try await web.submit("password", ["password": ConsolePerson.password])
            #expect(web.status == 200 && web.page.contains("Ask for it"), "\(web.url)")
            for query in [
                "application=nobody&method=GET&path=%2Fledger", "application=vault&method=GET&path=ledger",
                "application=vault&method=get&path=%2Fledger", "application=vault", "",
                "application=vault&method=GET&path=%2F" + String(repeating: "a", count: 1_024),
            ] {
                try await web.open(WebPerson.gateway + "/access-request?" + query)
                #expect(web.status == 404, "\(query)")
            }
            try await web.request(
                .post, WebPerson.gateway + "/access-request?application=vault&method=GET&path=%2Fledger",
                body: "csrf=x&reason=y")
            #expect(web.status == 403)
        }
    }
}
