import Foundation
import Storage
import Testing
import Vocabulary

@Suite("An erased person is found nowhere, and verification still holds")
struct ErasureTests {
    private let secret = "zanzibar.quetzalcoatl@example.org"

    @Test func nothingIsLeftAndTheTreeHolds() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let (gone, kept) = (bench.person(), bench.person())
        try await store.write(.login) { transaction in
            for _ in 0..<50 { try transaction.append(bench.event(gone, secret: self.secret)) }
            try transaction.append(bench.event(kept, secret: "stays"))
        }
        let sealed = try await store.read { connection in
            try connection.queryOne("SELECT sealed FROM journal_section WHERE position = 1")!.blob(0)
        }
        let wrapped = try await store.read { connection in
            try connection.queryOne("SELECT sealed FROM person_key WHERE person = ?1", [.id(gone)])!.blob(0)
        }
        #expect(try bench.bytes().range(of: Data(sealed)) != nil)
        let head = try await store.signHeads(now: bench.tick())[0]

        try await store.write(.administration) { _ = try $0.erase(gone, bench.context()) }
        let files = try bench.bytes()
        for trace in [sealed, wrapped, Array(sealed.suffix(40))] { #expect(files.range(of: Data(trace)) == nil) }
        let opened = try await store.events(of: bench.tenant, limit: 100, opening: true)
        #expect(opened[0].sections.map(\.plaintext) == [nil])
        #expect(opened[50].sections[0].plaintext == Array("stays".utf8))
        #expect(opened[51].envelope.type == "person.erased")
        #expect(try await store.erasedPeople().map(\.person) == [gone])

        try await store.signHeads(now: bench.tick())
        #expect(try await store.check().isEmpty)
        let path = bench.directory + "/export"
        try await store.exportJournal(of: bench.tenant, to: path, withSections: true)
        #expect(try JournalVerifier.verify(exportAt: path, checkpoint: head).findings == [])
        #expect(try !String(contentsOfFile: path, encoding: .utf8).contains("zanzibar"))
    }

    @Test func nobodyWritesAboutAnErasedPersonAgain() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let gone = bench.person()
        try await store.write(.login) { _ = try $0.append(bench.event(gone, secret: self.secret)) }
        let late = await fault {
            try await store.write(.login) { transaction in
                try transaction.erase(gone, bench.context())
                try transaction.append(bench.event(gone, secret: self.secret))
            }
        }
        #expect(late == "storage.erased")
        #expect(try await store.events(of: bench.tenant, opening: true)[0].sections[0].plaintext != nil)
        try await store.write(.login) { _ = try $0.erase(gone, bench.context()) }
        let again = await fault {
            try await store.write(.login) { _ = try $0.append(bench.event(gone, secret: self.secret)) }
        }
        #expect(again == "storage.erased")
        try await store.write(.login) { _ = try $0.append(bench.event(gone)) }
    }

    @Test func aReaderDelaysTheLogButNotTheErasure() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let gone = bench.person()
        try await store.write(.login) { _ = try $0.append(bench.event(gone, secret: self.secret)) }
        let sealed = try await store.read { try $0.queryOne("SELECT sealed FROM journal_section")!.blob(0) }
        let (entered, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reading = Task {
            try await store.read { connection in
                _ = try connection.query("SELECT COUNT(*) FROM journal_event")
                entered.signal()
                gate.wait()
            }
        }
        await Task.detached { wait(entered) }.value
        try await store.write(.login) { _ = try $0.erase(gone, bench.context()) }
        gate.signal()
        try await reading.value
        for _ in 0..<100 where try bench.bytes().range(of: Data(sealed)) != nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try bench.bytes().range(of: Data(sealed)) == nil)
    }
}

private func wait(_ semaphore: DispatchSemaphore) { semaphore.wait() }
