import Fixtures
import Identity
import LDAP
import Testing
import Vocabulary

@testable import Providers

/// Matrix row 32: whoever looks after a directory is told what is wrong with its certificate.
@Suite("A directory whose TLS is refused", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(1)))
struct DirectoryTLSTests {
    private struct Stage {
        let server: SlapdServer
        let settings: LDAPDirectorySettings
        let log = RecordedLog()
        let authority: LocalCertificates

        func directory() throws -> LDAPDirectory {
            try LDAPDirectory(settings, logger: log.logger) { DirectoryBench.now }
        }
    }

    private func stage(
        _ protection: LDAPDirectorySettings.Server.Protection,
        _ make: (LocalCertificates) async throws -> ServerCertificate
    ) async throws -> Stage {
        let authority = try await LocalCertificates()
        let fixture = FixtureDirectory.edgeCases()
        let certificate = try await make(authority)
        let server = try await SlapdServer(ldif: fixture.ldif, suffix: fixture.suffix, certificates: certificate)
        let port = protection == .ldaps ? try #require(server.ports.ldaps) : server.ports.ldap
        let settings = LDAPDirectorySettings(
            provider: DirectoryBench.provider, tenant: DirectoryBench.tenant,
            servers: [.init(host: "127.0.0.1", port: UInt16(port), protection: protection)],
            authoritiesFile: authority.authorityFile,
            service: .init(dn: server.serviceDN, password: SecretText(server.servicePassword)),
            people: .init(base: fixture.peopleBase))
        return Stage(server: server, settings: settings, authority: authority)
    }

    @Test("A login, a job and a check work over both kinds of TLS", arguments: [true, false])
    func works(isLDAPS: Bool) async throws {
        let stage = try await stage(isLDAPS ? .ldaps : .startTLS) { try await $0.server(names: ["127.0.0.1"]) }
        let directory = try stage.directory()
        let outcome = await directory.authenticate(login: "alice", password: SecretText("the password of alice"))
        guard case .verified = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let people = try await directory.snapshot().people.count
        #expect(people == FixtureDirectory.edgeCases().people.count)
        let checks = await directory.probe()
        #expect(checks.map(\.step) == [.tls, .connection, .serviceBind, .people])
        #expect(checks.map(\.isGood) == [true, true, true, true])
        #expect(stage.log.text.isEmpty)
    }

    @Test("A job's failure, the check and the log name the flaw and its cure", arguments: [true, false])
    func expired(isLDAPS: Bool) async throws {
        let stage = try await stage(isLDAPS ? .ldaps : .startTLS) {
            try await $0.server(names: ["127.0.0.1"], validity: .expired)
        }
        let directory = try stage.directory()
        do {
            _ = try await directory.snapshot()
            Issue.record("An expired certificate was believed.")
        } catch let fault as Fault {
            #expect(fault.code == "directory.untrusted")
            #expect("\(fault)".contains("has expired"))
            #expect("\(fault)".contains("Renew"))
        }
        let checks = await directory.probe()
        #expect(checks.map(\.step) == [.tls])
        #expect(checks.map(\.isGood) == [false])
        #expect(checks[0].detail.contains("has expired"))
        #expect(checks[0].cure?.contains("Renew") == true)

        for _ in 0..<3 {
            let outcome = await directory.authenticate(login: "alice", password: SecretText("the password of alice"))
            guard case .unavailable = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
        for _ in 0..<200 where !stage.log.text.contains("certificate_expired") {
            try await Task.sleep(for: .milliseconds(10))
        }
        let lines = stage.log.text.split(separator: "\n").filter { $0.contains("certificate_expired") }
        #expect(lines.count == 1, "once a minute, not at every login: \(stage.log.text)")
        #expect(!stage.log.text.contains("the password of alice"))
        #expect(!stage.log.text.contains(stage.server.servicePassword))
    }

    @Test("An unknown authority and a wrong name are told at once where both are wrong")
    func several() async throws {
        let stranger = try await LocalCertificates(name: "Somebody else")
        let stage = try await stage(.ldaps) { _ in try await stranger.server(names: ["other.example.org"]) }
        let checks = await (try stage.directory()).probe()
        #expect(checks.map(\.step) == [.tls, .tls])
        #expect(checks[0].detail.contains("unknown CA"))
        #expect(checks[1].detail.contains("wrong name"))
        #expect(checks[1].detail.contains("other.example.org"))
    }

    @Test("A server that is merely away is unreachable, not untrusted")
    func away() async throws {
        let stage = try await stage(.ldaps) { try await $0.server(names: ["127.0.0.1"]) }
        let directory = try stage.directory()
        stage.server.stop()
        await #expect(throws: Fault("directory.unreachable", .peer, "")) { try await directory.snapshot() }
        #expect(await directory.probe().map(\.step) == [.tls])
    }
}
