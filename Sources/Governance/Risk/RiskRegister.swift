import Vocabulary

/// One score as it was at a time.
public struct RiskHistoryEntry: Sendable, Hashable, Codable {
    public let subject: Subject
    public let score: Int
    public let level: RiskLevel
    public let recordedAt: Timestamp
}

/// What can happen to a tenant's risk settings and records.
public enum RiskEvent: Sendable, Hashable {
    case configured(RiskModel, RiskThresholds)
    case recorded(Subject, score: Int, RiskLevel)
}

/// A tenant's thresholds, its model and the scores of the past: the fold of its events.
public struct RiskRegister: Sendable, Hashable, Codable {
    /// Entries kept per subject; older ones fade from memory, not from the journal.
    public static let entriesPerSubject = 1_000

    public internal(set) var model = RiskModel.average
    public internal(set) var thresholds = RiskThresholds.standard
    public internal(set) var history: [Subject: [RiskHistoryEntry]] = [:]
    public internal(set) var version: Int64 = 0

    /// The standard thresholds, the average model, no history.
    public init() {}

    /// The scores since a moment, oldest first.
    public func trend(of subject: Subject, since: Timestamp) -> [RiskHistoryEntry] {
        (history[subject] ?? []).filter { $0.recordedAt >= since }
    }

    /// How folding and writing works. A register has no creation: an empty one stands at the beginning.
    public static let aggregate = Aggregate<RiskRegister, RiskEvent>(
        kind: "risk",
        apply: { state, event throws(GovernanceError) in
            if state == nil { state = RiskRegister() }
            state?.apply(event)
        },
        encode: { $0.record }, decode: { try RiskEvent.read($0) })

    /// Folds one event. Pure.
    public func applying(_ recorded: Recorded<RiskEvent>) -> RiskRegister {
        var register = self
        register.apply(recorded)
        return register
    }

    private mutating func apply(_ recorded: Recorded<RiskEvent>) {
        version += 1
        switch recorded.event {
        case .configured(let model, let thresholds): (self.model, self.thresholds) = (model, thresholds)
        case .recorded(let subject, let score, let level):
            let entry = RiskHistoryEntry(subject: subject, score: score, level: level, recordedAt: recorded.at)
            history[subject, default: []].insert(entry)
        }
    }
}

extension [RiskHistoryEntry] {
    /// Times of a journal do not run backwards by much; a trend is ascending all the same.
    fileprivate mutating func insert(_ entry: RiskHistoryEntry) {
        let place = lastIndex { $0.recordedAt <= entry.recordedAt }.map { $0 + 1 } ?? 0
        insert(entry, at: place)
        if count > RiskRegister.entriesPerSubject { removeFirst() }
    }
}

extension RiskEvent {
    fileprivate var record: EventRecord {
        switch self {
        case .configured(let model, let thresholds):
            RecordBuilder("risk.configured").fact("model", .word(model.rawValue))
                .fact("low_max", .integer(Int64(thresholds.lowMax)))
                .fact("medium_max", .integer(Int64(thresholds.mediumMax)))
                .fact("high_max", .integer(Int64(thresholds.highMax))).record
        case .recorded(let subject, let score, let level):
            RecordBuilder("risk.recorded").fact("subject", .subject(subject)).fact("score", .integer(Int64(score)))
                .fact("level", .word(level.rawValue)).record
        }
    }

    fileprivate static func read(_ record: EventRecord) throws -> RiskEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "risk.configured":
            return .configured(
                try reader.word("model"),
                try RiskThresholds(
                    lowMax: Int(try reader.integer("low_max")), mediumMax: Int(try reader.integer("medium_max")),
                    highMax: Int(try reader.integer("high_max"))))
        case "risk.recorded":
            return .recorded(
                try reader.subject("subject"), score: Int(try reader.integer("score")), try reader.word("level"))
        default: throw reader.broken("type")
        }
    }
}
