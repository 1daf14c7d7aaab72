import Foundation
import Storage
import Synchronization
import Testing
import Vocabulary

@Suite("Connections that read are pooled", .timeLimit(.minutes(1)))
struct ReaderPoolTests {
    /// How many read at the same time, and how many at most.
    private final class Turnstile: Sendable {
        private let counts = Mutex((inside: 0, most: 0))

        var most: Int { counts.withLock(\.most) }

        func enter() {
            counts.withLock {
                $0.inside += 1
                $0.most = max($0.most, $0.inside)
            }
        }

        func leave() { counts.withLock { $0.inside -= 1 } }

        /// Until so many have been inside together; false after ten seconds.
        func wait(for count: Int) -> Bool {
            for _ in 0..<1_000 {
                if most >= count { return true }
                Thread.sleep(forTimeInterval: 0.01)
            }
            return false
        }
    }

    @Test("S4-77 as many read at once as there are connections and no more, and the writer waits for none of them")
    func pool() async throws {
        let bench = try Bench()
        var configuration = bench.configuration()
        configuration.readers = 2
        let store = try await Store.open(configuration, masterKey: bench.master) { bench.tick() }
        let turnstile = Turnstile()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await store.read { sql in
                        turnstile.enter()
                        defer { turnstile.leave() }
                        let found = try sql.queryOne("SELECT count(*) FROM person")?.integer(0)
                        // Nobody leaves before two are inside: with one connection they would wait for each other.
                        return turnstile.wait(for: 2) && found == 0
                    }
                }
            }
            for try await isTogether in group { #expect(isTogether) }
        }
        #expect(turnstile.most == 2)
        let isWritten = Mutex(false)
        async let reading = store.read { _ in
            for _ in 0..<1_000 {
                if isWritten.withLock(\.self) { return true }
                Thread.sleep(forTimeInterval: 0.01)
            }
            return false
        }
        let journal = try await store.write(.login) { try $0.sql.queryOne("SELECT 1")?.integer(0) }
        isWritten.withLock { $0 = true }
        #expect(journal == 1)
        #expect(try await reading)
    }
}
