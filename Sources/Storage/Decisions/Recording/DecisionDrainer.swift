import Dispatch
import Foundation
import Synchronization
import Vocabulary

/// The recorder's thread: empties the shards, writes and syncs once per flush interval or sooner.
final class DecisionDrainer: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>
    private struct Urgent {
        let parcel: [UInt8]
        let basis: RecordedBasis
        let waiter: Waiter
    }
    private struct State {
        var urgent: [Urgent] = []
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
    func push(
        _ parcel: [UInt8], _ basis: RecordedBasis, _ waiter: CheckedContinuation<Void, any Error>
    ) -> Fault? {
        let fault: Fault? = state.withLock { state in
            if state.isStopping || state.hasStopped { return Self.stopped }
            guard state.urgent.count < configuration.urgentLimit else { return Self.overloaded }
            state.urgent.append(Urgent(parcel: parcel, basis: basis, waiter: waiter))
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
        var spares = shards.map { _ in DecisionShard.Load() }
        var failure: Fault?
        var end = DispatchTime.now() + interval
        while failure == nil {
            _ = signal.wait(timeout: end)
            let (isStopping, isUrgent) = state.withLock { ($0.isStopping, !$0.urgent.isEmpty) }
            // Shut before the last look, so that nothing is accepted that nobody will write.
            if isStopping { for shard in shards { shard.shut() } }
            let isDue = isStopping || isUrgent || DispatchTime.now() >= end
            if isDue { end = .now() + interval }
            failure = isDue ? tick(book, &spares, isLast: isStopping) : absorb(book, &spares)
            if isStopping { break }
        }
        self.end(failure)
    }

    private var interval: DispatchTimeInterval { .microseconds(Int(configuration.flushInterval.microseconds)) }

    /// Empties shards that fill up before the tick is over; what can fold still does.
    private func absorb(_ book: SegmentBook, _ spares: inout [DecisionShard.Load]) -> Fault? {
        do {
            _ = try take(book, &spares)
            return nil
        } catch {
            return Self.fault(error)
        }
    }

    private func tick(_ book: SegmentBook, _ spares: inout [DecisionShard.Load], isLast: Bool) -> Fault? {
        let urgent = state.withLock { state in
            let urgent = state.urgent
            state.urgent = []
            return urgent
        }
        let start = ContinuousClock.now
        do {
            let wrote = try write(urgent, book, &spares)
            if wrote { note(ContinuousClock.now - start) }
            for one in urgent { one.waiter.resume() }
        } catch {
            for one in urgent { one.waiter.resume(throwing: Self.stopped) }
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
        _ urgent: [Urgent], _ book: SegmentBook, _ spares: inout [DecisionShard.Load]
    ) throws -> Bool {
        for one in urgent {
            try one.parcel.withUnsafeBytes { try book.add(DecisionParcel($0, at: 0), one.basis, single: true) }
        }
        let took = try take(book, &spares)
        try book.endTick()
        return took || !urgent.isEmpty
    }

    private func take(_ book: SegmentBook, _ spares: inout [DecisionShard.Load]) throws -> Bool {
        var took = false
        for (index, shard) in shards.enumerated() {
            shard.take(into: &spares[index])
            let load = spares[index]
            try load.bytes.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    let number = DecisionParcel(bytes, at: offset).head.basis
                    offset = try Self.add(bytes, from: offset, of: number, load.bases[Int(number)], book)
                }
            }
            for (tenant, gap) in load.gaps { try book.add(gap, tenant) }
            took = took || load.count > 0 || !load.gaps.isEmpty
        }
        return took
    }

    /// Adds the parcels from `offset` on that have the same basis; answers where the next one begins. The basis is
    /// referred to once for all of them: its count of references is what deciding threads write, too.
    private static func add(
        _ bytes: UnsafeRawBufferPointer, from start: Int, of number: UInt32, _ basis: RecordedBasis, _ book: SegmentBook
    ) throws -> Int {
        var offset = start
        while offset < bytes.count {
            let parcel = DecisionParcel(bytes, at: offset)
            guard parcel.head.basis == number else { break }
            try book.add(parcel, basis)
            offset += parcel.count
        }
        return offset
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
        for one in urgent { one.waiter.resume(throwing: Self.stopped) }
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
