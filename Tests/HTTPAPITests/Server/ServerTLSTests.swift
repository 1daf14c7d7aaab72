import Fixtures
import Foundation
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("The listener speaks TLS")
struct ServerTLSTests {
    typealias Files = HTTPServerConfiguration.TLSFiles

    /// Copies a certificate and its key to where a server looks, as a renewal does.
    static func install(_ certificate: ServerCertificate, _ folder: String) throws -> Files {
        let files = Files(certificatePath: folder + "/server.pem", keyPath: folder + "/server.key")
        for (from, to) in [(certificate.certificateFile, files.certificatePath), (certificate.keyFile, files.keyPath)] {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to), options: .atomic)
        }
        return files
    }

    static func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "gatehouse-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    @Sendable static func run(_ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        let (output, stdin) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.standardOutput = output
        process.standardError = output
        process.standardInput = stdin
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Sendable static func fetch(_ port: Int, _ authority: String, host: String = "gate.test", _ more: [String] = [])
        throws -> String
    {
        try run(
            [
                "/usr/bin/curl", "-sS", "--max-time", "5", "--noproxy", "*", "--cacert", authority, "--resolve",
                "\(host):\(port):127.0.0.1",
            ] + more + ["https://\(host):\(port)/ok"])
    }

    /// A listener with a certificate for `gate.test`. The body runs off the pool, and gets the authority's file too.
    private func serving(
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer, String) throws -> Void
    ) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try await LocalCertificates()
        let files = try Self.install(try await authority.server(names: ["gate.test"]), folder)
        let file = authority.authorityFile
        try await RunningServer.with(tls: files, change) { server in try await offThePool { try body(server, file) } }
        withExtendedLifetime(authority) {}
    }

    @Test("TLS 1.2 and 1.3 are spoken, older versions and plain HTTP are not")
    func versions() async throws {
        try await serving { server, file in
            #expect(try Self.fetch(server.port, file, ["--tlsv1.3"]) == "ok 0")
            #expect(try Self.fetch(server.port, file, ["--tls-max", "1.2"]) == "ok 0")
            // The client would speak it: what ends the handshake is the server's alert (RFC 8446 §6.2).
            let old = try Self.run(
                [
                    "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher",
                    "DEFAULT@SECLEVEL=0",
                ])
            #expect(old.contains("alert protocol version"), "\(old)")
            let plain = try RawConnection(port: server.port)
            plain.send(ServerLimitTests.head())
            #expect(!plain.receive(seconds: 0.5).contains("HTTP/1.1"))
        }
    }

    @Test("a name nobody serves gets the one certificate there is, which does not carry it")
    func unknownName() async throws {
        try await serving { server, file in
            let answer = try Self.fetch(server.port, file, host: "other.test")
            #expect(answer.contains("no alternative certificate subject name matches"), "\(answer)")
            #expect(try Self.fetch(server.port, file) == "ok 0")
        }
    }

    @Test("a handshake that is not finished is not waited for")
    func slowHandshake() async throws {
        try await serving {
            $0.limits.idleSeconds = 1
        } _: { server, _ in
            let connection = try RawConnection(port: server.port)
            connection.send("\u{16}\u{3}\u{1}")
            #expect(connection.isClosed(within: 4))
        }
    }

    @Test("a renewed certificate is used without a restart; half a renewal leaves the old one in use")
    func renewal() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, second) = (try await LocalCertificates(name: "first"), try await LocalCertificates(name: "second"))
        let files = try Self.install(try await first.server(names: ["gate.test"]), folder)
        let renewed = try await second.server(names: ["gate.test"])
        let (old, new) = (first.authorityFile, second.authorityFile)
        try await RunningServer.with(tls: files) {
            $0.certificateInterval = .milliseconds(50)
        } _: { server in
            try await offThePool {
                #expect(try Self.fetch(server.port, old) == "ok 0")
                // The new certificate with the old key: not a pair.
                try Data(contentsOf: URL(fileURLWithPath: renewed.certificateFile))
                    .write(to: URL(fileURLWithPath: files.certificatePath), options: .atomic)
                Thread.sleep(forTimeInterval: 0.4)
                #expect(try Self.fetch(server.port, old) == "ok 0")
                _ = try Self.install(renewed, folder)
                Thread.sleep(forTimeInterval: 0.4)
                #expect(try Self.fetch(server.port, new) == "ok 0")
                #expect(try Self.fetch(server.port, old) != "ok 0")
            }
        }
    }

    @Test("files that are no certificate, no key, or no pair stop the start")
    func unusable() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try await LocalCertificates()
        let (one, two) = (
            try await authority.server(names: ["gate.test"]), try await authority.server(names: ["gate.test"])
        )
        for (certificate, key, code) in [
            (folder + "/none.pem", one.keyFile, "http.tls_certificate"),
            (one.certificateFile, folder + "/none.key", "http.tls_key"),
            (one.keyFile, one.keyFile, "http.tls_certificate"), (one.certificateFile, two.keyFile, "http.tls_key"),
        ] {
            #expect(throws: Fault(code, .ourselves, "")) {
                try ServerCertificates(Files(certificatePath: certificate, keyPath: key))
            }
        }
    }
}
