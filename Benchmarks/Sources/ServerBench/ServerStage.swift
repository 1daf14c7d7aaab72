import BenchServer
import BenchTable
import Fixtures
import Foundation
import Gateway
import Identity
import Logging
import Storage
import Vocabulary

/// A folder with a gateway's configuration and enough in its store to answer questions.
final class ServerStage: Sendable {
    struct Load: Sendable {
        let name: String
        let path: String
        let type: String
        let bodyFile: String
    }

    let folder: String
    let port: Int
    let loads: [Load]
    let token: String
    private let tenant: TenantID
    private let certificates: LocalCertificates
    private var configurationFile: String { folder + "/gatehouse.yaml" }

    init() async throws {
        let folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        self.folder = folder
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        certificates = try await LocalCertificates()
        let server = try await certificates.server(names: ["localhost", "127.0.0.1"])
        port = try LoopbackPort.free()
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        try Self.configuration(port, server).write(
            toFile: folder + "/gatehouse.yaml", atomically: true, encoding: .utf8)
        let seeded = try await Self.seed(folder + "/gatehouse.yaml")
        (token, tenant) = (seeded.token, seeded.tenant)
        let question = """
            {"subject":{"type":"user","id":"\(seeded.person)"},"action":{"name":"read"},\
            "resource":{"type":"document","id":"d-17","properties":{"owner":"\(seeded.person)","sensitivity":2}},\
            "context":{"network":"corp","risk":12}}
            """
        try question.write(toFile: folder + "/question.json", atomically: true, encoding: .utf8)
        try "token=\(seeded.token)".write(toFile: folder + "/token.form", atomically: true, encoding: .utf8)
        loads = [
            Load(
                name: "AuthZEN evaluation", path: "/access/v1/evaluation", type: "application/json",
                bodyFile: folder + "/question.json"),
            Load(
                name: "introspection", path: "/oauth2/introspect", type: "application/x-www-form-urlencoded",
                bodyFile: folder + "/token.form"),
        ]
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func start() async throws -> ServerProcess {
        let server = try ServerProcess(configuration: configurationFile, log: folder + "/server.log", port: port)
        try await server.isReady()
        return server
    }

    private static func configuration(_ port: Int, _ server: ServerCertificate) -> String {
        """
        version: 1
        server:
          listen: "127.0.0.1:\(port)"
          public_url: "https://127.0.0.1:\(port)"
          tls: { certificate_file: "\(server.certificateFile)", key_file: "\(server.keyFile)" }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main, name: Bench }]
        providers: [{ id: local, type: local, name: Password }]
        # One key asks for everybody here.
        limits: { calls_per_caller: 1000000000 }

        """
    }

    private static func seed(_ file: String) async throws -> (token: String, tenant: TenantID, person: PersonID) {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let gateway = try await Gateway.open(try ConfigurationLoader.load(file: file, environment: [:]), logger: logger)
        guard let tenant = gateway.tenants.tenant(slug: "main")?.id else { throw BenchFailure("There is no tenant.") }
        let caller = Caller(
            tenant: tenant, actor: .operatingSystemUser(getuid()), command: .random(at: gateway.clock()))
        let account = try await gateway.serviceAccounts.create(name: "bench", description: nil, by: caller)
        let admin = try await gateway.roles.role(named: "Admin", in: tenant)
        _ = try await gateway.roles.assign(admin.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        let key = try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "bench", scopes: nil, lifetime: .days(1), by: caller)
        var edit = PersonEdit()
        edit.login = "zoe"
        edit.department = "legal"
        let person = try await gateway.people.create(edit, by: caller)
        _ = try await gateway.policies.put("documents", policies, expecting: nil, by: caller)
        try await gateway.close()
        return (key.token.reveal(), tenant, person.id)
    }

    private static let policies = """
        version: 1
        policies:
          - id: own-documents
            effect: allow
            enforcement: recommended
            subjects: any
            actions: [read]
            resources: { types: [document] }
            when: { equals: { resource.owner: { ref: subject.id } } }
          - id: from-outside
            effect: deny
            subjects: any
            actions: [read, write]
            resources: { types: [document] }
            when: { all: [{ equals: { context.network: internet } }, { greater_than: { resource.sensitivity: 3 } }] }

        """

    /// What the record holds after the server has stopped.
    func recorded() async throws -> (count: Int, gaps: Int) {
        let log = DecisionLog(directory: folder + "/data/decisions") { _, _, _, _ in throw BenchFailure("sealed") }
        let gaps = try log.gaps(tenant).reduce(0) { $0 + Int($1.lost + $1.overflowed) }
        var count = 0, before: Int64?
        repeat {
            let page = try log.list(tenant, .init(before: before), limit: DecisionLog.pageLimit)
            count += page.decisions.reduce(0) { $0 + Int($1.fold?.count ?? 1) }
            before = page.next
        } while before != nil && count < 20_000
        return (count, gaps)
    }
}
