import Fixtures
import Testing

@testable import LDAP

@Suite(.timeLimit(.minutes(1))) struct LDAPPoolTests {
    private static let directory = FixtureDirectory.edgeCases()
    private static let alice = directory.person("alice")!
    private let server: SlapdServer

    init() async throws { server = try await .edgeCases() }

    private static func search(_ login: String) -> SearchRequest {
        SearchRequest(base: directory.suffix, filter: "(uid=\(LDAPFilter.escape(login)))", attributes: ["uid"])
    }

    private func client(
        _ servers: [SlapdServer], limits: LDAPPoolLimits = .init(), breaker: CircuitBreaker = .init()
    ) -> LDAPDirectoryClient {
        LDAPDirectoryClient(
            LDAPServerList(servers.map { $0.configuration() }, breaker: breaker), service: servers[0].service,
            searchLimits: limits, bindLimits: limits)
    }

    // S4-77.
    @Test func aConnectionIsKeptAndServesTheNextCaller() async throws {
        let client = client([server])
        for _ in 0..<3 {
            let found = try await client.withSearchConnection { try await $0.entries(Self.search("alice")) }
            #expect(found.count == 1)
        }
        #expect(client.searches.restingCount == 1)
        client.close()
        #expect(client.searches.restingCount == 0)
        #expect(await ldapError { try await client.withSearchConnection { _ in } } == .closed)
    }

    @Test func aBindConnectionForgetsWhoUsedItAndASearchConnectionStaysWhoItIs() async throws {
        let client = client([server])
        try await client.withBindConnection { connection in
            let outcome = try await connection.bind(dn: Self.alice.dn, password: Array(Self.alice.password.utf8))
            #expect(outcome == .accepted(.init()))
            _ = try await connection.entries(
                SearchRequest(base: Self.alice.dn, scope: .base, filter: "(uid=*)", attributes: ["uid"]))
        }
        #expect(client.binds.restingCount == 1)
        let unbound = await ldapError {
            try await client.withBindConnection { _ = try await $0.entries(Self.search("alice")) }
        }
        #expect(unbound == .invalidRequest("this connection has to be bound first"))
        let rebound = await ldapError {
            try await client.withSearchConnection { connection in
                _ = try await connection.bind(dn: Self.alice.dn, password: Array(Self.alice.password.utf8))
            }
        }
        #expect(rebound == .invalidRequest("this connection keeps the identity it has"))
    }

    // S4-77.
    @Test func waitingIsBoundedInNumberAndTime() async throws {
        let limits = LDAPPoolLimits(connections: 1, waiting: 1, longestWait: .milliseconds(200))
        let client = client([server], limits: limits)
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let holder = Task {
            try await client.withSearchConnection { _ in
                enter.yield()
                try await Task.sleep(for: .milliseconds(600))
            }
        }
        for await _ in entered { break }
        let first = Task { await ldapError { try await client.withSearchConnection { _ in } } }
        try await Task.sleep(for: .milliseconds(50))
        let start = ContinuousClock.now
        #expect(await ldapError { try await client.withSearchConnection { _ in } } == .poolExhausted)
        #expect(ContinuousClock.now - start < .milliseconds(100), "one too many is refused at once")
        #expect(await first.value == .poolExhausted)
        try await holder.value
        #expect(await ldapError { try await client.withSearchConnection { _ in } } == nil)
    }

    @Test func aWaitingCallerCanBeCancelledAndLeavesThePlaceToOthers() async throws {
        let client = client([server], limits: LDAPPoolLimits(connections: 1))
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let holder = Task {
            try await client.withSearchConnection { _ in
                enter.yield()
                try await Task.sleep(for: .milliseconds(300))
            }
        }
        for await _ in entered { break }
        let waiter = Task { await ldapError { try await client.withSearchConnection { _ in } } }
        try await Task.sleep(for: .milliseconds(50))
        waiter.cancel()
        #expect(await waiter.value == .cancelled)
        try await holder.value
        #expect(await ldapError { try await client.withSearchConnection { _ in } } == nil)
    }

    @Test func anIdleConnectionGrowsTooOldAndACancelledOneIsNotKept() async throws {
        let client = client([server], limits: LDAPPoolLimits(idleLifetime: .milliseconds(50)))
        let first = try await client.withSearchConnection { ObjectIdentifier($0) }
        let young = try await client.withSearchConnection { ObjectIdentifier($0) }
        #expect(first == young)
        try await Task.sleep(for: .milliseconds(120))
        try await client.withSearchConnection { _ in #expect(client.searches.restingCount == 0) }
        server.pause()
        // The kernel stops the server's threads one after the other.
        try await Task.sleep(for: .milliseconds(100))
        let silenced = Task {
            await ldapError { try await client.withSearchConnection { _ = try await $0.entries(Self.search("bob")) } }
        }
        try await Task.sleep(for: .milliseconds(100))
        silenced.cancel()
        #expect(await silenced.value == .cancelled)
        server.resume()
        #expect(client.searches.restingCount == 0)
    }

    @Test func aServerThatClosedItsConnectionsCostsNobodyAnError() async throws {
        let client = client([server])
        try await client.withSearchConnection { _ = try await $0.entries(Self.search("alice")) }
        try await server.restart()
        let found = try await client.withSearchConnection { try await $0.entries(Self.search("alice")) }
        #expect(found.count == 1)
    }

    @Test func aWrongServicePasswordIsSaidAndIsNotTheServersFault() async throws {
        let client = LDAPDirectoryClient(
            LDAPServerList([server.configuration()]), service: .init(dn: server.serviceDN, password: Array("no".utf8)))
        let error = await ldapError { try await client.withSearchConnection { _ in } }
        #expect(error == .serviceBindRefused(.invalidCredentials))
        #expect(!client.isDown)
        #expect(!"\(server.service)".contains(server.servicePassword))
    }

    // Matrix row 36.
    @Test func aKilledPrimaryCostsNobodyASignInAndIsReturnedTo() async throws {
        let (primary, secondary) = (server, try await SlapdServer.edgeCases())
        let breaker = CircuitBreaker(firstPause: .milliseconds(100), longestPause: .milliseconds(200))
        let list = LDAPServerList([primary.configuration(), secondary.configuration()], breaker: breaker)
        let pool = LDAPPool(list, identity: .perUse, limits: LDAPPoolLimits(connections: 4))
        @Sendable func signIn() async throws {
            let outcome = try await pool.use {
                try await $0.bind(dn: Self.alice.dn, password: Array(Self.alice.password.utf8))
            }
            #expect(outcome == .accepted(.init()))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<50 { try await signIn() } } }
            group.addTask {
                try await Task.sleep(for: .milliseconds(10))
                primary.crash()
            }
            try await group.waitForAll()
        }
        try await signIn()
        #expect(list.preferred == secondary.configuration().endpoint)
        try await primary.restart()
        for _ in 0..<100 where list.preferred != primary.configuration().endpoint {
            try await Task.sleep(for: .milliseconds(20))
            try await signIn()
        }
        #expect(list.preferred == primary.configuration().endpoint)
        primary.crash()
        secondary.crash()
        guard case .noServerAvailable(let failure)? = await ldapError({ try await signIn() }) else {
            Issue.record("a sign-in without servers did not say so")
            return
        }
        #expect(failure != nil)
        #expect(list.isDown)
    }
}
