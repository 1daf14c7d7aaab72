import Fixtures
import Foundation
import Identity
import Logging
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A directory job from a real slapd", .enabled(if: SlapdServer.isInstalled), .serialized)
struct SlapdSyncTests {
    private func source(
        _ server: SlapdServer, _ bench: SyncBench, people: String, groups: String, password: String? = nil,
        pageSize: Int = 7
    ) throws -> LDAPDirectory {
        try LDAPDirectory(
            LDAPDirectorySettings(
                provider: bench.provider, tenant: bench.tenant,
                servers: [.init(host: "127.0.0.1", port: UInt16(server.ports.ldap), protection: .plaintext)],
                operationTimeout: .seconds(20),
                service: .init(dn: server.serviceDN, password: SecretText(password ?? server.servicePassword)),
                people: .init(base: people, attributes: ["mail": "mail", "display_name": "cn"]),
                groups: .init(base: groups), pageSize: pageSize),
            logger: Logger(label: "directory", factory: { _ in SwiftLogNoOpLogHandler() }), clock: bench.clock)
    }

    // S4-08.
    @Test("Everybody of the edge cases has the groups of the written truth; the second run writes nothing")
    func edgeCases() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let server = try await SlapdServer(ldif: fixture.ldif, suffix: fixture.suffix)
        defer { server.stop() }
        let bench = try await SyncBench()
        let directory = try source(server, bench, people: fixture.peopleBase, groups: fixture.groupsBase)
        let report = try await bench.service.run(bench.target(directory), trigger: "manual", by: bench.administrator)
        #expect(report.counts.skipped == 0)
        let named = Set(fixture.groups.filter { !$0.isPosix }.map(\.name))
        for person in fixture.people {
            #expect(try await bench.groups(person.login) == person.groups.intersection(named), "\(person.login)")
        }
        #expect(Set(report.plan.conflicts.map(\.kind)) == [.duplicateMail])
        let dangling = report.plan.warnings.filter { $0.kind == .danglingMembers }
        #expect(dangling.map(\.count) == [1])
        let cyclic = report.plan.warnings.filter { $0.kind == .nestingCycle }
        #expect(cyclic.count == 4)
        #expect(try await bench.person("locked")?.isActive == false)
        let again = try await bench.service.run(bench.target(directory), trigger: "manual", by: bench.administrator)
        #expect(again.plan.isEmpty)
    }

    @Test("A wrong service password changes nothing and is told")
    func wrongPassword() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let server = try await SlapdServer(ldif: fixture.ldif, suffix: fixture.suffix)
        defer { server.stop() }
        let bench = try await SyncBench()
        let right = try source(server, bench, people: fixture.peopleBase, groups: fixture.groupsBase)
        _ = try await bench.service.run(bench.target(right), trigger: "manual", by: bench.administrator)
        let wrong = try source(
            server, bench, people: fixture.peopleBase, groups: fixture.groupsBase, password: "not this")
        await #expect(throws: Fault("directory.service_refused", .ourselves, "")) {
            try await bench.service.run(bench.target(wrong), trigger: "manual", by: bench.administrator)
        }
        #expect(try await bench.person("alice")?.isActive == true)
        #expect(try await bench.groups("alice") == ["cycle-a", "cycle-b", "cycle-c"])
    }

    /// Prints what the bars of a large directory ask for; in a debug build the times say little.
    @Test(
        "A large directory comes in whole, and logins hardly wait meanwhile",
        .enabled(if: ProcessInfo.processInfo.environment["TEST_LARGE"] == "1"))
    func large() async throws {
        let people = ProcessInfo.processInfo.environment["TEST_LARGE_PEOPLE"].flatMap { Int($0) } ?? 100_000
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID().uuidString).ldif")
        defer { try? FileManager.default.removeItem(at: file) }
        let truth = try FixtureDirectory.large(people: people, groups: max(10, people / 50), to: file)
        let server = try await SlapdServer(ldif: file, suffix: truth.suffix)
        defer { server.stop() }
        let bench = try await SyncBench()
        let directory = try source(server, bench, people: truth.peopleBase, groups: truth.groupsBase, pageSize: 1_000)
        let waits = Task { await Self.loginWaits(bench) }
        let clock = ContinuousClock()
        let fetch = try await clock.measure { _ = try await directory.snapshot() }
        let first = try await clock.measure {
            let report = try await bench.service.run(
                bench.target(directory), trigger: "manual", by: bench.administrator)
            #expect(report.counts.people == ["add": people])
            #expect(report.counts.membershipsGained + report.counts.nestingsGained == truth.memberships)
        }
        waits.cancel()
        let sorted = await waits.value.sorted()
        let p99 = try #require(sorted.isEmpty ? nil : sorted[sorted.count * 99 / 100])
        let second = try await clock.measure {
            let report = try await bench.service.run(
                bench.target(directory), trigger: "manual", by: bench.administrator)
            #expect(report.plan.isEmpty)
        }
        for person in [0, people / 2, people - 1] {
            let groups = try await bench.groups(truth.login(person))
            #expect(groups == Set(truth.effectiveGroups(person).map { truth.groupName($0) }))
        }
        print(
            "sync of \(people): fetch \(fetch), first \(first), unchanged \(second),",
            "login wait p99 \(p99) of \(sorted.count), peak resident \(Self.peakKiB() / 1_024) MiB")
        #expect(p99 <= .milliseconds(50))
    }

    /// How long a write in the lane of logins takes, every few milliseconds, until cancelled.
    private static func loginWaits(_ bench: SyncBench) async -> [Duration] {
        let clock = ContinuousClock()
        var waits: [Duration] = []
        while !Task.isCancelled {
            let start = clock.now
            do {
                try await bench.store.write(.login) { tx in
                    _ = try tx.sql.execute("DELETE FROM login_flow WHERE id = ?1", [.blob([0])])
                }
                waits.append(clock.now - start)
            } catch {
                Issue.record("A login could not be written: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return waits
    }

    private static func peakKiB() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}
