import Fixtures
import Foundation
import LDAP
import Testing
import Vocabulary

@testable import Providers

@Suite("How long a directory login takes", .enabled(if: SlapdServer.isInstalled), .serialized)
struct LDAPLoginRateTests {
    private static let count = 300

    // A login that waits for a timer or for a delayed acknowledgement costs 10 to 40 ms, whatever the machine.
    @Test("A login over kept connections waits for nothing but answers, beside a bare search and bind")
    func rate() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let alice = try #require(bench.fixture.person("alice"))
        let first = try await ContinuousClock().measure {
            guard case .verified = await directory.authenticate(login: "alice", password: SecretText(alice.password))
            else { throw Fault("test", .ourselves, "refused") }
        }
        let bare = try await bare(bench, alice)
        var slowest = Duration.zero
        let logins = await ContinuousClock().measure {
            for _ in 0..<Self.count {
                let one = await ContinuousClock().measure {
                    _ = await directory.authenticate(login: "alice", password: SecretText(alice.password))
                }
                slowest = max(slowest, one)
            }
        }
        let (login, loop) = (logins / Self.count, bare / Self.count)
        print("directory login: first \(first), then \(login), slowest \(slowest); bare search and bind \(loop)")
        #expect(login < .milliseconds(8))
    }

    private func bare(_ bench: DirectoryBench, _ person: FixturePerson) async throws -> Duration {
        let configuration = bench.settings().connections[0]
        let (searcher, binder) = (try LDAPConnection(configuration), try LDAPConnection(configuration))
        _ = try await searcher.bind(dn: bench.server.serviceDN, password: Array(bench.server.servicePassword.utf8))
        let request = SearchRequest(
            base: bench.fixture.peopleBase, filter: "(uid=\(person.login))", attributes: ["entryUUID", "cn", "mail"])
        return try await ContinuousClock().measure {
            for _ in 0..<Self.count {
                let entry = try #require(try await searcher.entries(request).first)
                let outcome = try await binder.bind(dn: entry.dn, password: Array(person.password.utf8))
                guard case .accepted = outcome else { throw Fault("test", .ourselves, "refused") }
            }
        }
    }
}
