import Fixtures
import Testing

@testable import LDAP

/// Matrix row 32: the cause of a refusal is named.
@Suite(.timeLimit(.minutes(1))) struct TLSProbeTests {
    private func report(
        _ server: SlapdServer, _ trust: LDAPTrust, isStartTLS: Bool, host: String = "127.0.0.1"
    ) async throws -> TLSProbe.Report {
        let transport: LDAPTransport = isStartTLS ? .startTLS(trust) : .ldaps(trust)
        return try #require(await TLSProbe.examine(server.configuration(transport, host: host)))
    }

    @Test(arguments: [false, true])
    func aTrustedServerHasNoFlawAndItsPinIsTold(isStartTLS: Bool) async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.server(names: ["127.0.0.1"])
        let server = try await SlapdServer.edgeCases(certificates: certificate)
        let pin = try await authority.pin(of: certificate)
        let good = try await report(
            server, LDAPTrust(authoritiesFile: authority.authorityFile, pin: pin), isStartTLS: isStartTLS)
        #expect(good.flaws.isEmpty)
        #expect(good.pin == pin)
        #expect(good.notAfter?.hasSuffix("GMT") == true)
        let pinned = LDAPTrust(authoritiesFile: authority.authorityFile, pin: "sha256:AAAA")
        #expect(try await report(server, pinned, isStartTLS: isStartTLS).flaws == [.wrongPin(offered: pin)])
    }

    @Test(arguments: [false, true])
    func expiredEarlyMisnamedUnknownAndSelfSignedAreToldApart(isStartTLS: Bool) async throws {
        let authority = try await LocalCertificates()
        let stranger = try await LocalCertificates(name: "Somebody else")
        let trust = LDAPTrust(authoritiesFile: authority.authorityFile)
        let cases: [(ServerCertificate, [String])] = [
            (try await authority.server(names: ["127.0.0.1"], validity: .expired), ["certificate_expired"]),
            (try await authority.server(names: ["127.0.0.1"], validity: .notYetValid), ["certificate_not_yet_valid"]),
            (try await authority.server(names: ["other.example.org"]), ["certificate_wrong_name"]),
            (try await stranger.server(names: ["127.0.0.1"]), ["certificate_unknown_authority"]),
            (try await authority.selfSigned(names: ["127.0.0.1"]), ["certificate_self_signed"]),
            (
                try await stranger.server(names: ["other.example.org"], validity: .expired),
                ["certificate_unknown_authority", "certificate_expired", "certificate_wrong_name"]
            ),
        ]
        for (certificate, expected) in cases {
            let server = try await SlapdServer.edgeCases(certificates: certificate)
            let found = try await report(server, trust, isStartTLS: isStartTLS)
            #expect(found.flaws.map(\.code) == expected, "\(found.flaws)")
            server.stop()
        }
    }

    @Test func theNamesAndTheAuthorityAreNamed() async throws {
        let stranger = try await LocalCertificates(name: "Somebody else")
        let authority = try await LocalCertificates()
        let server = try await SlapdServer.edgeCases(
            certificates: try await stranger.server(names: ["a.example.org", "127.0.0.7"]))
        let found = try await report(server, LDAPTrust(authoritiesFile: authority.authorityFile), isStartTLS: false)
        #expect(found.flaws.contains(.wrongName(expected: "127.0.0.1", offered: ["a.example.org", "127.0.0.7"])))
        #expect("\(found.flaws)".contains("Somebody else"))
    }

    @Test func aServerThatHoldsStillOrIsGoneOrHasNoTLSIsSaidToBeSo() async throws {
        let authority = try await LocalCertificates()
        let trust = LDAPTrust(authoritiesFile: authority.authorityFile)
        let plain = try await SlapdServer.edgeCases()
        let refused = try await report(plain, trust, isStartTLS: true)
        #expect(refused.flaws.map(\.code) == ["start_tls_refused"], "\(refused.flaws)")
        func code(_ port: Int, _ transport: LDAPTransport) async -> [String]? {
            await TLSProbe.examine(
                LDAPConfiguration(
                    endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(port)), transport: transport,
                    connectTimeout: .milliseconds(500)))?.flaws.map(\.code)
        }
        // LDAPS at a port that speaks plain LDAP: the server hangs up on what is no LDAP.
        #expect(await code(plain.ports.ldap, .ldaps(trust)) == ["handshake_refused"])
        plain.pause()
        let start = ContinuousClock.now
        #expect(await code(plain.ports.ldap, .ldaps(trust)) == ["silent"])
        #expect(await code(plain.ports.ldap, .startTLS(trust)) == ["silent"])
        #expect(ContinuousClock.now - start < .seconds(4))
        plain.resume()
        let port = plain.ports.ldap
        plain.stop()
        #expect(await code(port, .ldaps(trust)) == ["unreachable"])
        #expect(await code(port, .allowPlaintext) == nil)
        let nowhere = LDAPTrust(authoritiesFile: "/nowhere.pem")
        #expect(await code(port, .ldaps(nowhere)) == ["authorities_unreadable"])
    }
}
