import Fixtures
import Foundation
import JOSE
import NKeys
import Testing
import Vocabulary

@testable import Messaging

@Suite(
    "Who is believed, by us and by real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct TrustTests {
    /// The trouble that a connection has, when it has some.
    private func trouble(_ configuration: MessagingConfiguration) async throws -> ConnectionTrouble? {
        let connection = try MessagingConnection(configuration)
        #expect(await eventually { connection.status.failedAttempts >= 3 })
        #expect(connection.status.state == .connecting)
        let trouble = connection.status.lastTrouble
        await connection.close()
        return trouble
    }

    private func isLetIn(_ server: NatsServer, _ change: (inout MessagingConfiguration) -> Void) async throws {
        let connection = try await server.connection(change)
        #expect(await failure { _ = try await connection.request("nobody", []) } == .noResponders)
        await connection.close()
    }

    @Test(
        "A user of an operator's account is let in with token and seed; another seed is refused, and tried on",
        arguments: realServers)
    func operatorMode(executable: String) async throws {
        let now = Int64(Date().timeIntervalSince1970)
        let scene = try OperatorScene(now: now)
        let server = try await NatsServer.start(executable) { _ in scene.configuration }
        defer { server.stop() }
        let user = try scene.user()
        try await isLetIn(server) { $0.credentials = .user(user) }
        let text = try MessagingCredentials.user(jwt: user.token.text, seed: user.pair.seed())
        try await isLetIn(server) { $0.credentials = text }
        let other = try MessagingCredentials.user(jwt: user.token.text, seed: NKeyPair.generate(.user).seed())
        let refused = try await trouble(server.configuration { $0.credentials = other })
        #expect(refused?.kind == .authenticationFailed)
        #expect(refused?.server == "nats://127.0.0.1:\(server.port)")
        #expect(try await trouble(server.configuration()) != nil)
        let expired = try scene.user { $0.common.expires = now - 10 }
        #expect(
            try await trouble(server.configuration { $0.credentials = .user(expired) })?.kind == .authenticationFailed)
    }

    @Test("A token that is none, and a seed of another kind, are refused before anything is tried")
    func badCredentials() throws {
        let seed = try NKeyPair.generate(.user).seed()
        for jwt in ["", "a b", "a\",\"user\":\"x", "a\r\n", String(repeating: "a", count: 400_000)] {
            #expect(throws: (any Error).self) { try MessagingCredentials.user(jwt: jwt, seed: seed) }
        }
        let account = try NKeyPair.generate(.account).seed()
        #expect(throws: NATSFault.self) { try MessagingCredentials.user(jwt: "a.b.c", seed: account) }
        #expect(throws: NATSFault.self) { try MessagingCredentials.user(jwt: "a.b.c", seed: SecretOctets([1, 2])) }
    }

    @Test("What a user may not publish is refused at once, by name", arguments: realServers)
    func notPermitted(executable: String) async throws {
        let scene = try OperatorScene(now: Int64(Date().timeIntervalSince1970))
        let server = try await NatsServer.start(executable) { _ in scene.configuration }
        defer { server.stop() }
        let rights = SubjectRights(publish: .only(["orders.>"]), subscribe: .only(["_INBOX_mine.>"]))
        let user = try scene.user(UserRights(rights))
        let connection = try await server.connection {
            $0.credentials = .user(user)
            $0.inboxPrefix = "_INBOX_mine"
        }
        #expect(await failure { _ = try await connection.request("orders.a", []) } == .noResponders)
        let error = await failure { _ = try await connection.request("secret.a", [], timeout: .seconds(60)) }
        #expect(error == .notPermitted(subject: "secret.a"))
        #expect(connection.status.connections == 1)
        let stream = try EventStream.events(connection)
        await #expect(throws: StreamFault.notPermitted(subject: "$JS.API.STREAM.INFO.POLICY_EVENTS")) {
            try await stream.ensure()
        }
        await connection.close()
    }

    @Test("Passwords and tokens of any characters are shown as they are", arguments: realServers)
    func passwords(executable: String) async throws {
        let password = #"p"a\ss","verbose":true,"x":"ä"#
        let written = password.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let server = try await NatsServer.start(executable) { _ in
            "authorization { users = [{ user: \"an\\\"na\", password: \"\(written)\" }] }\n"
        }
        defer { server.stop() }
        try await isLetIn(server) { $0.credentials = .password(user: "an\"na", SecretText(password)) }
        let wrong = try server.configuration { $0.credentials = .password(user: "an\"na", SecretText("wrong")) }
        let refused = try await trouble(wrong)
        #expect(refused?.kind == .authenticationFailed)
        #expect(!"\(String(describing: refused))".contains("wrong"))
        let token = try await NatsServer.start(executable) { _ in "authorization { token: \"t\\\"k\" }\n" }
        defer { token.stop() }
        try await isLetIn(token) { $0.credentials = .token(SecretText("t\"k")) }
    }

    @Test("Only the right authority and the right name make a server believed", arguments: realServers)
    func tls(executable: String) async throws {
        let (ours, others) = (try await LocalCertificates(), try await LocalCertificates(name: "Others"))
        let good = try await ours.server(names: ["localhost"])
        let server = try await tlsServer(executable, good)
        defer { server.stop() }
        func settings(_ host: String, _ file: String?, tls: Bool = true) throws -> MessagingConfiguration {
            let address = try MessagingServer("\(tls ? "tls" : "nats")://\(host):\(server.port)")
            return try server.configuration {
                $0.servers = [address]
                $0.tls.authorityFile = file
            }
        }
        for isAsked in [true, false] {
            let connection = try MessagingConnection(settings("localhost", ours.authorityFile, tls: isAsked))
            try await within(.seconds(20)) { try await connection.untilConnected() }
            await connection.close()
            #expect(try await trouble(settings("localhost", others.authorityFile, tls: isAsked))?.kind == .tlsFailed)
            #expect(try await trouble(settings("localhost", nil, tls: isAsked))?.kind == .tlsFailed)
            #expect(try await trouble(settings("127.0.0.1", ours.authorityFile, tls: isAsked))?.kind == .tlsFailed)
        }
        #expect(try await trouble(settings("localhost", "/nowhere.pem"))?.kind == .tlsFailed)
        for validity in [LocalCertificates.Validity.expired, .notYetValid] {
            let bad = try await ours.server(names: ["localhost"], validity: validity)
            let other = try await tlsServer(executable, bad)
            defer { other.stop() }
            let address = try MessagingServer("tls://localhost:\(other.port)")
            let refused = try await trouble(
                other.configuration {
                    $0.servers = [address]
                    $0.tls.authorityFile = ours.authorityFile
                })
            #expect(refused?.kind == .tlsFailed)
        }
    }

    @Test(
        "A server without TLS is left again where it is required, before anything is shown to it",
        arguments: realServers)
    func noTLS(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        #expect(try await trouble(server.configuration { $0.tls.isRequired = true })?.kind == .tlsNotOffered)
    }

    @Test("A certificate of ours is shown to a server that asks for one", arguments: realServers)
    func clientCertificate(executable: String) async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let (shown, mine) = (
            try await tree.issue("/CN=server", .server, names: ["DNS:localhost"], by: root),
            try await tree.issue("/CN=gateway", .client, by: root)
        )
        let server = try await NatsServer.start(executable) { _ in
            """
            tls { cert_file: "\(shown.certificateFile)", key_file: "\(shown.keyFile)", ca_file: "\(root.certificateFile)", verify: true }

            """
        }
        defer { server.stop() }
        let address = try MessagingServer("tls://localhost:\(server.port)")
        let connection = try await server.connection {
            $0.servers = [address]
            $0.tls.authorityFile = root.certificateFile
            $0.tls.certificateFile = mine.chainFile
            $0.tls.keyFile = mine.keyFile
        }
        #expect(await failure { _ = try await connection.request("nobody", []) } == .noResponders)
        await connection.close()
        let without = try server.configuration {
            $0.servers = [address]
            $0.tls.authorityFile = root.certificateFile
        }
        #expect(try await trouble(without) != nil)
    }

    private func tlsServer(_ executable: String, _ certificate: ServerCertificate) async throws -> NatsServer {
        try await NatsServer.start(executable) { _ in
            "tls { cert_file: \"\(certificate.certificateFile)\", key_file: \"\(certificate.keyFile)\" }\n"
        }
    }
}
