import Fetch
import Foundation
import Gateway
import HTTPAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Logging
import NIOCore
import Testing
import Vocabulary

/// A whole gateway on a folder of its own, with a service account that may do everything.
struct TestGateway {
    let gateway: Gateway
    let folder: String
    /// An API key of a service account that holds Admin.
    let token: String
    /// What the gateway and its server write to.
    var logger = Self.quiet

    private static let quiet: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }()

    /// Opens a gateway; `extra` is configuration text appended to the least there must be, `server` more of its server,
    /// `passwords` more of that section, `files` what it names beside it, readable by its owner alone.
    static func open(
        tenants: [String] = ["default"], publicURL: String = "https://gate.example.org", server: String = "",
        passwords: String = "", extra: String = "", files: [String: String] = [:],
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        fetch: (@Sendable (FetchRequest) async throws -> FetchResponse)? = nil, logger: Logger? = nil
    ) async throws -> TestGateway {
        let folder = NSTemporaryDirectory() + "gatehouse-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = (0..<32).map { _ in String(format: "%02x", UInt8.random(in: 0...255)) }.joined()
        for (name, text) in files.merging(["master.key": key], uniquingKeysWith: { _, key in key }) {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: "\(folder)/\(name)")
        }
        let argon = passwords.contains("argon2id") ? "" : ", argon2id: { memory: 8MiB, passes: 5, lanes: 1 }"
        let list = tenants.map { "  - { slug: \($0), name: \($0) }" }.joined(separator: "\n")
        let text = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "\(publicURL)"\(server.isEmpty ? "" : ", " + server) }
            storage: { directory: "\(folder)/data" }
            keys: { master_key_file: master.key }
            tenants:
            \(list)
            passwords: { block_list: false\(argon)\(passwords.isEmpty ? "" : ", " + passwords) }
            \(extra)
            """
        let file = folder + "/gatehouse.yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let logger = logger ?? quiet
        do {
            let gateway = try await Gateway.open(
                try ConfigurationLoader.load(file: file, environment: [:]), logger: logger, clock: clock,
                fetch: fetch)
            let token = try await administrator(of: gateway, tenant: tenants[0])
            return TestGateway(gateway: gateway, folder: folder, token: token, logger: logger)
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// Makes a service account with Admin in a tenant and answers its API key.
    static func administrator(
        of gateway: Gateway, tenant slug: String, named name: String = "tests"
    ) async throws -> String {
        let caller = try operatorCaller(gateway, tenant: slug)
        let account = try await gateway.serviceAccounts.create(name: name, description: nil, by: caller)
        let admin = try await gateway.roles.role(named: "Admin", in: caller.tenant)
        _ = try await gateway.roles.assign(admin.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        return try await gateway.serviceAccounts.makeKey(
            for: account.id, name: name, scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
    }

    /// The machine's administrator, acting in a tenant.
    static func operatorCaller(_ gateway: Gateway, tenant slug: String) throws -> Caller {
        guard let tenant = gateway.tenants.tenant(slug: slug) else {
            throw Fault("test", .ourselves, "no tenant \(slug)")
        }
        return Caller(
            tenant: tenant.id, actor: .operatingSystemUser(0), command: CommandID.random(at: gateway.clock()))
    }

    /// Runs the body against the gateway on a real socket, then closes and removes everything.
    func serve(_ body: @Sendable @escaping (TestAPI) async throws -> Void) async throws {
        do { try await visit(body) } catch {
            try? await close()
            throw error
        }
        try await close()
    }

    /// Ends the gateway and opens it on the same folder again, as a restart does.
    func restarted(
        clock: @escaping @Sendable () -> Timestamp,
        fetch: (@Sendable (FetchRequest) async throws -> FetchResponse)? = nil
    ) async throws -> TestGateway {
        try await gateway.close()
        let again = try await Gateway.open(
            try ConfigurationLoader.load(file: folder + "/gatehouse.yaml", environment: [:]), logger: logger,
            clock: clock, fetch: fetch)
        return TestGateway(gateway: again, folder: folder, token: token, logger: logger)
    }

    /// Runs the body against the gateway on a real socket; the gateway goes on.
    func visit(_ body: @Sendable @escaping (TestAPI) async throws -> Void) async throws {
        let router = try GatewayRouter(gateway: gateway)
        let responder = try router.responder()
        let application = Application(responder: responder, logger: logger)
        let token = token
        // The testing framework listens for signals while it serves, and what it leaves behind swallows them: without
        // this, a run that hangs could not even be ended by SIGTERM.
        defer { for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) } }
        try await application.test(.live) { client in
            try await body(TestAPI(client: client, token: token, registry: router.registry))
        }
    }

    func close() async throws {
        try await gateway.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Requests to a served gateway.
struct TestAPI: Sendable {
    let client: any TestClientProtocol
    let token: String
    /// Every answer is held to what the OpenAPI document says of its route.
    let registry: RouteRegistry

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: AttributeValue?
        let text: String
    }

    /// Sends JSON; `token` nil sends no credential.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: AttributeValue? = nil, token: String?? = .none,
        headers extra: HTTPFields = [:], form: String? = nil
    ) async throws -> Answer {
        var headers = extra
        if let credential = token ?? self.token { headers[.authorization] = "Bearer \(credential)" }
        var buffer = form.map { ByteBuffer(string: $0) }
        if let body {
            if headers[.contentType] == nil { headers[.contentType] = "application/json" }
            buffer = ByteBuffer(bytes: try JSONEncoder().encode(body))
        }
        return try await client.execute(uri: path, method: method, headers: headers, body: buffer) { response in
            let text = String(buffer: response.body)
            let answer = Answer(
                status: response.status.code, headers: response.headers,
                body: try? JSONDecoder().decode(AttributeValue.self, from: Data(text.utf8)), text: text)
            expectAsDescribed(answer, method, path)
            return answer
        }
    }

    private func expectAsDescribed(_ answer: Answer, _ method: HTTPRequest.Method, _ path: String) {
        guard let route = registry.route(method, path), answer.status < 400, answer.status != 304 else { return }
        #expect(answer.status == route.successStatus, "\(method) \(path) answered \(answer.status)")
        let type = answer.headers[.contentType].map { String($0.prefix { $0 != ";" }) }
        if let type, type != "application/json" {
            #expect(route.media.contains(type), "\(method) \(path) is \(type)")
            return
        }
        let complaint = route.response.flatMap {
            $0.complaint(about: answer.body ?? .null, named: registry.schemas)
        }
        #expect(complaint == nil, "\(method) \(path): \(answer.text.prefix(500))")
        if route.response == nil { #expect(answer.text.isEmpty, "\(method) \(path) answered a body") }
    }
}

extension RouteRegistry {
    /// The route that answers at a path, with or without a tenant before it.
    func route(_ method: HTTPRequest.Method, _ path: String) -> Route? {
        var parts = path.split(separator: "?", omittingEmptySubsequences: false)[0].split(separator: "/")[...]
        if parts.first == "t" { parts = parts.dropFirst(2) }
        return routes.filter { route in
            let own = route.path.split(separator: "/")
            return route.method == method && own.count == parts.count
                && zip(own, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.min { $0.pathParameters.count < $1.pathParameters.count }
    }
}
