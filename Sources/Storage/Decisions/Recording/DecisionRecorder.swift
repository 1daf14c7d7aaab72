import Authorization
import Dispatch
import Foundation
import Synchronization
import Vocabulary

/// Keeps a record of every decision in bounded, append-only segment files whose digests go into the journal.
///
/// Request threads only move a value into a buffer; a thread of its own folds, seals, writes and syncs. When it cannot
/// keep up or the disk fails, decisions from mandatory on are refused rather than made without a record.
public final class DecisionRecorder: Sendable {
    private let shards: [DecisionShard]
    private let shardShift: UInt64
    private let drainer: DecisionDrainer
    private let folder: SegmentFolder

    /// Opens the directory: closes what an earlier run left open, and begins to record. `onClosed` is called on the
    /// recorder's thread for each closed segment, first for those of earlier runs that are not journalled yet; the
    /// receiver journals the digest and then calls `journalled`. `seal` is called there too and may throw.
    /// Throws `storage.file`, `decisions.malformed`.
    public static func open(
        _ configuration: DecisionRecorderConfiguration, clock: @escaping @Sendable () -> Timestamp,
        seal: @escaping SealDecisionInputs, onClosed: @escaping @Sendable (SegmentClosed) -> Void
    ) throws -> DecisionRecorder {
        let folder = SegmentFolder(root: configuration.directory)
        try Files.makeDirectory(folder.root)
        var waiting: [SegmentClosed] = [], next: [TenantID: Int64] = [:]
        for tenant in try folder.tenants() {
            let found = try folder.recover(tenant)
            waiting += found.waiting
            next[tenant] = found.next
        }
        let book = SegmentBook(configuration, folder: folder, next: next, clock: clock, seal: seal, onClosed: onClosed)
        return DecisionRecorder(configuration, folder, book, waiting)
    }

    private init(
        _ configuration: DecisionRecorderConfiguration, _ folder: SegmentFolder, _ book: sending SegmentBook,
        _ waiting: [SegmentClosed]
    ) {
        let bits = (0..<10).first { 1 << $0 >= configuration.shardCount } ?? 10
        shards = (0..<(1 << bits)).map { _ in
            DecisionShard(capacity: configuration.shardCapacity, bytes: configuration.shardBytes)
        }
        shardShift = UInt64(64 - bits)
        self.folder = folder
        drainer = DecisionDrainer(shards, book, configuration)
        drainer.start(announcing: waiting)
    }

    /// A fresh id for a decision made now. Costs a count, not a draw.
    public func nextID(at now: Timestamp) -> DecisionID { shards[shardIndex].nextID(at: now) }

    /// Hands a decision over. Costs the caller the writing of a few hundred bytes; returns at once.
    public func record(_ decision: borrowing RecordedDecision) -> RecordResult {
        let basis = decision.basis
        return Self.withParcel({ DecisionParcelWriter.write(decision, into: &$0) }) { hand(over: $0, basis) }
    }

    /// Hands over an answer of the policy index, straight from what it was made of: the standing and the stored
    /// resources it was asked with, and the basis of the index that gave it; of another index, no attributes would be
    /// recorded. Returns at once and keeps nothing of it but the basis.
    public func record(
        _ decision: Decision, id: DecisionID, at: Timestamp, request: DecisionRequest, standing: Standing,
        resources: ResourceDirectory? = nil, asker: RecordedAsker, basis: RecordedBasis, factsPosition: Int64,
        origin: RecordedOrigin
    ) -> RecordResult {
        Self.withParcel({
            DecisionParcelWriter.write(
                decision, id: id, at: at, request: request, standing: standing, resources: resources, asker: asker,
                basis: basis, factsPosition: factsPosition, origin: origin, into: &$0)
        }) { hand(over: $0, basis) }
    }

    /// Records a decision on its own and returns once it is on disk. Throws `decisions.overloaded` when too many wait,
    /// `decisions.stopped` after a disk failure or `stop`: the caller must deny.
    public func recordDurably(_ decision: RecordedDecision) async throws {
        let parcel = Self.withParcel({ DecisionParcelWriter.write(decision, into: &$0) }) { Array($0) }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            if let fault = drainer.push(parcel, decision.basis, continuation) { continuation.resume(throwing: fault) }
        }
    }

    private func hand(over parcel: UnsafeRawBufferPointer, _ basis: RecordedBasis) -> RecordResult {
        let (result, fill) = shards[shardIndex].append(parcel, basis)
        if fill { drainer.wake() }
        return result
    }

    /// Writes into the stack's memory, and into as much as the largest parcel takes only when that is too small.
    private static func withParcel<Result>(
        _ write: (inout ParcelCursor) -> Void, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let small: Result? = withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 16) { memory in
            var cursor = ParcelCursor(memory)
            write(&cursor)
            return cursor.hasOverflowed ? nil : body(cursor.bytes)
        }
        if let small { return small }
        return withUnsafeTemporaryAllocation(byteCount: largestParcel, alignment: 16) { memory in
            var cursor = ParcelCursor(memory)
            write(&cursor)
            return body(cursor.bytes)
        }
    }

    /// Four lists of words at their limits, and inputs at theirs with the attribute that goes beyond.
    private static let largestParcel =
        4 * DecisionParcelWriter.listLimit * (DecisionParcelWriter.wordLimit + 2) + 2 * DecisionInputs.byteLimit

    /// Notes that the journal holds the segment's digest: from now on retention may delete it. Throws `storage.file`.
    public func journalled(_ segment: SegmentClosed) throws {
        try folder.writeSum(segment)
    }

    public var statistics: DecisionRecorderStatistics {
        var statistics = drainer.statistics
        for shard in shards { shard.count(into: &statistics) }
        return statistics
    }

    /// Writes what waits, closes all segments, and refuses what comes.
    public func stop() async { await drainer.stop() }

    deinit { drainer.abandon() }

    private var shardIndex: Int {
        // Threads keep their shard, so that two of them seldom meet at one lock.
        let thread = UInt64(pthread_self()) >> 6
        return shardShift == 64 ? 0 : Int((thread &* 0x9E37_79B9_7F4A_7C15) >> shardShift)
    }
}
