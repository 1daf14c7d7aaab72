import DemoApp
import Fixtures
import Foundation
import Hummingbird
import NIOCore
import Testing

@testable import GatehouseClient

/// A real nginx in front of the real demo application; what the gateway would answer is written down here.
@Suite("nginx in front of an application")
struct NginxServerTests {
    /// `/auth/verify` by path: `/out` is signed out, `/no` refused, everything else allowed as mira.
    func gateway() -> Router<BasicTokenContext> {
        let router = Router(context: BasicTokenContext.self)
        router.get("/auth/verify") { request, _ -> Response in
            switch request.headers[.init("X-Original-URI")!] {
            case "/out": Response(status: .unauthorized, headers: [.location: "https://id.test/login?r=1"])
            case "/no": Response(status: .forbidden)
            default: Response(status: .ok, headers: [.init("X-Gatehouse-User")!: "mira"])
            }
        }
        for path in ["/auth/denied", "/.gatehouse/callback"] {
            router.get(RouterPath(path)) { request, _ -> Response in
                let names = ["X-Original-URI", "X-Original-Method", "X-Forwarded-Proto", "X-Forwarded-Host"]
                let told = names.map { request.headers[.init($0)!] ?? "-" }.joined(separator: " ")
                let status: HTTPResponse.Status = path == "/auth/denied" ? .forbidden : .ok
                return Response(
                    status: status, body: .init(byteBuffer: ByteBuffer(string: "\(path) \(told)")))
            }
        }
        return router
    }

    @Test("overwrites what a browser claims, redirects it to the login and shows it why it was refused")
    func forwardAuth() async throws {
        let folder = NSTemporaryDirectory() + "nginx-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try run(
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "1", "-subj", "/CN=app.test", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem")
        try await withServer(gateway()) { gatewayPort in
            let (ports, told) = AsyncStream.makeStream(of: Int.self)
            let demo = try DemoApplication(logger: quiet(), onListening: { told.yield($0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await demo.run() }
                var waiting = ports.makeAsyncIterator()
                guard let port = await waiting.next() else { throw NotRunning() }
                defer { group.cancelAll() }
                let nginx = try await NginxServer.start(
                    NginxConfiguration(
                        sites: [NginxSite(serverName: "app.test", application: "http://127.0.0.1:\(port)")],
                        gateway: "http://127.0.0.1:\(gatewayPort)", certificatePath: folder + "/cert.pem",
                        keyPath: folder + "/key.pem"))
                try check(nginx.port)
                await nginx.stop()
                #expect(kill(nginx.processIdentifier, 0) != 0)
            }
        }
    }

    func check(_ port: Int) throws {
        func ask(_ path: String, host: String = "app.test", _ more: String...) throws -> String {
            let base = ["-sk", "-i", "--max-time", "10", "--resolve", "\(host):\(port):127.0.0.1"]
            return try run("/usr/bin/curl", base + more + ["https://\(host):\(port)\(path)"])
        }
        let headers = try ask("/headers", "-H", "X-Gatehouse-User: root", "-H", "X-Gatehouse-Roles: admin")
        #expect(headers.contains("mira") && !headers.contains("root") && !headers.contains("admin"))
        let out = try ask("/out")
        #expect(out.contains(" 302 ") && out.contains("Location: https://id.test/login?r=1"))
        let denied = try ask("/no", "-d", "a=b")
        #expect(denied.contains(" 403 "))
        #expect(denied.contains("/auth/denied /no POST https app.test"), "\(denied)")
        #expect(try ask("/.gatehouse/callback?code=1").contains("/.gatehouse/callback?code=1 GET https app.test"))
        #expect(try ask("/_gatehouse/verify").contains(" 404 "))
        #expect(try ask("/", host: "other.test").contains(" 421 "))
    }

    func run(_ tool: String, _ arguments: String...) throws -> String { try run(tool, arguments) }

    func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}

@Suite("Writing an nginx configuration")
struct NginxConfigurationTests {
    @Test(
        "what could end a directive is refused", arguments: ["a; return 200", "a{", "$host", "a b", "", "a\nb", "a#"])
    func injection(name: String) async {
        let configuration = NginxConfiguration(
            sites: [NginxSite(serverName: name, application: "http://127.0.0.1:1")], gateway: "http://127.0.0.1:1",
            certificatePath: "/c", keyPath: "/k")
        await #expect(throws: FixtureError.self) { try await NginxServer.start(configuration) }
    }
}
