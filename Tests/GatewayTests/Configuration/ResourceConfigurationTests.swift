import Foundation
import OAuth
import Testing

@testable import Gateway

@Suite("What an application is to clients with tokens")
struct ResourceConfigurationTests {
    @Test("A resource covers its own path and what lies below it, and nothing beside it")
    func paths() {
        let whole = ResourceConfiguration(identifier: "https://app.example.org")
        #expect(whole.covers(path: "/") && whole.covers(path: "/mcp"))
        #expect(ResourceConfiguration(identifier: "https://app.example.org/").covers(path: "/mcp"))
        let part = ResourceConfiguration(identifier: "https://app.example.org/mcp")
        #expect(part.covers(path: "/mcp") && part.covers(path: "/mcp/") && part.covers(path: "/mcp/a"))
        for path in ["/", "/mcp2", "/mc", "/MCP", "/a/mcp"] { #expect(!part.covers(path: path), "\(path)") }
        let folder = ResourceConfiguration(identifier: "https://app.example.org/mcp/")
        #expect(folder.covers(path: "/mcp/a") && !folder.covers(path: "/mcp"))
    }

    @Test("An action needs a scope that opens it, the least is named, and none where none is configured")
    func scopes() {
        var resource = ResourceConfiguration(identifier: "https://app.example.org")
        #expect(resource.missing(for: "delete", holding: .empty) == nil)
        resource.scopes = [.init(name: "r", actions: ["read"]), .init(name: "w", actions: ["read", "write"])]
        func lack(_ action: String, _ held: String) -> String? {
            resource.missing(for: action, holding: ScopeSet(held) ?? .empty).map { $0.scope?.description ?? "" }
        }
        #expect(lack("read", "r") == nil && lack("read", "w") == nil && lack("write", "r w") == nil)
        #expect(lack("read", "") == "r" && lack("write", "r") == "w" && lack("read", "R") == "r")
        #expect(lack("delete", "r w") == "")
        resource.scopes.append(.init(name: "all"))
        #expect(lack("delete", "r w") == "all" && lack("delete", "all") == nil)
    }

    @Test("A row that an earlier version wrote is read, and takes no tokens")
    func earlierRows() throws {
        let old = #"""
            {"key":"a","tenant":"t","name":"A","host":"a.example.org","publicURL":"https://a.example.org","resourceType":"page",
            "requiredStrength":1,"forwardAuth":true,"actions":{"GET":"read"},"sessionCookie":"a",
            "headers":{"user":"X-Who","name":"X-Name","mail":"X-Mail","roles":"X-Roles"}}
            """#
        let read = try JSONDecoder().decode(ApplicationConfiguration.self, from: Data(old.utf8))
        #expect(read.resource == nil && read.headers.user == "X-Who" && read.headers.client == "X-Gatehouse-Client")
        let again = try JSONDecoder().decode(ApplicationConfiguration.self, from: JSONEncoder().encode(read))
        #expect(again == read)
    }
}
