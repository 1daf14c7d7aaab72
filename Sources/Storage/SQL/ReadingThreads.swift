import Dispatch
import Foundation
import Synchronization
import Vocabulary

/// As many threads as there are connections to read by, and the reads that wait for one. A read changes threads twice,
/// there and back; through the pool's own queues it changed four times, which cost more than the reading.
final class ReadingThreads: Sendable {
    typealias Job = @Sendable () -> Void

    /// Reads that may wait; one more is refused.
    static let waitingLimit = 16_384

    private struct State {
        var jobs: [Job] = []
        /// Jobs before this one are done.
        var head = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let count: Int

    init(_ count: Int) {
        self.count = max(1, count)
        for number in 1...self.count {
            let thread = Thread { [self] in work() }
            thread.name = "gatehouse-read-\(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Why a read was not taken.
    enum Refusal: Error { case full, stopped }

    func run(_ job: @escaping Job) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            guard !state.isStopped else { throw .stopped }
            guard state.jobs.count - state.head < Self.waitingLimit else { throw .full }
            state.jobs.append(job)
        }
        wake.signal()
    }

    /// Lets what waits be read, and then ends the threads.
    func stop() {
        state.withLock { $0.isStopped = true }
        for _ in 0..<count { wake.signal() }
    }

    private func work() {
        while true {
            wake.wait()
            let (job, isOver) = state.withLock { state in (Self.next(&state), state.isStopped) }
            job?()
            // A signal for each job and one for each thread: whoever finds no job has found the end.
            if job == nil, isOver { return }
        }
    }

    private static func next(_ state: inout State) -> Job? {
        guard state.head < state.jobs.count else { return nil }
        defer {
            state.head += 1
            if state.head == state.jobs.count || state.head >= 1_024 {
                state.jobs.removeFirst(state.head)
                state.head = 0
            }
        }
        return state.jobs[state.head]
    }
}
