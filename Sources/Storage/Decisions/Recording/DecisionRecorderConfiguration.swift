import Vocabulary

/// How decisions are recorded.
public struct DecisionRecorderConfiguration: Sendable {
    /// The directory of the segments, beside the database.
    public var directory: String
    /// How often records are made durable. It is the window within which identical allows fold, and, with the time of
    /// one sync, the bound on what a crash can lose of decisions that were not recorded durably.
    public var flushInterval: Duration = .milliseconds(50)
    /// Decisions that may wait, per shard; one more is an overflow.
    public var shardCapacity = 131_072
    /// Bytes that may wait, per shard; a decision beyond them is an overflow. Kept only while they are in use.
    public var shardBytes = 32 << 20
    /// Shards that request threads are spread over, rounded up to a power of two.
    public var shardCount = 4
    /// Durable records that may wait at one time; one more is refused.
    public var urgentLimit = 1_024
    /// A segment is closed once it has this many bytes,
    public var segmentBytes = 64 << 20
    /// or is this old,
    public var segmentAge: Duration = .hours(1)
    /// or when this many other tenants were written to more recently.
    public var openSegments = 256
    /// Journalled segments whose latest record is older are deleted; nil keeps them for ever.
    public var retention: Duration?
    /// How often old segments are looked for.
    public var retentionInterval: Duration = .minutes(10)

    public init(directory: String) { self.directory = directory }
}

/// What became of a decision handed over for the record.
public enum RecordResult: Sendable, Hashable {
    /// It will be durable within the flush interval.
    case recorded
    /// There was no room; it is counted in a gap. The answer may stand.
    case lost
    /// There was no room; it is counted in a gap. Because the decision is mandatory or above, the caller must deny.
    case overflowed
}

/// Decisions handed over for the record, by what was answered. Those recorded durably are not among them.
public struct AnsweredDecisions: Sendable, Equatable {
    static let permit = 0, deny = 1, error = 2, stepUp = 3
    var counts = SIMD4<Int64>()

    public var permitted: Int64 { counts[Self.permit] }
    public var denied: Int64 { counts[Self.deny] }
    /// Nothing could be decided, which denied.
    public var failed: Int64 { counts[Self.error] }
    /// Denied, and a stronger or more recent login would be permitted.
    public var asksStepUp: Int64 { counts[Self.stepUp] }
}

/// Counts since the recorder was opened.
public struct DecisionRecorderStatistics: Sendable, Equatable {
    public internal(set) var recorded: Int64 = 0
    public internal(set) var lost: Int64 = 0
    public internal(set) var answered = AnsweredDecisions()
    /// Decisions that wait in memory now, and their bytes.
    public internal(set) var waiting = 0
    public internal(set) var waitingBytes = 0
    public internal(set) var overflowed: Int64 = 0
    /// Made durable before they were answered.
    public internal(set) var durable: Int64 = 0
    /// Decisions that became part of another's count.
    public internal(set) var folded: Int64 = 0
    /// Inputs that could not be sealed or were too large.
    public internal(set) var unreadableInputs: Int64 = 0
    public internal(set) var segmentsClosed: Int64 = 0
    public internal(set) var segmentsDeleted: Int64 = 0
    /// Flushes that wrote something.
    public internal(set) var flushes: Int64 = 0
    /// The longest time from taking decisions over to their being durable.
    public internal(set) var slowestFlush: Duration = .zero
    /// Why old segments could not be deleted at the last attempt; recording goes on.
    public internal(set) var retentionFailure: Fault?
    /// Why recording stopped; nil while it works.
    public internal(set) var failure: Fault?
}
