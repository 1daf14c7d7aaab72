import Fixtures
import Foundation
import Gateway
import Testing
import Vocabulary

/// A directory server whose people leave by name, and the provider of a configuration that reads it. Its guard lets no
/// removal through by itself: whoever leaves holds the next run.
final class WatchedDirectory: Sendable {
    static let provider = "corp"

    let fixture = FixtureDirectory.edgeCases()
    let server: SlapdServer
    private let authority: LocalCertificates

    init() async throws {
        authority = try await LocalCertificates(name: "Directory authority")
        server = try await SlapdServer(
            ldif: fixture.ldif, suffix: fixture.suffix,
            certificates: try await authority.server(names: ["127.0.0.1", "localhost"]))
    }

    static let strictGuard = "sync: { guard: { removals_count: 0, removals_percent: 0% } }"

    /// The provider as one line of `providers`, its job and its logins as `settings` say; `attributes` that people have
    /// beside name and mail.
    func provider(passwordFile: String, settings: String = strictGuard, attributes: String? = nil) -> String {
        """
        { id: \(Self.provider), type: ldap, name: Works, domains: [corp.example], \
        servers: ["\(server.ldapsURL ?? "")"], tls: { ca_file: "\(authority.authorityFile)" }, \
        bind_dn: "\(server.serviceDN)", bind_password_file: "\(passwordFile)", \
        people: { base: "\(fixture.peopleBase)", attributes: { display_name: cn, mail: mail\(attributes.map { ", " + $0 } ?? "") } }, \
        groups: { base: "\(fixture.groupsBase)" }, \
        \(settings) }
        """
    }

    /// Keeps the service's password where only its owner reads it.
    func keepPassword(in file: String) throws {
        try server.servicePassword.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
    }

    /// A gateway in this process that knows this directory and its own passwords.
    func gateway(
        extra: String = "", settings: String = strictGuard, attributes: String? = nil,
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> TestGateway {
        return try await TestGateway.open(
            extra: """
                providers:
                  - { id: local, type: local, name: Password }
                  - \(provider(passwordFile: "directory.password", settings: settings, attributes: attributes))
                \(extra)
                """, files: ["directory.password": server.servicePassword], clock: clock)
    }

    /// An installation that knows this directory beside its own passwords.
    func installed(extra: String = "") async throws -> Installed {
        let line = provider(passwordFile: "directory.password")
        let installed = try await Installed {
            $0.replacingOccurrences(of: "providers:\n", with: "providers:\n  - \(line)\n") + extra
        }
        try keepPassword(in: installed.folder + "/conf/directory.password")
        return installed
    }

    /// What the first login page is sent for somebody of this directory: it has no domain of theirs to go by.
    static func identifier(_ login: String, on page: String) throws -> [String: String] {
        let choice = page.firstMatch(of: /name="provider" value="([^"]+)"[^>]*><span>Works/)
        return ["identifier": login, "provider": String(try #require(choice, "\(page.suffix(900))").output.1)]
    }

    /// Takes people out of the directory.
    func remove(_ logins: String...) async throws {
        let names = try logins.map { try #require(fixture.person($0)).dn }
        let outcome = try await GatehouseProgram.run(
            "/usr/bin/ldapdelete",
            ["-x", "-H", server.ldapURL, "-D", server.rootDN, "-w", server.rootPassword] + names, environment: [:])
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    /// Stops the server whatever came of the body.
    static func serving(_ body: (WatchedDirectory) async throws -> Void) async throws {
        let directory = try await WatchedDirectory()
        defer { directory.server.stop() }
        try await body(directory)
    }
}
