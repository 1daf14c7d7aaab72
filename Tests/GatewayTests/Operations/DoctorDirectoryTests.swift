import Fixtures
import Foundation
import Logging
import Testing

@testable import Gateway

/// `gatehouse doctor` names what is wrong with a directory, and its cure.
@Suite(.enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(1))) struct DoctorDirectoryTests {
    private func findings(
        _ server: SlapdServer, _ authority: LocalCertificates, password: String
    ) async throws -> [Doctor.Finding] {
        let folder = NSTemporaryDirectory() + "doctor-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in [("bind.password", password), ("master.key", String(repeating: "ab", count: 32))] {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: "\(folder)/\(name)")
        }
        let text = """
            version: 1
            server: { listen: 127.0.0.1:8443, public_url: https://gate.example.org }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main, name: Main }]
            providers:
              - id: works
                type: ldap
                servers: ["ldaps://127.0.0.1:\(server.ports.ldaps ?? 0)"]
                tls: { ca_file: "\(authority.authorityFile)" }
                bind_dn: "\(server.serviceDN)"
                bind_password_file: bind.password
                people: { base: "ou=people,\(server.suffix)" }
            """
        let configuration = try ConfigurationLoader.parse(text, file: "f.yaml", folder: folder, environment: [:])
        let logger = Logger(label: "doctor", factory: { _ in SwiftLogNoOpLogHandler() })
        return await Doctor(configuration, logger: logger).examine().filter { $0.subject == "provider works" }
    }

    private func server(
        _ authority: LocalCertificates, _ names: [String], _ validity: LocalCertificates.Validity = .current
    ) async throws -> SlapdServer {
        let fixture = FixtureDirectory.edgeCases()
        return try await SlapdServer(
            ldif: fixture.ldif, suffix: fixture.suffix,
            certificates: try await authority.server(names: names, validity: validity))
    }

    @Test func `a directory that is well has no bad finding`() async throws {
        let authority = try await LocalCertificates()
        let server = try await server(authority, ["127.0.0.1"])
        let found = try await findings(server, authority, password: server.servicePassword)
        #expect(found.count == 4)
        #expect(found.filter { !$0.isGood }.map(\.detail) == [])
        #expect(found[0].detail.contains("trusted, good until"))
    }

    @Test func `expired, wrong name, unknown authority and a refused account are named with their cure`() async throws {
        let authority = try await LocalCertificates()
        let stranger = try await LocalCertificates(name: "Somebody else")
        let cases: [(SlapdServer, [String])] = [
            (try await server(authority, ["127.0.0.1"], .expired), ["has expired", "Renew"]),
            (try await server(authority, ["other.example.org"]), ["wrong name", "other.example.org", "Connect by"]),
            (try await server(stranger, ["127.0.0.1"]), ["unknown CA", "Somebody else", "CA file"]),
        ]
        for (server, words) in cases {
            let bad = try await findings(server, authority, password: server.servicePassword).filter { !$0.isGood }
            #expect(bad.count == 1)
            for word in words { #expect(bad.first?.detail.contains(word) == true, "\(bad.map(\.detail))") }
            server.stop()
        }
        let well = try await server(authority, ["127.0.0.1"])
        let bad = try await findings(well, authority, password: "not this").filter { !$0.isGood }
        #expect(bad.map(\.detail).count == 1)
        #expect(bad.first?.detail.contains("invalid_credentials") == true)
        #expect(bad.first?.detail.contains("bind_password_file") == true)
    }
}
