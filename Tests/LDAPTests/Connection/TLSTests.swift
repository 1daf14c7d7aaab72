import Fixtures
import Foundation
import Glibc
import Testing

@testable import LDAP

/// Matrix rows 32 and 34; row 33 is in SurroundingsTests.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TLSTests {
    private enum Way: CaseIterable, Sendable { case ldaps, startTLS }

    private func transport(_ way: Way, _ trust: LDAPTrust) -> LDAPTransport {
        switch way {
        case .ldaps: .ldaps(trust)
        case .startTLS: .startTLS(trust)
        }
    }

    private func bindError(
        _ server: SlapdServer, _ transport: LDAPTransport, host: String = "127.0.0.1"
    ) async -> LDAPError? {
        await ldapError {
            let connection = try LDAPConnection(server.configuration(transport, host: host))
            let outcome = try await connection.bind(
                dn: server.serviceDN, password: Array(server.servicePassword.utf8))
            #expect(outcome == .accepted(.init()))
        }
    }

    @Test func aKnownAuthorityIsBelievedAndAPinIsDemandedAsWell() async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.server(names: ["127.0.0.1"])
        let other = try await authority.server(names: ["127.0.0.1"])
        let server = try await SlapdServer.edgeCases(certificates: certificate)
        let right = LDAPTrust(authoritiesFile: authority.authorityFile, pin: try await authority.pin(of: certificate))
        let wrong = LDAPTrust(authoritiesFile: authority.authorityFile, pin: try await authority.pin(of: other))
        for way in Way.allCases {
            let plain = transport(way, LDAPTrust(authoritiesFile: authority.authorityFile))
            #expect(await bindError(server, plain) == nil)
            #expect(await bindError(server, transport(way, right)) == nil)
            #expect(await bindError(server, transport(way, wrong))?.isConnectionFailure == true)
        }
    }

    @Test func unknownExpiredAndMisnamedCertificatesAreRefusedEvenWhenTheSurroundingsSayOtherwise() async throws {
        let authority = try await LocalCertificates()
        let stranger = try await LocalCertificates(name: "Somebody else")
        let trust = LDAPTrust(authoritiesFile: authority.authorityFile)
        let certificates = [
            try await stranger.server(names: ["127.0.0.1"]),
            try await authority.server(names: ["127.0.0.1"], validity: .expired),
            try await authority.server(names: ["127.0.0.1"], validity: .notYetValid),
            try await authority.server(names: ["other.example.org"]),
            try await authority.selfSigned(names: ["127.0.0.1"]),
        ]
        for certificate in certificates {
            let server = try await SlapdServer.edgeCases(certificates: certificate)
            for way in Way.allCases {
                #expect(await bindError(server, transport(way, trust))?.isConnectionFailure == true)
            }
            // The server itself is well: only the certificate stood between.
            #expect(await bindError(server, .allowPlaintext) == nil)
        }
    }

    @Test func aMissingAuthoritiesFileIsRefusedBeforeAnythingIsSent() async throws {
        let server = try await SlapdServer.edgeCases()
        let error = await bindError(server, .startTLS(LDAPTrust(authoritiesFile: "/nowhere.pem")))
        guard case .unreachable? = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
    }

    // Row 34: a server without TLS refuses StartTLS, and nothing more is sent to it.
    @Test func aServerThatRefusesStartTLSNeverSeesThePassword() async throws {
        let authority = try await LocalCertificates()
        let server = try await SlapdServer.edgeCases(logs: true)
        let relay = try RecordingRelay(to: server.ports.ldap)
        let configuration = LDAPConfiguration(
            endpoint: LDAPEndpoint(host: "127.0.0.1", port: relay.port),
            transport: .startTLS(LDAPTrust(authoritiesFile: authority.authorityFile)))
        let error = await ldapError {
            _ = try await LDAPConnection(configuration).bind(
                dn: server.serviceDN, password: Array(server.servicePassword.utf8))
        }
        guard case .startTLSRefused? = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(!relay.recorded.isEmpty)
        #expect(relay.recorded.firstRange(of: Array(server.servicePassword.utf8)) == nil)
        #expect(relay.recorded.firstRange(of: Array(server.serviceDN.utf8)) == nil)
        #expect(!server.log.contains(" BIND "))
    }
}
