import Dispatch
import Synchronization
import Testing
import Vocabulary

@testable import Passwords

@Suite struct HashingQueueTests {
    /// A hasher of one thread whose hashes wait for `gate`.
    static func gated(_ gate: DispatchSemaphore, queueLimit: Int = 64) throws -> PasswordHasher {
        try PasswordHasher(
            configuration: .init(threads: 1, queueLimit: queueLimit, queueLimitPerShare: queueLimit)
        ) { input, _ in
            gate.wait()
            return input
        }
    }

    static func reached(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<2_000 where !condition() { try? await Task.sleep(for: .milliseconds(2)) }
        return condition()
    }

    @Test func `shares are served in turn, each first come, first served`() {
        var queue = FairQueue<String>(limit: 10, limitPerShare: 4)
        for name in ["a1", "a2", "a3", "a4"] { #expect(queue.append(name, share: 1) == true) }
        #expect(queue.append("a5", share: 1) == false)
        for name in ["b1", "b2"] { #expect(queue.append(name, share: 2) == true) }
        let removed = queue.removeFirst(share: 1) { $0 == "a2" }
        #expect(removed == "a2")
        let served = (0..<6).map { _ in queue.popNext() }
        #expect(served == ["a1", "b1", "a3", "b2", "a4", nil])
        #expect(queue.count == 0)
    }

    @Test func `the whole queue has a limit across shares`() {
        var queue = FairQueue<Int>(limit: 3, limitPerShare: 3)
        for share: UInt64 in 1...3 { #expect(queue.append(1, share: share) == true) }
        #expect(queue.append(1, share: 4) == false)
        let all = queue.removeAll()
        #expect(all == [1, 1, 1])
        #expect(queue.append(1, share: 4) == true)
    }

    @Test func `a cancelled task leaves the queue at once and its place is free again`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let hasher = try Self.gated(gate, queueLimit: 1)
        let running = Task { try await hasher.verify(SecretText("x"), against: nil) }
        #expect(await Self.reached { hasher.load.running == 1 })
        let waiting = Task { try await hasher.verify(SecretText("x"), against: nil) }
        #expect(await Self.reached { hasher.load.queued == 1 })
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(hasher.load.queued == 0 && hasher.load.running == 1)
        for _ in 0..<2 { gate.signal() }
        #expect(try await running.value == .mismatched)
        #expect(try await hasher.verify(SecretText("x"), against: nil) == .mismatched)
    }

    @Test func `a shutdown refuses what waits and what comes, and finishes what runs`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let hasher = try Self.gated(gate)
        let running = Task { try await hasher.verify(SecretText("x"), against: nil) }
        #expect(await Self.reached { hasher.load.running == 1 })
        let waiting = Task { try await hasher.verify(SecretText("x"), against: nil) }
        #expect(await Self.reached { hasher.load.queued == 1 })
        hasher.shutDown()
        let stopping = Fault("passwords.stopping", .ourselves, "")
        await #expect(throws: stopping) { try await waiting.value }
        await #expect(throws: stopping) { try await hasher.verify(SecretText("x"), against: nil) }
        gate.signal()
        #expect(try await running.value == .mismatched)
    }

    // S4-13.
    @Test func `a former password is recognised, another is not, and the history has a limit`() async throws {
        let hasher = try PasswordHasher(configuration: .init(threads: 2))
        var history: [PasswordHash] = []
        for text in ["the first of them", "the second of them"] {
            history.append(try await hasher.hash(SecretText(text)))
        }
        history.append(try hasher.read("{SSHA}" + "yFZvBQFpS6JLQOKoQpWqNiNRzYlhYmNk"))
        #expect(try await hasher.matchesAny(SecretText("the second of them"), of: history))
        #expect(try await false == hasher.matchesAny(SecretText("the third of them"), of: history))
        #expect(try await false == hasher.matchesAny(SecretText("whatever"), of: []))
        let long = [PasswordHash](repeating: history[0], count: PasswordHasher.historyLimit + 1)
        await #expect(throws: Fault("passwords.history", .ourselves, "")) {
            try await hasher.matchesAny(SecretText("the first of them"), of: long)
        }
    }

    /// The threads and the queue must cost next to nothing beside the hash.
    @Test(.timeLimit(.minutes(1))) func `throughput is that of bare argon2`() async throws {
        let count = 12
        let hasher = try PasswordHasher(configuration: .init(threads: 1))
        let frame = hasher.blankHash(.none)
        let input = SecretBuffer(Array("measured".utf8))
        let clock = ContinuousClock()
        let bare = try clock.measure { for _ in 0..<count { _ = try Argon2Hash.derive(input, like: frame) } }
        let queued = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask { _ = try await hasher.verify(SecretText("measured"), against: nil) }
                }
                try await group.waitForAll()
            }
        }
        print("argon2id 19 MiB, 2 passes, one thread: \(count) bare in \(bare), \(count) queued in \(queued)")
        #expect(queued < bare * 4)
    }
}
