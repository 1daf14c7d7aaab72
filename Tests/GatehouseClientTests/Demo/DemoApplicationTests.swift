import DemoApp
import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("The demo application")
struct DemoApplicationTests {
    let person = [
        ("X-Gatehouse-User", "mira"), ("X-Gatehouse-Name", "Mira %3Cscript%3E"), ("X-Gatehouse-Roles", "editor,viewer"),
    ]

    func running<Value: Sendable>(
        trusted: [String] = ["127.0.0.1"], _ body: @escaping @Sendable (Int) async throws -> Value
    ) async throws -> Value {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let application = try DemoApplication(
            title: "Reports & more", trustedPeers: trusted, logger: quiet(), onListening: { told.yield($0) })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            var waiting = ports.makeAsyncIterator()
            guard let port = await waiting.next() else { throw NotRunning() }
            defer { group.cancelAll() }
            return try await body(port)
        }
    }

    @Test("greets who the proxy names, escaped and without a script")
    func greets() async throws {
        let (response, body) = try await running { try await get($0, "/", headers: person) }
        #expect(response.statusCode == 200)
        #expect(body.contains("Hello, Mira &lt;script&gt;") && body.contains("Reports &amp; more"))
        #expect(body.contains("editor") && body.contains("viewer") && !body.contains("<script"))
        #expect(response.value(forHTTPHeaderField: "Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
        #expect(response.value(forHTTPHeaderField: "Cache-Control") == "no-store")
    }

    @Test("knows nobody without a proxy or from a stranger", arguments: ["/", "/restricted"])
    func nobody(path: String) async throws {
        let alone = try await running { try await get($0, path) }
        #expect(alone.0.statusCode == 403 && alone.1.contains("Nobody is signed in"))
        let spoofed = try await running(trusted: ["192.0.2.1"]) { try await get($0, path, headers: person) }
        #expect(spoofed.0.statusCode == 403 && !spoofed.1.contains("Mira"))
    }

    @Test("shows every header it received, repetitions included")
    func dump() async throws {
        let (_, body) = try await running { port in
            try await get(port, "/headers", headers: person + [("X-Other", "1")])
        }
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [[String: String]]])
        let headers = try #require(json["headers"])
        #expect(headers.contains { $0["name"]?.lowercased() == "x-other" && $0["value"] == "1" })
        #expect(headers.contains { $0["name"]?.lowercased() == "x-gatehouse-user" && $0["value"] == "mira" })
    }

    @Test("serves its style, its health and the restricted page, and nothing else")
    func rest() async throws {
        try await running { port in
            let style = try await get(port, "/demo.css").0
            let health = try await get(port, "/health").1
            let restricted = try await get(port, "/restricted", headers: person).0
            let other = try await get(port, "/other").0
            #expect(style.value(forHTTPHeaderField: "Content-Type") == "text/css; charset=utf-8")
            #expect(health == "ok\n" && restricted.statusCode == 200 && other.statusCode == 404)
        }
    }
}
