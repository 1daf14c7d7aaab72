import Glibc
import Synchronization
import Testing

@testable import SAML

/// Work that ends when it may.
private final class Gate: Sendable {
    let isOpen = Atomic(false)
    let waiting = Atomic(0)

    func wait() -> Int {
        waiting.add(1, ordering: .relaxed)
        while !isOpen.load(ordering: .relaxed) { usleep(1_000) }
        return 1
    }
}

@Suite("Threads for SAML documents")
struct SAMLExecutorTests {
    @Test("Work runs beside one another on the executor's threads, and what it throws comes back")
    func work() async throws {
        let executor = try SAMLExecutor(threadCount: 2)
        defer { executor.stop() }
        let bytes = try Honest().bytes()
        let names = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try await executor.run {
                        try UnverifiedResponse(bytes).verified(by: try Honest.expectation()).nameID?.value ?? ""
                    }
                }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(names == Array(repeating: Honest.name, count: 64))
        await #expect(throws: SAMLError.self) { try await executor.run { try XMLReader.parse([]) } }
    }

    @Test("One more than may wait is refused at once, and so is everything after the end", .timeLimit(.minutes(1)))
    func limits() async throws {
        let executor = try SAMLExecutor(threadCount: 1, queueLimit: 2)
        let gate = Gate()
        var jobs = [Task { try await executor.run { gate.wait() } }]
        while gate.waiting.load(ordering: .relaxed) < 1 { try await Task.sleep(for: .milliseconds(1)) }
        jobs += (0..<2).map { _ in Task { try await executor.run { gate.wait() } } }
        while executor.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
        let refused = await Task { try await executor.run { 1 } }.result
        #expect(throws: SAMLError(.busy, "too many SAML documents wait to be looked at")) { try refused.get() }
        gate.isOpen.store(true, ordering: .relaxed)
        for job in jobs { #expect(try await job.value == 1) }
        executor.stop()
        let late = await Task { try await executor.run { 1 } }.result
        #expect(throws: SAMLError.self) { try late.get() }
    }
}
