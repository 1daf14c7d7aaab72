import Dispatch
import Synchronization
import Testing

@testable import Storage

@Suite struct ReadingThreadsTests {
    private final class Done: Sendable {
        let count = Atomic(0)
        let signal = DispatchSemaphore(value: 0)
        func one() {
            count.add(1, ordering: .relaxed)
            signal.signal()
        }
    }

    @Test func `every job is done once, however many threads there are`() throws {
        for threads in [1, 3] {
            let (reading, done) = (ReadingThreads(threads), Done())
            for _ in 0..<2_500 { try reading.run { done.one() } }
            for _ in 0..<2_500 { done.signal.wait() }
            #expect(done.count.load(ordering: .relaxed) == 2_500)
            reading.stop()
        }
    }

    @Test func `what waits when they stop is done, and nothing is taken any more`() throws {
        let (reading, done, gate) = (ReadingThreads(1), Done(), DispatchSemaphore(value: 0))
        try reading.run { gate.wait() }
        for _ in 0..<10 { try reading.run { done.one() } }
        reading.stop()
        #expect(throws: ReadingThreads.Refusal.stopped) { try reading.run { done.one() } }
        gate.signal()
        for _ in 0..<10 { done.signal.wait() }
        #expect(done.count.load(ordering: .relaxed) == 10)
    }

    @Test func `one more than may wait is refused, and place is made by doing`() throws {
        let (reading, done, gate) = (ReadingThreads(1), Done(), DispatchSemaphore(value: 0))
        let begun = DispatchSemaphore(value: 0)
        try reading.run {
            begun.signal()
            gate.wait()
        }
        begun.wait()
        for _ in 0..<ReadingThreads.waitingLimit { try reading.run { done.one() } }
        #expect(throws: ReadingThreads.Refusal.full) { try reading.run { done.one() } }
        gate.signal()
        for _ in 0..<ReadingThreads.waitingLimit { done.signal.wait() }
        try reading.run { done.one() }
        done.signal.wait()
        reading.stop()
    }
}
