import BenchTable
import Fixtures
import Foundation
import Gateway
import LDAP
import Vocabulary

/// Logins of a directory's people, beside a bare loop of search and bind over as many kept connections.
struct DirectoryRun {
    let stage: LoginStage
    private let workers = 32

    func measure(_ table: BenchTable) async throws {
        // Everybody once: their first login makes the person, and the pools connect.
        for number in 0..<LoginStage.directoryCount { try await login(number) }
        let pairs = try await connect()
        var (bare, logins) = (0.0, 0.0)
        for _ in 0..<3 {
            bare += try await rate(workers: workers, seconds: 3) { worker, round in
                try await Self.searchAndBind(pairs[worker], number(worker, round))
            }
            logins += try await rate(workers: workers, seconds: 3) { worker, round in
                try await login(number(worker, round))
            }
        }
        say(String(format: "directory logins %.0f/s, bare search and bind %.0f/s", logins / 3, bare / 3))
        table.least("directory logins, of a bare search and bind", 100 * logins / bare, 50, "%")
    }

    /// No two workers ask about one account at a time.
    private func number(_ worker: Int, _ round: Int) -> Int { (worker + round * workers) % LoginStage.directoryCount }

    private func login(_ number: Int) async throws {
        _ = try await stage.login(
            "far\(number)", SecretText(LoginStage.directoryPassword(number)), at: stage.corporate)
    }

    private struct Pair: Sendable {
        let searcher: LDAPConnection
        let binder: LDAPConnection
        let base: String
    }

    private func connect() async throws -> [Pair] {
        guard let port = stage.directory.ports.ldaps else { throw BenchFailure("slapd has no TLS.") }
        let configuration = LDAPConfiguration(
            endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(port)),
            transport: .ldaps(LDAPTrust(authoritiesFile: stage.certificates.authorityFile)))
        var pairs: [Pair] = []
        for _ in 0..<workers {
            let pair = Pair(
                searcher: try LDAPConnection(configuration), binder: try LDAPConnection(configuration),
                base: "ou=people,\(stage.suffix)")
            _ = try await pair.searcher.bind(
                dn: stage.directory.serviceDN, password: Array(stage.directory.servicePassword.utf8))
            pairs.append(pair)
        }
        return pairs
    }

    private static func searchAndBind(_ pair: Pair, _ number: Int) async throws {
        let request = SearchRequest(
            base: pair.base, filter: "(uid=far\(number))", attributes: ["entryUUID", "uid", "cn", "mail"])
        guard let entry = try await pair.searcher.entries(request).first else { throw BenchFailure("Nobody found.") }
        let outcome = try await pair.binder.bind(
            dn: entry.dn, password: Array(LoginStage.directoryPassword(number).utf8))
        guard case .accepted = outcome else { throw BenchFailure("The bare bind was refused.") }
    }
}
