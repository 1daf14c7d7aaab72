import Authorization
import Crypto
import Foundation
import Identity
import Logging
import Storage
import Vocabulary

@testable import Gateway

/// A gateway in a folder of its own, opened and closed as often as a test asks.
struct RulesBench {
    let folder: String
    let configuration: Configuration

    /// - Parameters:
    ///   - folder: that of another bench, to open its store again.
    ///   - files: policy files that the configuration names, in this order.
    ///   - extra: more of the configuration.
    init(folder: String? = nil, files: [(name: String, text: String)] = [], extra: String = "") throws {
        self.folder = folder ?? NSTemporaryDirectory() + "rules-\(UUID().uuidString)"
        if folder == nil {
            try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
            _ = try Installation.makeMasterKey(at: self.folder + "/master.key")
        }
        for (name, text) in files {
            try text.write(toFile: "\(self.folder)/\(name)", atomically: true, encoding: .utf8)
        }
        let list = files.map { "{ file: \($0.name) }" }.joined(separator: ", ")
        let text = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main }]
            policies: [\(list)]
            passwords: { block_list: false, argon2id: { memory: 8MiB, passes: 5, lanes: 1 } }
            \(extra)
            """
        configuration = try ConfigurationLoader.parse(text, file: "test", folder: self.folder, environment: [:])
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    var logger: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    func open() async throws -> Gateway { try await Gateway.open(configuration, logger: logger) }

    /// What the doctor says of the rules that are stored.
    func rules() async -> [Doctor.Finding] {
        await Doctor(configuration, logger: logger).examine().filter { $0.subject.hasPrefix("rules") }
    }

    /// A document of one rule that lets everybody do one thing.
    static func document(_ id: String, action: String = "read") -> String {
        """
        version: 1
        policies:
          - { id: \(id), effect: allow, subjects: any, actions: [\(action)], resources: { types: [thing] } }
        """
    }

    /// A document whose rules read so many different attributes.
    static func reading(_ prefix: String, _ count: Int) -> String {
        let rules = (0..<count).map { number in
            """
              - { id: \(prefix)\(number), effect: allow, subjects: any, actions: [read], resources: { types: [thing] },
                  when: { exists: context.\(prefix)\(number) } }
            """
        }
        return "version: 1\npolicies:\n" + rules.joined(separator: "\n")
    }
}

extension Gateway {
    /// The operating system's administrator in the one tenant.
    var root: Caller {
        Caller(
            tenant: tenants.all[0].id, actor: .operatingSystemUser(0), command: .random(at: clock()))
    }

    /// Whether somebody new may do this to a thing; throws where nothing is decided.
    func permits(_ person: PersonID, _ action: String) async throws -> Bool {
        try await decisions.decide(
            DecisionQuestion(
                .subject(kind: .person, id: person.description), action: action, resourceType: "thing", resourceID: "1"),
            in: root.tenant, origin: DecisionOrigin(caller: nil, protocol: "api")
        ).isPermitted
    }

    func addPerson(_ login: String) async throws -> PersonID {
        var edit = PersonEdit()
        edit.login = login
        return try await people.create(edit, by: root).id
    }

    /// Stores a document without a look at it, as the versions before did.
    func storeUnchecked(_ name: String, _ text: String) async throws {
        guard case .text(let json) = try JSONColumn.encode(try PolicyService.parse(text)) else { return }
        let caller = root
        try await store.write(.administration) { tx in
            _ = try PolicyService.put(name, json, expecting: nil, managedBy: .api, by: caller, tx)
        }
    }
}
