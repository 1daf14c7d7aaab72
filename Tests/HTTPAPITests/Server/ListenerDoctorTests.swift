import Fixtures
import Foundation
import Gateway
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("The doctor looks at the certificate that the gateway listens with", .timeLimit(.minutes(1)))
struct ListenerDoctorTests {
    private static func configuration(
        _ server: ServerCertificate, key: String? = nil, url: String = "https://gate.example.org", proxies: String = ""
    ) throws -> Configuration {
        let text = """
            version: 1
            server:
              listen: 127.0.0.1:8443
              public_url: \(url)
              tls: { certificate_file: "\(server.certificateFile)", key_file: "\(key ?? server.keyFile)" }
              trusted_proxies: [\(proxies)]
            storage: { directory: data }
            tenants: [{ slug: main }]
            """
        return try ConfigurationLoader.parse(text, file: "test", folder: "/nonexistent", environment: [:])
    }

    private static func findings(_ configuration: Configuration, now: Timestamp? = nil) -> [Doctor.Finding] {
        ListenerDoctor(configuration, now: now ?? SystemClock.now()).examine()
    }

    private static func faults(_ configuration: Configuration, now: Timestamp? = nil) -> [String] {
        findings(configuration, now: now).filter { !$0.isGood }.map(\.detail)
    }

    @Test func aPairThatIsWellIsSaidToBe() async throws {
        let authority = try await LocalCertificates()
        for names in [["gate.example.org"], ["*.example.org"], ["other.example", "GATE.example.org"]] {
            let found = Self.findings(try Self.configuration(try await authority.server(names: names)))
            #expect(found.count == 3 && found.allSatisfy(\.isGood), "\(found.map(\.detail))")
            #expect(found[1].detail.contains("for 28 days") && found[2].detail.contains("gate.example.org"))
        }
        let address = try await authority.server(names: ["127.0.0.1"])
        #expect(Self.faults(try Self.configuration(address, url: "https://127.0.0.1:8443")).isEmpty)
    }

    @Test func whatHasExpiredOrIsAboutToSaysWhenAndWhatToDo() async throws {
        let authority = try await LocalCertificates()
        let names = ["gate.example.org"]
        let expired = try await authority.server(names: names, validity: .expired)
        let past = Self.faults(try Self.configuration(expired))
        #expect(past.count == 1 && past[0].contains("has expired: it was good until") && past[0].contains("Renew it"))
        let future = Self.faults(
            try Self.configuration(try await authority.server(names: names, validity: .notYetValid)))
        #expect(future.count == 1 && future[0].contains("is not good before"))
        // A fortnight is enough, a day less is not.
        let current = try Self.configuration(try await authority.server(names: names))
        let now = SystemClock.now()
        #expect(Self.faults(current, now: now + .days(14)).isEmpty)
        let soon = Self.faults(current, now: now + .days(16))
        #expect(soon.count == 1 && soon[0].contains("expires in 12 days"), "\(soon)")
    }

    @Test func aKeyOfAnotherCertificateIsNamed() async throws {
        let authority = try await LocalCertificates()
        let mine = try await authority.server(names: ["gate.example.org"])
        let other = try await authority.server(names: ["gate.example.org"])
        let found = Self.faults(try Self.configuration(mine, key: other.keyFile))
        #expect(found.count == 1 && found[0].contains("is not the key of its certificate"), "\(found)")
        #expect(found[0].contains(other.keyFile) && found[0].contains(mine.certificateFile))
        let gone = Self.faults(try Self.configuration(mine, key: "/nonexistent/key.pem"))
        #expect(gone.count == 1 && gone[0].contains("/nonexistent/key.pem cannot be read"))
        let none = ServerCertificate(certificateFile: "/nonexistent/cert.pem", keyFile: mine.keyFile)
        #expect(
            Self.faults(try Self.configuration(none)).first?.contains("/nonexistent/cert.pem cannot be read") == true)
    }

    @Test func anotherNameIsAFaultUnlessAProxyStandsBefore() async throws {
        let authority = try await LocalCertificates()
        let server = try await authority.server(names: ["other.example.org", "10.0.0.1"])
        let found = Self.faults(try Self.configuration(server))
        #expect(found.count == 1 && found[0].contains("is not for gate.example.org"), "\(found)")
        #expect(found[0].contains("other.example.org, 10.0.0.1") && found[0].contains("public_url"))
        let behind = Self.findings(try Self.configuration(server, proxies: "127.0.0.1"))
        #expect(behind.allSatisfy(\.isGood) && behind[2].detail.contains("trusted proxy"))
    }

    @Test func aWildcardStandsForOneLabel() {
        #expect(CertificateNames.matches("gate.example.org", "*.example.org"))
        for (host, name) in [
            ("example.org", "*.example.org"), ("a.b.example.org", "*.example.org"), (".example.org", "*.example.org"),
            ("gate.example.org", "g*.example.org"), ("gate.example.org", "*"), ("gate.example.org", "example.org"),
        ] {
            #expect(!CertificateNames.matches(host, name), "\(host) by \(name)")
        }
    }

    @Test func withoutTLSThereIsNothingToSay() throws {
        let text = """
            version: 1
            server: { listen: "127.0.0.1:8443", public_url: "https://gate.example.org", trusted_proxies: [127.0.0.1] }
            storage: { directory: data }
            tenants: [{ slug: main }]
            """
        let configuration = try ConfigurationLoader.parse(
            text, file: "test", folder: "/nonexistent", environment: [:])
        #expect(Self.findings(configuration).isEmpty)
    }
}
