import Dispatch
import Foundation
import Synchronization
import Vocabulary

/// The recorder's thread: empties the shards, writes and syncs once per flush interval or sooner.
final class DecisionDrainer: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>
    private struct State {
        var urgent: [(decision: RecordedDecision, waiter: Waiter)] = []
        var isStopping = false
        var hasStopped = false
        var whenStopped: [CheckedContinuation<Void, Never>] = []
        var statistics = DecisionRecorderStatistics()
    }
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let shards: [DecisionShard]
    private let book: ThreadConfined<SegmentBook>
    private let configuration: DecisionRecorderConfiguration

    init(_ shards: [DecisionShard], _ book: sending SegmentBook, _ configuration: DecisionRecorderConfiguration) {
        self.shards = shards
        self.book = ThreadConfined(book)
        self.configuration = configuration
    }

    func start(announcing waiting: [SegmentClosed]) {
        let thread = Thread { [self] in work(book.value, waiting) }
        thread.name = "gatehouse-decisions"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func wake() { signal.signal() }

    var statistics: DecisionRecorderStatistics { state.withLock { $0.statistics } }

    /// Takes a decision that somebody waits for; a fault when it cannot.
    func push(_ decision: RecordedDecision, _ waiter: CheckedContinuation<Void, any Error>) -> Fault? {
        let fault: Fault? = state.withLock { state in
            if state.isStopping || state.hasStopped { return Self.stopped }
            guard state.urgent.count < configuration.urgentLimit else { return Self.overloaded }
            state.urgent.append((decision, waiter))
            return nil
        }
        if fault == nil { wake() }
        return fault
    }

    func stop() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.isStopping = true
                if !state.hasStopped { state.whenStopped.append(continuation) }
                return state.hasStopped
            }
            if isOver { continuation.resume() } else { wake() }
        }
    }

    func abandon() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    private func work(_ book: SegmentBook, _ waiting: [SegmentClosed]) {
        for segment in waiting { book.announce(segment) }
        var spares = shards.map { _ in [RecordedDecision]() }
        var failure: Fault?
        while failure == nil {
            _ = signal.wait(timeout: .now() + .microseconds(Int(configuration.flushInterval.microseconds)))
            let isStopping = state.withLock { $0.isStopping }
            // Shut before the last look, so that nothing is accepted that nobody will write.
            if isStopping { for shard in shards { shard.shut() } }
            failure = tick(book, &spares, isLast: isStopping)
            if isStopping { break }
        }
        end(failure)
    }

    private func tick(_ book: SegmentBook, _ spares: inout [[RecordedDecision]], isLast: Bool) -> Fault? {
        let urgent = state.withLock { state in
            let urgent = state.urgent
            state.urgent = []
            return urgent
        }
        let start = ContinuousClock.now
        do {
            let wrote = try write(urgent.map(\.decision), book, &spares)
            if wrote { note(ContinuousClock.now - start) }
            for (_, waiter) in urgent { waiter.resume() }
        } catch {
            for (_, waiter) in urgent { waiter.resume(throwing: Self.stopped) }
            return Self.fault(error)
        }
        do {
            if isLast { try book.closeAll() }
        } catch {
            return Self.fault(error)
        }
        book.retain()
        count(book, durable: urgent.count)
        return nil
    }

    private func write(
        _ urgent: [RecordedDecision], _ book: SegmentBook, _ spares: inout [[RecordedDecision]]
    ) throws -> Bool {
        var wrote = !urgent.isEmpty
        for decision in urgent { try book.add(decision, single: true) }
        for (index, shard) in shards.enumerated() {
            let gaps = shard.take(into: &spares[index])
            for decision in spares[index] { try book.add(decision) }
            for (tenant, gap) in gaps { try book.add(gap, tenant) }
            wrote = wrote || !spares[index].isEmpty || !gaps.isEmpty
            spares[index].removeAll(keepingCapacity: true)
        }
        try book.endTick()
        return wrote
    }

    private func note(_ time: Duration) {
        state.withLock {
            $0.statistics.flushes += 1
            $0.statistics.slowestFlush = max($0.statistics.slowestFlush, time)
        }
    }

    private func count(_ book: SegmentBook, durable: Int) {
        state.withLock {
            $0.statistics.durable += Int64(durable)
            $0.statistics.folded = book.folded
            $0.statistics.unreadableInputs = book.unreadableSoFar
            $0.statistics.segmentsClosed = book.closed
            $0.statistics.segmentsDeleted = book.deleted
            $0.statistics.retentionFailure = book.retentionFailure
        }
    }

    /// Fails closed: shards refuse, waiting callers are told, nobody is left hanging.
    private func end(_ failure: Fault?) {
        for shard in shards { shard.shut() }
        let (urgent, waiting) = state.withLock { state in
            state.hasStopped = true
            state.statistics.failure = failure
            defer {
                state.urgent = []
                state.whenStopped = []
            }
            return (state.urgent, state.whenStopped)
        }
        for (_, waiter) in urgent { waiter.resume(throwing: Self.stopped) }
        for continuation in waiting { continuation.resume() }
    }

    private static func fault(_ error: any Error) -> Fault {
        error as? Fault ?? Fault("decisions.failed", .ourselves, "Decisions cannot be recorded.")
    }

    private static let stopped = Fault(
        "decisions.stopped", .ourselves, "Decisions are not being recorded any more.",
        remedy: "See to the disk that holds the decision segments, then restart.")
    private static let overloaded = Fault(
        "decisions.overloaded", .ourselves, "Too many decisions wait to be recorded.", remedy: "Try again in a moment.")
}

/// Carries a value to the one thread that uses it.
/// `@unchecked`: guarded by use; only the drainer's thread reads `value`, once it has been started.
private final class ThreadConfined<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
