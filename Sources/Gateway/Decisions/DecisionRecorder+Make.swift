import Logging
import Storage
import Vocabulary

extension DecisionRecorder {
    /// Where the segments of a gateway are.
    static func directory(_ configuration: Configuration) -> String {
        configuration.storage.directory + "/decisions"
    }

    /// What reads them.
    static func log(_ configuration: Configuration, _ store: Store) -> DecisionLog {
        DecisionLog(directory: directory(configuration)) { try store.openInputs($0, $1, $2, $3) }
    }

    /// Opens the recorder beside the store: inputs sealed under the subject's key, segment digests into the journal.
    static func make(_ configuration: Configuration, keys store: Store, logger: Logger) throws -> DecisionRecorder {
        var settings = DecisionRecorderConfiguration(directory: directory(configuration))
        settings.flushInterval = configuration.decisions.flushInterval
        settings.segmentBytes = configuration.decisions.segmentSize
        settings.shardCapacity = configuration.decisions.queue
        settings.retention = configuration.decisionRetention
        let journal = SegmentJournal(store: store, logger: logger)
        let recorder = try DecisionRecorder.open(
            settings, clock: SystemClock.now,
            seal: { try store.sealInputs($0, $1, $2, $3) },
            onClosed: { journal.announce($0) })
        journal.start(recorder)
        return recorder
    }
}

/// Journals the digest of each closed segment, then tells the recorder that it may forget the segment in time.
private final class SegmentJournal: Sendable {
    private let stream: AsyncStream<SegmentClosed>
    private let continuation: AsyncStream<SegmentClosed>.Continuation
    private let store: Store
    private let logger: Logger

    init(store: Store, logger: Logger) {
        (stream, continuation) = AsyncStream.makeStream()
        self.store = store
        self.logger = logger
    }

    func announce(_ segment: SegmentClosed) { continuation.yield(segment) }

    func start(_ recorder: DecisionRecorder) {
        Task { [stream, store, logger, weak recorder] in
            for await segment in stream {
                do {
                    try await Self.journal(segment, store)
                    try recorder?.journalled(segment)
                } catch {
                    // It is announced again at the next start, so nothing is lost.
                    logger.warning("decision segment not journalled", metadata: ["segment": "\(segment.name)"])
                }
            }
        }
    }

    private static func journal(_ segment: SegmentClosed, _ store: Store) async throws {
        try await store.write(.spool) { tx in
            let caller = Caller(
                tenant: segment.tenant, actor: .system("recorder"), command: CommandID.random(at: tx.now))
            try tx.append(
                caller.event(
                    "decision_segment.closed", Stream("tenant", segment.tenant),
                    facts: [
                        Fact("sha256", .digest(segment.sha256)), Fact("first", .integer(segment.first)),
                        Fact("records", .integer(segment.records)), Fact("first_at", .time(segment.firstAt)),
                        Fact("last_at", .time(segment.lastAt)),
                    ]))
        }
    }
}
