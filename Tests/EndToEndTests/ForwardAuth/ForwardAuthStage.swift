import DemoApp
import Fixtures
import Foundation
import Gateway
import HTTPAPI
import Identity
import Logging
import Vocabulary

/// A real nginx with three host names, a whole gateway and a real application that tells which headers it received.
struct ForwardAuthStage: Sendable {
    static let gate = "gate.test"
    static let vault = "vault.test"
    static let other = "other.test"
    /// Applications that take access tokens: any, bound ones alone, and of a recent sign-in.
    static let api = "api.test"
    static let strict = "strict.test"
    static let recent = "recent.test"
    static let password = "a sufficiently long passphrase"

    let running: TestGateway
    let gatewayPort: Int
    let port: Int
    private let authority: String

    var gateway: Gateway { running.gateway }
    func browser() -> CurlBrowser { CurlBrowser(port: port, authority: authority) }

    /// A browser in which ada is signed in at the vault.
    func signedIn(_ login: String = "ada") async throws -> CurlBrowser {
        let browser = browser()
        let page = try await browser.open(Self.vault, "/headers")
        let answer = try await browser.signIn(page, login, Self.password)
        guard answer.status == 200, browser.host == Self.vault else {
            throw Fault("test", .ourselves, "\(answer.status) at \(browser.visited): \(answer.body.prefix(400))")
        }
        return browser
    }

    static func run(
        oauth: String = "", clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        _ body: @escaping @Sendable (ForwardAuthStage) async throws -> Void
    ) async throws {
        let port = try LoopbackPort.free()
        let running = try await open(port, oauth, clock)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)),
            responder: try GatewayRouter(gateway: running.gateway).responder(), logger: logger,
            onListening: { told.yield($0) })
        let (demoPorts, demoTold) = AsyncStream.makeStream(of: Int.self)
        let demo = try DemoApplication(logger: logger) { demoTold.yield($0) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run() }
                tasks.addTask { try await demo.run() }
                defer { tasks.cancelAll() }
                var (first, second) = (ports.makeAsyncIterator(), demoPorts.makeAsyncIterator())
                guard let gatewayPort = await first.next(), let demoPort = await second.next() else { return }
                try await serve(running, gatewayPort, demoPort, port, body)
            }
        } catch {
            try? await running.close()
            throw error
        }
        try await running.close()
    }

    private static func serve(
        _ running: TestGateway, _ gatewayPort: Int, _ demoPort: Int, _ port: Int,
        _ body: @Sendable (ForwardAuthStage) async throws -> Void
    ) async throws {
        let certificates = try await LocalCertificates()
        let server = try await certificates.server(names: [gate, vault, other, api, strict, recent])
        let (origin, application) = ("http://127.0.0.1:\(gatewayPort)", "http://127.0.0.1:\(demoPort)")
        let nginx = try await NginxServer.start(
            NginxConfiguration(
                sites: [
                    NginxSite(serverName: gate, application: origin, isProtected: false),
                    NginxSite(serverName: vault, application: application),
                    NginxSite(serverName: other, application: application),
                    NginxSite(serverName: api, application: application, takesTokens: true),
                    NginxSite(serverName: strict, application: application, takesTokens: true),
                    NginxSite(serverName: recent, application: application, takesTokens: true),
                ], gateway: origin, certificatePath: server.certificateFile, keyPath: server.keyFile, port: port))
        let stage = ForwardAuthStage(
            running: running, gatewayPort: gatewayPort, port: port, authority: certificates.authorityFile)
        let result: Result<Void, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        await nginx.stop()
        try result.get()
    }

    private static func open(
        _ port: Int, _ oauth: String, _ clock: @escaping @Sendable () -> Timestamp
    ) async throws -> TestGateway {
        let running = try await TestGateway.open(
            publicURL: "https://\(gate):\(port)", server: "trusted_proxies: [ \"127.0.0.1\" ]",
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                applications:
                  - { id: vault, name: Vault, host: \(vault), public_url: "https://\(vault):\(port)", forward_auth: { enabled: true } }
                  - { id: other, name: Other, host: \(other), public_url: "https://\(other):\(port)", forward_auth: { enabled: true } }
                \(resources(port))
                \(oauth)
                roles:
                  - name: Reader
                    permissions:
                      - { action: read, type: page, resource: "/" }
                      - { action: read, type: page, resource: "/headers" }
                      - { action: read, type: page, resource: "/open*" }
                """, files: ["robot.secret": robotSecret], clock: clock)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for login in ["ada", "mallory"] {
            var edit = PersonEdit()
            edit.login = login
            edit.displayName = "Zoë\r\nX-Gatehouse-Roles: Admin"
            let person = try await running.gateway.people.create(edit, by: caller)
            _ = try await running.gateway.credentials.setPassword(
                SecretText(password), of: person.id, mustChange: false, by: caller)
            let role = try await running.gateway.roles.role(named: "Reader", in: caller.tenant)
            _ = try await running.gateway.roles.assign(role.id, to: .person(person.id), expiresAt: nil, by: caller)
        }
        return running
    }

    static let robotSecret = String(repeating: "r", count: 32)

    /// Applications that take tokens, and the clients that get them.
    private static func resources(_ port: Int) -> String {
        func client(_ id: String, _ more: String) -> String {
            """
              - client_id: \(id)
                consent: false
                scope: "openid offline_access pages:read pages:write"
                resources: ["https://\(api):\(port)", "https://\(strict):\(port)", "https://\(recent):\(port)"]
            \(more)
            """
        }
        let person = """
                redirect_uris: ["http://127.0.0.1/cb"]
                application_type: native
                token_endpoint_auth_method: none
                grant_types: [authorization_code, refresh_token]
            """
        let robot = """
                client_secret_file: robot.secret
                grant_types: [client_credentials]
                service_account: robot
                default_scope: "pages:read"
            """
        return """
              - id: api
                name: The API
                host: \(api)
                public_url: "https://\(api):\(port)"
                forward_auth: { enabled: true }
                access_tokens:
                  documentation: https://docs.example.org/api
                  scopes: [ { name: "pages:read", actions: [read] }, { name: "pages:write", actions: [read, write] } ]
              - id: strict
                host: \(strict)
                public_url: "https://\(strict):\(port)"
                forward_auth: { enabled: true }
                access_tokens: { require_dpop: true, pass_token: true }
              - id: recent
                host: \(recent)
                public_url: "https://\(recent):\(port)"
                required_auth_age: 30s
                forward_auth: { enabled: true }
                access_tokens: { scopes: [] }
            clients:
            \(client("cli", person))
            \(client("signing", person + "\n    access_token_format: jwt"))
            \(client("robot", robot))
            """
    }
}
