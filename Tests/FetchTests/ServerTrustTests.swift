import Fetch
import Testing
import Vocabulary

@testable import Fixtures

/// Real handshakes with a real server: only a current certificate of a trusted authority for the very name is spoken to.
@Suite struct ServerTrustTests {
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

    private func fetch(_ server: Server, trusting authority: String?, name: String = "api.test") async throws -> String
    {
        var configuration = FetchConfiguration()
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")!]
        configuration.certificateAuthorityFile = authority
        configuration.resolve = { _ in [IPAddress("127.0.0.1")!] }
        var request = FetchRequest(url: "https://\(name):\(server.port)/")
        request.limits.totalTimeout = .seconds(10)
        do { return "status \(try await HTTPFetcher(configuration).fetch(request).status)" } catch let fault as Fault {
            return "\(fault.code) \(fault.message)"
        }
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
