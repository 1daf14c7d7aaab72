import Foundation
import Storage
import Synchronization
import Testing
import Vocabulary

/// A store in a folder of its own, and the small things most storage tests need.
final class Bench: Sendable {
    static let start = Timestamp(seconds: 1_795_232_100)
    let directory: String
    let master: MasterKey
    let tenant = TenantID.random(at: Bench.start)
    private let ticks = Mutex<Int64>(0)

    init() throws {
        directory = NSTemporaryDirectory() + "gatehouse-storage-\(UUID().uuidString)"
        master = try MasterKey(bytes: [UInt8](repeating: 7, count: 32))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var headsPath: String { directory + "-heads.jsonl" }

    func configuration(heads: (any HeadSink)? = nil) -> StoreConfiguration {
        StoreConfiguration(directory: directory, node: NodeID(high: 1, low: 1), headSink: heads)
    }

    func open(heads: (any HeadSink)? = nil, master other: MasterKey? = nil) async throws -> Store {
        try await Store.open(configuration(heads: heads), masterKey: other ?? master) { self.tick() }
    }

    func tick() -> Timestamp {
        Bench.start
            + .microseconds(
                ticks.withLock {
                    $0 += 1; return $0
                })
    }

    func context(_ command: CommandID = CommandID.random(at: Bench.start)) -> EventContext {
        EventContext(tenant: tenant, actor: .system("test"), command: command)
    }

    func person() -> PersonID { PersonID.random(at: Bench.start) }

    func event(
        _ person: PersonID, _ type: String = "person.renamed", secret: String? = nil, expected: Int64? = nil
    ) -> NewEvent {
        NewEvent(
            context: context(), stream: Stream("person", person), type: type, facts: [Fact("count", .integer(1))],
            sections: secret.map { [PersonalSection(person: person, name: "profile", plaintext: Array($0.utf8))] }
                ?? [],
            expectedVersion: expected)
    }

    /// Every byte of every file under the folder.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted().reduce(into: Data()) {
            $0 += try Data(contentsOf: URL(fileURLWithPath: directory + "/" + $1))
        }
    }
}

/// The fault's code, so that a test names exactly which refusal it means.
func fault(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let fault as Fault {
        return fault.code
    } catch {
        return "\(error)"
    }
}

/// A value that a test's closures share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func withLock<T: Sendable>(_ body: (inout Value) -> T) -> T { value.withLock { body(&$0) } }
}
