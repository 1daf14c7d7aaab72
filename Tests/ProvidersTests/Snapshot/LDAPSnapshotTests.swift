import Fixtures
import Identity
import LDAP
import Logging
import Testing
import Vocabulary

@testable import Providers

@Suite("Snapshots of a real slapd", .enabled(if: SlapdServer.isInstalled))
struct LDAPSnapshotTests {
    /// Group names to the logins of everybody in them, nesting resolved.
    private func everyone(_ snapshot: DirectorySnapshot) -> [String: Set<String>] {
        let graph = MembershipGraph(
            groupCount: snapshot.groups.count, personCount: snapshot.people.count, nestings: snapshot.nestings,
            memberships: snapshot.memberships)
        var result = Dictionary(uniqueKeysWithValues: snapshot.groups.map { ($0.name, Set<String>()) })
        for (index, person) in snapshot.people.enumerated() {
            for group in graph.groups(ofPerson: Int32(index)) {
                result[snapshot.groups[Int(group)].name]!.insert(person.login)
            }
        }
        return result
    }

    @Test("People, groups and effective members are those of the written truth")
    func truth() async throws {
        let bench = try await DirectoryBench()
        let snapshot = try await bench.directory().snapshot()
        #expect(Set(snapshot.people.map(\.key)) == Set(bench.fixture.people.map(\.key)))
        #expect(Set(snapshot.people.map(\.login)) == Set(bench.fixture.people.map(\.login)))
        #expect(snapshot.people.filter(\.isDisabled).map(\.login) == ["locked"])
        let named = bench.fixture.groups.filter { !$0.isPosix }
        #expect(everyone(snapshot) == Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.everyone) }))
        let dangling = snapshot.dangling.map { "\(snapshot.groups[Int($0.group)].name) \($0.count)" }
        #expect(dangling == ["dangling 1"])
        #expect(snapshot.people.first { $0.login == "zoë" }?.attributes == ["nick": "zoë"])
    }

    @Test("Groups of logins resolve by login")
    func logins() async throws {
        let bench = try await DirectoryBench()
        let snapshot = try await bench.directory(bench.settings(members: .memberUid)).snapshot()
        #expect(everyone(snapshot) == ["posix-mixed": ["frank"], "posix-empty": []])
        #expect(snapshot.dangling.map(\.count) == [1])
    }

    @Test("A refused service account, a base that is not there and a server that is gone throw")
    func failures() async throws {
        let bench = try await DirectoryBench()
        await #expect(throws: Fault("directory.service_refused", .ourselves, "")) {
            try await bench.directory(bench.settings(password: "not this")).snapshot()
        }
        var settings = bench.settings()
        settings.groups?.base = "ou=nowhere,\(bench.fixture.suffix)"
        await #expect(throws: Fault("directory.failed", .peer, "")) { try await bench.directory(settings).snapshot() }
        let directory = try bench.directory()
        _ = try await directory.snapshot()
        bench.server.stop()
        await #expect(throws: Fault("directory.unreachable", .peer, "")) { try await directory.snapshot() }
    }

    @Test("A check tells what works and what does not")
    func probe() async throws {
        let bench = try await DirectoryBench()
        let good = try await bench.directory().probe()
        #expect(good.map(\.step) == [.connection, .serviceBind, .people, .groups])
        #expect(!good.map(\.isGood).contains(false))
        #expect(good[2].detail == "\(bench.fixture.people.count) entries")
        let refused = try await bench.directory(bench.settings(password: "not this")).probe()
        #expect(refused.map(\.isGood) == [true, false])
        #expect(refused.last?.detail == "invalid_credentials")
        bench.server.stop()
        let gone = try await bench.directory().probe()
        #expect(gone.map(\.isGood) == [false])
    }
}

@Suite("What an entry says")
struct EntryTests {
    private func entry(_ values: [String: [[UInt8]]]) -> LDAPEntry { LDAPEntry(dn: "cn=x", attributes: values) }

    @Test(
        "Accounts are refused for state, and only for state",
        arguments: [
            ("userAccountControl", "514", DirectoryRefusal.accountDisabled), ("userAccountControl", "512", nil),
            ("accountExpires", "0", nil), ("accountExpires", "9223372036854775807", nil),
            ("accountExpires", "132000000000000000", .accountExpired), ("accountExpires", "900000000000000000", nil),
            ("nsAccountLock", "TRUE", .accountDisabled), ("nsAccountLock", "false", nil),
            ("pwdAccountLockedTime", "000001010000Z", .accountLocked), ("pwdAccountLockedTime", "20260101000000Z", nil),
        ])
    func state(name: String, value: String, expected: DirectoryRefusal?) {
        #expect(AccountState.refusal(entry([name: [Array(value.utf8)]]), now: DirectoryBench.now) == expected)
    }

    @Test("A primary group is found by its number in the person's domain, and a malformed SID finds none")
    func primaryGroup() {
        func sid(_ last: UInt8) -> [UInt8] { [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, last, 2, 0, 0] }
        var groups = PrimaryGroups()
        groups.add(group: 3, entry(["objectSid": [sid(1)]]))
        groups.add(person: 7, entry(["objectSid": [sid(9)], "primaryGroupID": [Array("513".utf8)]]))
        groups.add(person: 8, entry(["objectSid": [sid(9)], "primaryGroupID": [Array("514".utf8)]]))
        groups.add(person: 9, entry(["objectSid": [[1, 2, 3]], "primaryGroupID": [Array("513".utf8)]]))
        #expect(groups.memberships == [IndexPair(group: 3, member: 7)])
    }

    @Test("Filters of many names stay within number and length")
    func batches() {
        let names = (0..<95).map { "uid=\($0),dc=x" }
        #expect(GroupWalk.batches(names).map(\.count) == [40, 40, 15])
        let long = (0..<3).map { "\($0)" + String(repeating: "a", count: 3_000) }
        #expect(GroupWalk.batches(long).map(\.count) == [1, 1, 1])
        #expect(GroupWalk.batches([]).isEmpty)
    }

    @Test("Settings that cannot mean anything are refused")
    func settings() {
        let server = LDAPDirectorySettings.Server(host: "h", port: 636, protection: .ldaps)
        func make(_ change: (inout LDAPDirectorySettings) -> Void) -> (any Error)? {
            var settings = LDAPDirectorySettings(
                provider: DirectoryBench.provider, tenant: DirectoryBench.tenant, servers: [server],
                people: .init(base: "ou=people,dc=x"))
            change(&settings)
            do {
                _ = try LDAPDirectory(settings, logger: .init(label: "x")) { DirectoryBench.now }
                return nil
            } catch { return error }
        }
        #expect(make { _ in } == nil)
        #expect(make { $0.servers = [] } != nil)
        #expect(make { $0.people.filter = "(uid=*" } != nil)
        #expect(make { $0.people.base = "nonsense" } != nil)
        #expect(make { $0.people.loginAttribute = "uid)(x" } != nil)
        #expect(make { $0.login = .direct(template: "{login}@example.org") } == nil)
        #expect(make { $0.login = .direct(template: "{login}") } == nil)
        #expect(make { $0.login = .direct(template: "example.org") } != nil)
        #expect(make { $0.login = .direct(template: "{uid}@example.org") } != nil)
        #expect(make { $0.login = .direct(template: "uid={login},ou=a,{login}") } != nil)
        #expect(make { $0.login = .search(filter: "(uid={localpart})") } == nil)
        #expect(make { $0.login = .search(filter: "({login}=*)") } != nil)
    }
}
