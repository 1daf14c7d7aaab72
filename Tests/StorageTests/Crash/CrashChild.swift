import Foundation
import Testing
import Vocabulary

@testable import Storage

/// The process that gets killed: this test binary again, told by its environment where to write.
@Suite("The writer that is killed")
struct CrashChild {
    static let directoryVariable = "TEST_CRASH_DIRECTORY"
    static let unsafeVariable = "TEST_CRASH_UNSAFE"
    static var directory: String? { ProcessInfo.processInfo.environment[directoryVariable] }

    /// Appends without end, and prints each event's id once its write has returned.
    @Test(.enabled(if: directory != nil, "only runs inside the crash tests"))
    func crashChildWritesForEver() async throws {
        let directory = try #require(Self.directory)
        let master = try MasterKey(bytes: [UInt8](repeating: 7, count: 32))
        let store = try await Store.open(
            StoreConfiguration(directory: directory, node: NodeID(high: 1, low: 1)), masterKey: master
        ) { Bench.start }
        if ProcessInfo.processInfo.environment[Self.unsafeVariable] != nil {
            try store.pool.write { try $0.executeScript("PRAGMA synchronous = OFF") }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await Self.write(store) } }
        }
    }

    private static func write(_ store: Store) async {
        let tenant = TenantID(high: 1, low: 1)
        while true {
            let person = PersonID.random(at: Bench.start)
            let context = EventContext(
                tenant: tenant, actor: .system("test"), command: CommandID.random(at: Bench.start))
            let event = NewEvent(
                context: context, stream: Stream("person", person), type: "person.created",
                sections: [PersonalSection(person: person, name: "profile", plaintext: Array("{}".utf8))])
            guard let appended = try? await store.write(.login, { try $0.append(event) }) else { return }
            FileHandle.standardOutput.write(Data("ack \(appended.id)\n".utf8))
        }
    }
}
