import Fixtures
import Foundation
import Identity
import LDAP
import Logging
import Providers
import Testing
import Vocabulary

@testable import Gateway

/// Matrix row 39: strangers at our login page must not lock people out of their directory.
@Suite(.enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(2))) struct DirectoryLockoutTests {
    private static let limits = LockoutConfiguration(
        accountLimit: 1_000, sourceLimit: 1_000, window: .minutes(15), lock: .seconds(1), knownDeviceLimit: 1_000)

    private func bench(_ server: SlapdServer, _ fixture: FixtureDirectory) async throws -> LoginBench {
        try await LoginBench(lockout: Self.limits) { provider, tenant, clock in
            let settings = LDAPDirectorySettings(
                provider: provider, tenant: tenant,
                servers: [.init(host: "127.0.0.1", port: UInt16(server.ports.ldap), protection: .plaintext)],
                service: .init(dn: server.serviceDN, password: SecretText(server.servicePassword)),
                people: .init(base: fixture.peopleBase, attributes: ["mail": "mail"]))
            let directory = try LDAPDirectory(
                settings, logger: Logger(label: "directory", factory: { _ in SwiftLogNoOpLogHandler() }), clock: clock)
            // The directory locks at five.
            return UpstreamDirectory(
                bindLimit: 3, bindWindow: .minutes(30), createsPeople: true,
                expectedAccount: { directory.expectedAccount(login: $0, subjectKey: $1) }
            ) { login, password, admission in
                switch await directory.authenticate(login: login, password: password, admission: admission) {
                case .verified(let identity, let warnings): .verified(identity, mustChange: warnings.mustChangePassword)
                case .refused(let reason): .refused(LoginRefusal(reason), reason: reason.rawValue)
                case .unavailable: .unavailable
                case .throttled(let wait): .throttled(wait)
                }
            }
        }
    }

    private func server(_ fixture: FixtureDirectory) async throws -> SlapdServer {
        var options = SlapdOptions(ldif: .text(fixture.ldif), suffix: fixture.suffix)
        options.failuresUntilLockout = 5
        options.logsOperations = true
        return try await SlapdServer(options)
    }

    private func bind(_ person: FixturePerson, _ password: String, _ server: SlapdServer) async throws -> BindOutcome {
        let configuration = LDAPConfiguration(
            endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(server.ports.ldap)), transport: .allowPlaintext)
        return try await LDAPConnection(configuration).bind(dn: person.dn, password: Array(password.utf8))
    }

    @Test func `a hundred wrong tries, spelled in every way and made at once, leave the account unlocked`() async throws
    {
        let fixture = FixtureDirectory.edgeCases()
        let server = try await server(fixture)
        let bench = try await bench(server, fixture)
        let alice = try #require(fixture.person("alice"))
        let spellings = ["alice", "ALICE", "Alice", alice.mail, alice.mail.uppercased()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    // From as many places as there are tries, so that only the directory's own budget holds.
                    let outcome = try await bench.signIn(
                        spellings[number % spellings.count], SecretText("wrong \(number)"), provider: bench.upstream,
                        source: "192.0.2.\(number)")
                    #expect(outcome.completed == nil)
                }
            }
            try await group.waitForAll()
        }
        let binds = server.log.components(separatedBy: "BIND dn=\"uid=alice,").count - 1
        #expect(binds <= 3, "\(binds) binds")
        #expect(binds > 0)
        #expect(try await bind(alice, alice.password, server) == .accepted(.init()), "the directory let her in")
    }

    @Test func `a login that nobody has is counted and refused alike`() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let server = try await server(fixture)
        let bench = try await bench(server, fixture)
        func notices(_ logins: [String]) async throws -> [String] {
            var notices: [String] = []
            for login in logins {
                bench.advance(.seconds(10))
                let notice = try await bench.signIn(login, SecretText("wrong"), provider: bench.upstream).notice
                if case .throttled? = notice { notices.append("throttled") } else { notices.append("\(notice!)") }
            }
            return notices
        }
        let known = try await notices(["alice", "ALICE", "alice", "alice", "Alice"])
        #expect(known == (try await notices(["nobody", "NOBODY", "nobody", "nobody@example.org", "Nobody"])))
        #expect(known.suffix(2) == ["throttled", "throttled"])
        // Two who share a mail address are refused by it like nobody.
        let shared = "same.mail@example.org"
        #expect(try await notices([shared, shared, shared, shared, shared]) == known)
    }

    // The row is able to fail: without our budget five wrong tries lock her out.
    @Test func `the directory itself locks at five`() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let server = try await server(fixture)
        let alice = try #require(fixture.person("alice"))
        for _ in 0..<5 { #expect(try await bind(alice, "wrong", server) == .refused(.invalidCredentials)) }
        #expect(try await bind(alice, alice.password, server) == .refused(.accountLocked))
    }
}
