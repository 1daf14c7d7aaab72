import BenchTable
import Fixtures
import Foundation
import Gateway
import LDAP
import Logging
import Providers
import Vocabulary

/// Logins of a directory's people, beside a bare loop of search and bind over as many kept connections; and between the
/// two what the provider does of a login, without flow, journal and session.
struct DirectoryRun {
    let stage: LoginStage
    private let workers = 32

    func measure(_ table: BenchTable) async throws {
        try await warmUp()
        let (pairs, provider) = (try await connect(), try directory())
        var turns = Turns(workers: workers, directory: stage.directory)
        for _ in 0..<3 {
            try await turns.turn(
                seconds: 3,
                [
                    ("bare search and bind", { try await Self.searchAndBind(pairs[$0], number($0, $1)) }),
                    ("search, bind and groups through the pools", { try await authenticate(number($0, $1), provider) }),
                    ("directory logins", { try await login(number($0, $1)) }),
                ])
        }
        let names = ["bare search and bind", "search, bind and groups through the pools", "directory logins"]
        for name in names { say(turns.line(name)) }
        let (bare, pooled, logins) = (turns.perSecond(names[0]), turns.perSecond(names[1]), turns.perSecond(names[2]))
        say(
            String(
                format: "search, bind and groups through the pools: %.1f %% of a bare search and bind",
                100 * pooled / bare))
        table.least("directory logins, of a bare search and bind", 100 * logins / bare, 50, "%")
    }

    /// Logins alone, for a profiler: nothing of the other loops in the picture.
    func loginsAlone() async throws {
        try await warmUp()
        var turns = Turns(workers: workers, directory: stage.directory)
        try await turns.turn(seconds: 10, [("directory logins", { try await login(number($0, $1)) })])
        say(turns.line("directory logins"))
    }

    /// Everybody once: their first login makes the person, and the pools connect.
    private func warmUp() async throws {
        for number in 0..<LoginStage.directoryCount { try await login(number) }
    }

    /// No two workers ask about one account at a time.
    private func number(_ worker: Int, _ round: Int) -> Int { (worker + round * workers) % LoginStage.directoryCount }

    private func login(_ number: Int) async throws {
        _ = try await stage.login(
            "far\(number)", SecretText(LoginStage.directoryPassword(number)), at: stage.corporate)
    }

    // MARK: The provider alone

    private func directory() throws -> LDAPDirectory {
        guard let port = stage.directory.ports.ldaps else { throw BenchFailure("slapd has no TLS.") }
        return try LDAPDirectory(
            LDAPDirectorySettings(
                provider: stage.corporate, tenant: stage.tenant,
                servers: [.init(host: "127.0.0.1", port: UInt16(port), protection: .ldaps)],
                authoritiesFile: stage.certificates.authorityFile,
                service: .init(
                    dn: stage.directory.serviceDN, password: SecretText(stage.directory.servicePassword)),
                people: .init(base: "ou=people,\(stage.suffix)", attributes: ["displayName": "cn", "mail": "mail"]),
                groups: .init(base: "ou=groups,\(stage.suffix)")),
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { Timestamp(seconds: Int64(Date.now.timeIntervalSince1970)) }
    }

    private func authenticate(_ number: Int, _ directory: LDAPDirectory) async throws {
        let admission = BindAdmission(
            admit: { _ in nil }, takePrepared: { _ in true }, withdraw: { _ in }, accepted: { _ in })
        let outcome = await directory.authenticate(
            login: "far\(number)", password: SecretText(LoginStage.directoryPassword(number)), admission: admission)
        guard case .verified = outcome else { throw BenchFailure("The provider refused: \(outcome)") }
    }

    // MARK: The bare loop

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
