import Fixtures
import Testing

@testable import LDAP

/// Matrix row 10: Active Directory cuts `member` at 1,500 values and names the rest by range.
@Suite(.timeLimit(.minutes(1))) struct RangedAttributeTests {
    private static let group = "CN=Everybody,DC=corp,DC=example"

    private static func member(_ number: Int) -> String { "CN=p\(number),DC=corp,DC=example" }

    private static func values(_ range: Range<Int>) -> [String] { range.map(member) }

    /// Answers a group of `total` members as a domain controller does, `step` values at a time.
    private static func controller(total: Int, step: Int) -> ScriptedLDAPServer.Script {
        { request in
            guard case .search(let search) = request else { return [.bind(code: 0)] }
            let asked = search.attributes.first { $0.hasPrefix("member;range=") }
            let first = asked.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) } ?? 0
            let end = min(total, first + step)
            let name = "member;range=\(first)-\(end == total ? "*" : "\(end - 1)")"
            let cookie = search.pageSize == nil ? nil : ""
            return [.entry(group, ["cn": ["Everybody"], name: values(first..<end)]), .done(cookie: cookie)]
        }
    }

    private func members(_ script: @escaping ScriptedLDAPServer.Script) async throws -> [String] {
        let server = try ScriptedLDAPServer(script)
        defer { server.stop() }
        let connection = try server.connection()
        var found: [String] = []
        try await connection.search(
            SearchRequest(base: "DC=corp,DC=example", filter: "(cn=*)", attributes: ["cn", "member"])
        ) { page in found += page.flatMap { $0.strings("member") } }
        return found
    }

    @Test(arguments: [1_500, 1_501, 2_000, 3_000, 4_501])
    func everyMemberOfALargeGroupArrivesOnceAndInOrder(total: Int) async throws {
        #expect(try await members(Self.controller(total: total, step: 1_500)) == Self.values(0..<total))
    }

    @Test func theRestIsAskedForByRangeOfTheEntryItself() async throws {
        let server = try ScriptedLDAPServer(Self.controller(total: 5, step: 2))
        defer { server.stop() }
        let connection = try server.connection()
        let entry = try #require(
            try await connection.entries(
                SearchRequest(base: "DC=corp,DC=example", filter: "(cn=*)", attributes: ["member"])
            ).first)
        #expect(entry.strings("member").count == 5)
        #expect(entry.attributeNames.contains { $0.contains("range") } == false)
        let asked = server.requests.compactMap(\.search).dropFirst()
        #expect(asked.map(\.attributes) == [["member;range=2-*"], ["member;range=4-*"]])
        #expect(asked.allSatisfy { $0.base == Self.group && $0.scope == 0 })
    }

    @Test func aRangeThatIsMissingJumpsOrGoesBackFailsTheSearch() async throws {
        func script(_ second: String) -> ScriptedLDAPServer.Script {
            { request in
                guard case .search(let search) = request else { return [] }
                let name = search.attributes == ["cn", "member"] ? "member;range=0-1" : second
                return [
                    .entry(Self.group, [name: ["a", "b"]]), .done(cookie: search.pageSize == nil ? nil : ""),
                ]
            }
        }
        for second in ["member;range=3-4", "member;range=0-1", "member", "cn"] {
            let error = await ldapError { _ = try await members(script(second)) }
            guard case .malformedAnswer? = error else {
                Issue.record("\(second): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func aServerThatNeverEndsItsRangesIsStopped() async throws {
        let server = try ScriptedLDAPServer { request in
            guard case .search(let search) = request else { return [] }
            let first = search.attributes.first.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) } ?? 0
            return [.entry(Self.group, ["member;range=\(first)-\(first)": ["x"]]), .done()]
        }
        defer { server.stop() }
        let connection = try server.connection()
        let error = await ldapError {
            _ = try await connection.entries(SearchRequest(base: "DC=corp", filter: "(cn=*)", attributes: ["member"]))
        }
        #expect(error == .limitExceeded(.rangeSteps))
    }
}
