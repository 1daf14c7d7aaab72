import Foundation
import Testing

@testable import GatehouseClient

@Suite("Asking for a decision")
struct DecideTests {
    func ask(_ gateway: ScriptedGateway, context: [String: JSONValue] = [:]) async throws -> Decision {
        try await gateway.client().decide(
            subject: Subject(type: "person", id: "p1"), action: Action(name: "read"),
            resource: Resource(type: "report", id: "7", properties: ["public": false]), context: context)
    }

    @Test("asks as AuthZEN 1.0 has it")
    func asks() async throws {
        let gateway = ScriptedGateway(#"{"decision":true,"context":{"reasons":["role editor"]}}"#)
        let decision = try await ask(gateway, context: ["ip": "192.0.2.7", "hour": 9])
        let request = try #require(gateway.requests.first)
        #expect(request.url.path == "/t/acme/access/v1/evaluation")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(
            request.text == #"{"action":{"name":"read"},"context":{"hour":9,"ip":"192.0.2.7"},"resource":"#
                + #"{"id":"7","properties":{"public":false},"type":"report"},"subject":{"id":"p1","type":"person"}}"#)
        #expect(decision.isPermitted && decision.context["reasons"] == .list(["role editor"]))
    }

    @Test("a refusal is an answer")
    func refused() async throws {
        #expect(try await ask(ScriptedGateway(#"{"decision":false}"#)).isPermitted == false)
    }

    @Test("anything else is an error", arguments: ["{}", #"{"decision":"true"}"#, #"{"decision":1}"#, "true", ""])
    func malformed(json: String) async throws {
        await #expect(throws: GatehouseError.self) { try await ask(ScriptedGateway(json)) }
    }

    @Test("a permitting body under another status permits nothing", arguments: [202, 400, 403, 500])
    func statuses(status: Int) async throws {
        await #expect(throws: GatehouseError.self) {
            try await ask(ScriptedGateway(#"{"decision":true}"#, status: status))
        }
    }
}

@Suite("Configuring the client")
struct ClientConfigurationTests {
    @Test(
        "an issuer is https, or http on this machine",
        arguments: [
            ("https://id.example.org", true), ("https://id.example.org/t/a/", true), ("http://127.0.0.1:8080", true),
            ("http://localhost", true), ("http://id.example.org", false), ("http://localhost.evil.example", false),
            ("https://a:b@id.example.org", false), ("https://id.example.org?x=1", false), ("https://x#y", false),
            ("ftp://id.example.org", false), ("", false), ("id.example.org", false),
        ])
    func issuers(text: String, isGood: Bool) {
        let made = try? ClientConfiguration(issuer: text, apiKey: APIKey("k"))
        #expect((made != nil) == isGood)
    }

    @Test("the cache's bounds hold, one past each")
    func bounds() throws {
        func make(_ bound: Duration, _ entries: Int) -> ClientConfiguration? {
            try? ClientConfiguration(issuer: "https://a", apiKey: APIKey("k"), cacheBound: bound, cacheEntries: entries)
        }
        #expect(make(.seconds(60), 100_000) != nil && make(.zero, 1) != nil)
        #expect(make(.milliseconds(60_001), 1) == nil && make(.milliseconds(-1), 1) == nil)
        #expect(make(.zero, 0) == nil && make(.zero, 100_001) == nil)
    }

    @Test("a key that could break a header is refused, and none is printed")
    func keys() {
        for key in ["", "a\r\nX: y", "a b", "ä"] {
            #expect((try? ClientConfiguration(issuer: "https://a", apiKey: APIKey(key))) == nil)
        }
        var dumped = ""
        dump(APIKey("hidden-key"), to: &dumped)
        #expect(!"\(APIKey("hidden-key"))\(String(reflecting: APIKey("hidden-key")))\(dumped)".contains("hidden"))
    }
}
