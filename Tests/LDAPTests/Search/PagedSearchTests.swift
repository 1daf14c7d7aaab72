import Fixtures
import Testing

@testable import LDAP

/// Matrix rows 11 and 16 to 19, at the protocol's level: a short answer is an error, never a smaller directory.
@Suite(.timeLimit(.minutes(1))) struct PagedSearchTests {
    private static let request = SearchRequest(
        base: "dc=x", filter: "(uid=*)", attributes: ["uid"], limits: SearchLimits(pageSize: 10))

    private static func entries(_ range: Range<Int>) -> [ScriptedLDAPAnswer] {
        range.map { .entry("uid=u\($0),dc=x", ["uid": ["u\($0)"]]) }
    }

    /// Pages of ten out of `total`, the cookie being the next number.
    private static func pages(
        _ total: Int, _ change: @escaping @Sendable (_ first: Int) -> [ScriptedLDAPAnswer]? = { _ in nil }
    ) -> ScriptedLDAPServer.Script {
        { request in
            guard case .search(let search) = request else { return [.bind(code: 0)] }
            let first = Int(search.cookie) ?? 0
            if let changed = change(first) { return changed }
            let end = min(total, first + (search.pageSize ?? total))
            return entries(first..<end) + [.done(cookie: end == total ? "" : "\(end)")]
        }
    }

    private func all(_ script: @escaping ScriptedLDAPServer.Script) async throws -> [String] {
        let server = try ScriptedLDAPServer(script)
        defer { server.stop() }
        return try await all(on: try server.connection(operationTimeout: .seconds(1)))
    }

    private func all(on connection: LDAPConnection) async throws -> [String] {
        var found: [String] = []
        try await connection.search(Self.request) { found += $0.compactMap { $0["uid"] } }
        return found
    }

    @Test(arguments: [0, 1, 9, 10, 11, 95])
    func everyEntryArrivesOnceWhateverThePages(total: Int) async throws {
        #expect(try await all(Self.pages(total)) == (0..<total).map { "u\($0)" })
    }

    @Test func severalPagedSearchesAtOnceDoNotMixTheirPages() async throws {
        let server = try ScriptedLDAPServer(Self.pages(203))
        defer { server.stop() }
        let list = LDAPServerList([server.configuration()])
        let pool = LDAPPool(list, identity: .anonymous, limits: LDAPPoolLimits(connections: 3))
        let shared = try server.connection()
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await pool.use { try await self.all(on: $0) } } }
            // Two on one connection take turns by pages; each has its own cookie.
            for _ in 0..<2 { group.addTask { try await self.all(on: shared) } }
            for try await found in group { #expect(found == (0..<203).map { "u\($0)" }) }
        }
        #expect(server.accepted == 4, "three of the pool and one of our own")
    }

    @Test func slapdServesSeveralPagedSearchesAtOnce() async throws {
        let server = try await SlapdServer.edgeCases()
        let directory = FixtureDirectory.edgeCases()
        let client = LDAPDirectoryClient(
            LDAPServerList([server.configuration()]), service: server.service,
            searchLimits: LDAPPoolLimits(connections: 3))
        let request = SearchRequest(
            base: directory.peopleBase, filter: "(uid=*)", attributes: ["uid"], limits: SearchLimits(pageSize: 2))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<9 {
                group.addTask {
                    try await client.withSearchConnection { connection in
                        var count = 0
                        try await connection.search(request) { count += $0.count }
                        return count
                    }
                }
            }
            for try await count in group { #expect(count == directory.people.count) }
        }
    }

    @Test func aPageThatFailsOrIsCutOrStallsFailsTheWholeSearch() async throws {
        let busy = await ldapError { _ = try await all(Self.pages(50) { $0 == 20 ? [.done(code: 51)] : nil }) }
        #expect(busy == .failed(.busy, diagnostic: ""))
        #expect(busy?.isConnectionFailure == true, "another server may do better")
        let limit = await ldapError {
            _ = try await all(Self.pages(50) { $0 == 20 ? Self.entries(20..<25) + [.done(code: 4)] : nil })
        }
        #expect(limit == .failed(.sizeLimitExceeded, diagnostic: ""))
        let dropped = await ldapError {
            _ = try await all(Self.pages(50) { $0 == 20 ? Self.entries(20..<25) + [.hangUp] : nil })
        }
        guard case .connectionLost? = dropped else {
            Issue.record("dropped: \(String(describing: dropped))")
            return
        }
        let cut = await ldapError {
            _ = try await all(Self.pages(50) { $0 == 20 ? [.raw([0x30, 0x40, 0x02, 0x01]), .hangUp] : nil })
        }
        guard case .connectionLost? = cut else {
            Issue.record("cut: \(String(describing: cut))")
            return
        }
        let stalled = await ldapError {
            _ = try await all(Self.pages(50) { $0 == 20 ? Self.entries(20..<25) + [.pause(.seconds(3))] : nil })
        }
        #expect(stalled == .timedOut(phase: .search))
    }

    // RFC 2696 §3: without the control nobody can say whether this was the last page.
    @Test func aPageWithoutItsControlIsNoLastPage() async throws {
        let error = await ldapError {
            _ = try await all(Self.pages(50) { $0 == 20 ? Self.entries(20..<30) + [.done()] : nil })
        }
        #expect(error == .malformedAnswer("the server left out the paged results control"))
    }

    @Test func aServerThatPagesInCirclesOrSendsTooMuchIsStopped() async throws {
        let circles = await ldapError { _ = try await all(Self.pages(50) { _ in [.done(cookie: "again")] }) }
        #expect(circles == .limitExceeded(.pages))
        let server = try ScriptedLDAPServer(Self.pages(1_000))
        defer { server.stop() }
        var request = Self.request
        request.limits.entries = 55
        let bounded = request
        let connection = try server.connection()
        #expect(
            await ldapError { try await connection.search(bounded) { _ in } } == .limitExceeded(.entries))
    }

    @Test func referencesAreCountedAndNotFollowed() async throws {
        let server = try ScriptedLDAPServer { request in
            guard case .search = request else { return [] }
            return [.reference("ldap://127.0.0.1:1/dc=y"), .entry("uid=a,dc=x", ["uid": ["a"]]), .done(cookie: "")]
        }
        defer { server.stop() }
        var count = 0
        let summary = try await server.connection().search(Self.request) { count += $0.count }
        #expect(count == 1)
        #expect(summary.referrals == 1)
        #expect(server.accepted == 1)
    }
}
