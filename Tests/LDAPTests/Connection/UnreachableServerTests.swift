import Glibc
import Testing

@testable import LDAP

/// Takes connections into its backlog and never says a word.
private final class SilentServer {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        try #require(bound)
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}

@Suite struct UnreachableServerTests {
    private static let name = "uid=a,dc=x"

    private func connection(_ port: UInt16, _ transport: LDAPTransport) throws -> LDAPConnection {
        try LDAPConnection(
            LDAPConfiguration(
                endpoint: LDAPEndpoint(host: "127.0.0.1", port: port), transport: transport,
                connectTimeout: .seconds(1), operationTimeout: .seconds(1)))
    }

    // libldap raised SIGPIPE here once, which ended the process.
    @Test func aRefusedPortIsAnErrorAndNotTheEndOfTheProcess() async throws {
        var server: SilentServer? = try SilentServer()
        let port = try #require(server?.port)
        server = nil
        do {
            _ = try await connection(port, .allowPlaintext).bind(dn: Self.name, password: Array("secret".utf8))
            Issue.record("a bind without a server succeeded")
        } catch {
            #expect((error as? LDAPError)?.isConnectionFailure == true)
        }
    }

    @Test(arguments: [LDAPTransport.allowPlaintext, .startTLS(LDAPTrust()), .ldaps(LDAPTrust())])
    func aSilentServerIsGivenUpInTime(_ transport: LDAPTransport) async throws {
        let server = try SilentServer()
        let start = ContinuousClock.now
        do {
            _ = try await connection(server.port, transport).bind(dn: Self.name, password: Array("secret".utf8))
            Issue.record("a silent server accepted a bind")
        } catch {
            #expect((error as? LDAPError)?.isConnectionFailure == true)
        }
        #expect(ContinuousClock.now - start < .seconds(4))
        withExtendedLifetime(server) {}
    }
}
