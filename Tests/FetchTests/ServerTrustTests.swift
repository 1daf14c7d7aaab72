import Fetch
import Foundation
import Testing
import Vocabulary

@testable import Fixtures

/// Real handshakes with a real server: only a current certificate of a trusted authority for the very name is spoken to.
@Suite("Which servers are spoken to over TLS") struct ServerTrustTests {
    /// `openssl s_server`, which answers every GET with a page about the connection. Started by `ChildProcess`, because
    /// what Foundation starts from a thread of a pool inherits its signal mask and never hears that it should end.
    private final class Server {
        let port: Int
        private let process: ChildProcess

        init(_ certificate: ServerCertificate, _ more: [String] = []) async throws {
            port = try LoopbackPort.free()
            process = try ChildProcess(
                [LocalCertificates.openssl, "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-quiet"]
                    + ["-cert", certificate.certificateFile, "-key", certificate.keyFile] + more,
                atParentsEnd: .kill)
            while !LoopbackPort.accepts(port) {
                guard process.isRunning else { throw NoListener() }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private func fetch(
        _ server: Server, trusting authority: String?, name: String = "api.test", keys: [[UInt8]] = [],
        by fetcher: HTTPFetcher? = nil
    ) async throws -> String {
        let fetcher = try fetcher ?? Self.fetcher(trusting: authority)
        var request = FetchRequest(url: "https://\(name):\(server.port)/")
        request.limits.totalTimeout = .seconds(10)
        request.serverKeys = keys
        do { return "status \(try await fetcher.fetch(request).status)" } catch let fault as Fault {
            return "\(fault.code) \(fault.message)"
        }
    }

    /// With one thread, and so one handle for everything that is asked.
    private static func fetcher(trusting authority: String?) throws -> HTTPFetcher {
        var configuration = FetchConfiguration()
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")!]
        configuration.certificateAuthorityFile = authority
        configuration.resolve = { _ in [IPAddress("127.0.0.1")!] }
        configuration.threadCount = 1
        return try HTTPFetcher(configuration)
    }

    /// SHA-256 of the certificate's public key, as the openssl command has it.
    private static func key(of certificate: ServerCertificate, _ authority: LocalCertificates) async throws -> [UInt8] {
        let pin = try await authority.pin(of: certificate).dropFirst("sha256:".count)
        return Array(try #require(Data(base64Encoded: String(pin))))
    }

    @Test("a key that is named is trusted, whoever signed the certificate, for whatever name and time")
    func namedKey() async throws {
        let authority = try await LocalCertificates()
        for certificate in [
            try await authority.selfSigned(names: ["elsewhere.test"]),
            try await authority.server(names: ["api.test"], validity: .expired),
        ] {
            let server = try await Server(certificate)
            let key = try await Self.key(of: certificate, authority)
            #expect(try await fetch(server, trusting: nil, keys: [key]) == "status 200")
            #expect(
                try await fetch(server, trusting: nil, keys: [Array(repeating: 7, count: 32), key]) == "status 200")
        }
    }

    @Test("another key is refused, though an authority vouches for it")
    func anotherKey() async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.server(names: ["api.test"])
        let server = try await Server(certificate)
        var key = try await Self.key(of: certificate, authority)
        key[31] ^= 1
        let answer = try await fetch(server, trusting: authority.authorityFile, keys: [key])
        #expect(answer.hasPrefix("fetch.tls ") && answer.contains("none of those that are trusted"), "\(answer)")
        for keys in [[[]], [Array(key.prefix(31))], Array(repeating: key, count: 65)] as [[[UInt8]]] {
            #expect(try await fetch(server, trusting: nil, keys: keys).hasPrefix("fetch.invalid_request "))
        }
    }

    @Test func `on one handle no request goes by the trust of another`() async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.selfSigned(names: ["api.test"])
        let server = try await Server(certificate)
        let fetcher = try Self.fetcher(trusting: authority.authorityFile)
        let key = try await Self.key(of: certificate, authority)
        for _ in 0..<3 {
            #expect(try await fetch(server, trusting: nil, keys: [key], by: fetcher) == "status 200")
            #expect(try await fetch(server, trusting: nil, by: fetcher).hasPrefix("fetch.tls "))
            let other = try await fetch(server, trusting: nil, keys: [Array(repeating: 7, count: 32)], by: fetcher)
            #expect(other.hasPrefix("fetch.tls "))
        }
    }

    @Test func `a key that is named is seen over TLS only, and never where there is no certificate`() async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.server(names: ["api.test"])
        let key = try await Self.key(of: certificate, authority)
        let anonymous = try await Server(certificate, ["-tls1_2", "-cipher", "aNULL@SECLEVEL=0", "-nocert"])
        #expect(try await fetch(anonymous, trusting: nil, keys: [key]).hasPrefix("fetch.tls "))
        var configuration = FetchConfiguration()
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")!]
        configuration.plainHTTP = .loopbackOnly
        var request = FetchRequest(url: "http://127.0.0.1:\(anonymous.port)/")
        request.serverKeys = [key]
        let plain = request
        await #expect(throws: Fault.self) { try await HTTPFetcher(configuration).fetch(plain) }
    }

    @Test func `a current certificate of a trusted authority for this name is spoken to`() async throws {
        let authority = try await LocalCertificates()
        let server = try await Server(try await authority.server(names: ["api.test"]))
        #expect(try await fetch(server, trusting: authority.authorityFile) == "status 200")
    }

    @Test func `an authority nobody has heard of is refused, in the file given and in the system's list`() async throws
    {
        let (authority, stranger) = (try await LocalCertificates(), try await LocalCertificates(name: "Stranger"))
        let server = try await Server(try await stranger.server(names: ["api.test"]))
        for trusted in [authority.authorityFile, nil] {
            let answer = try await fetch(server, trusting: trusted)
            #expect(answer.hasPrefix("fetch.tls ") && answer.contains("issuer"), "\(answer)")
        }
    }

    @Test func `a certificate that signed itself is refused`() async throws {
        let authority = try await LocalCertificates()
        let server = try await Server(try await authority.selfSigned(names: ["api.test"]))
        #expect(try await fetch(server, trusting: authority.authorityFile).hasPrefix("fetch.tls "))
    }

    @Test func `a certificate for another name, a parent of it or its address is refused`() async throws {
        let authority = try await LocalCertificates()
        for names in [["other.test"], ["test"], ["127.0.0.1"], ["*.api.test"], ["api.test.evil"]] {
            let server = try await Server(try await authority.server(names: names))
            let answer = try await fetch(server, trusting: authority.authorityFile)
            #expect(answer.hasPrefix("fetch.tls ") && answer.contains("name"), "\(names): \(answer)")
        }
    }

    @Test(arguments: [LocalCertificates.Validity.expired, .notYetValid])
    func `a certificate before or after its time is refused`(validity: LocalCertificates.Validity) async throws {
        let authority = try await LocalCertificates()
        let server = try await Server(try await authority.server(names: ["api.test"], validity: validity))
        let answer = try await fetch(server, trusting: authority.authorityFile)
        let word = validity == .expired ? "expired" : "not yet valid"
        #expect(answer.hasPrefix("fetch.tls ") && answer.contains(word), "\(answer)")
    }

    @Test func `a server that speaks nothing newer than TLS 1-1 is refused`() async throws {
        let authority = try await LocalCertificates()
        let old = try await Server(
            try await authority.server(names: ["api.test"]), ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
        #expect(try await fetch(old, trusting: authority.authorityFile).hasPrefix("fetch.tls "))
    }
}
