import Foundation
import Identity
import Logging
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Keys that are derived are stored nowhere")
struct PepperNowhereTests {
    @Test func neitherPepperNorTenantKeysStandInAnyByteOfTheStore() async throws {
        let folder = NSTemporaryDirectory() + "gatehouse-pepper-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        let text = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
            storage: { directory: "\(folder)/data" }
            keys: { master_key_file: "\(folder)/master.key" }
            tenants: [{ slug: main }]
            passwords: { block_list: false, argon2id: { memory: 8MiB, passes: 5, lanes: 1 } }
            """
        let configuration = try ConfigurationLoader.parse(text, file: "test", folder: folder, environment: [:])
        let gateway = try await Gateway.open(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let tenant = try #require(gateway.tenants.defaultTenant).id
        let caller = Caller(tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: gateway.clock()))
        var edit = PersonEdit()
        edit.login = "ada"
        _ = try await gateway.people.create(edit, by: caller)
        for purpose in KeyPurpose.allCases where purpose != .tenantKey {
            let secret = gateway.store.keys.secret(purpose, tenant: tenant).secret.reveal()
            #expect(secret.count >= 32)
            let hexadecimal = secret.map { String(format: "%02x", $0) }.joined()
            let spellings = [Data(secret), Data(hexadecimal.utf8), Data(Data(secret).base64EncodedString().utf8)]
            for file in try files(below: folder + "/data") {
                for spelling in spellings {
                    #expect(file.data.range(of: spelling) == nil, "\(purpose) in \(file.name)")
                }
            }
        }
        try await gateway.close()
    }

    private func files(below folder: String) throws -> [(name: String, data: Data)] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).compactMap { name in
            FileManager.default.contents(atPath: folder + "/" + name).map { (name, $0) }
        }
    }
}
