import Foundation
import Logging
import Storage
import Vocabulary

@testable import Gateway

/// One folder with a master key, started again and again from different configurations.
struct ConfigurationBench {
    let folder = NSTemporaryDirectory() + "gatehouse-apply-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }

    func configuration(_ lines: String, tenants: String = "[{ slug: main }]") throws -> Configuration {
        let text = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
            storage: { directory: "\(folder)/data" }
            keys: { master_key_file: "\(folder)/master.key" }
            tenants: \(tenants)
            passwords: { block_list: false, argon2id: { memory: 8MiB, passes: 5, lanes: 1 } }

            """
        return try ConfigurationLoader.parse(text + lines, file: "test", folder: folder, environment: [:])
    }

    /// Starts the gateway, lets it be used, and stops it.
    @discardableResult
    func run<T>(
        _ lines: String = "", tenants: String = "[{ slug: main }]", _ body: (Gateway, Caller) async throws -> T
    ) async throws -> T {
        let gateway = try await Gateway.open(
            try configuration(lines, tenants: tenants),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            let tenant = gateway.tenants.defaultTenant?.id ?? TenantID(high: 0, low: 0)
            let caller = Caller(tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: gateway.clock()))
            let result = try await body(gateway, caller)
            try await gateway.close()
            return result
        } catch {
            try? await gateway.close()
            throw error
        }
    }

    /// The fault a start ends with; nil when it starts.
    func refusal(_ lines: String = "", tenants: String = "[{ slug: main }]") async throws -> Fault? {
        do {
            try await run(lines, tenants: tenants) { _, _ in }
            return nil
        } catch let fault as Fault { return fault }
    }
}

extension Gateway {
    /// How many events of this type the tenant's journal has.
    func count(_ type: String, in tenant: TenantID) async throws -> Int {
        try await audit.events(in: tenant, after: 0, type: type, limit: 1_000).count
    }
}
