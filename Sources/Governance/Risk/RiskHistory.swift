import Vocabulary

/// One score as it was at a time.
public struct RiskHistoryEntry: Sendable, Hashable, Codable {
    public let score: Int
    public let level: RiskLevel
    public let recordedAt: Timestamp
}

/// A subject's scores of the past: the fold of its events, one stream per subject.
public struct RiskHistory: Sendable, Hashable, Codable {
    /// Entries kept; older ones fade from memory, not from the journal.
    public static let entryLimit = 1_000

    public let subject: Subject
    /// Oldest first.
    public internal(set) var entries: [RiskHistoryEntry] = []
    public internal(set) var version: Int64 = 0

    /// The scores since a moment, oldest first.
    public func trend(since: Timestamp) -> [RiskHistoryEntry] { entries.filter { $0.recordedAt >= since } }

    /// How folding and writing works; the first score begins a history.
    public static let aggregate = Aggregate<RiskHistory, RiskEvent>(
        kind: "risk_history",
        apply: { state, recorded throws(GovernanceError) in
            guard case .recorded(let subject, let score, let level) = recorded.event,
                state.map({ $0.subject == subject }) ?? true
            else { throw .invalidSequence(kind: "risk history", event: "\(recorded.event)") }
            var history = state ?? RiskHistory(subject: subject)
            history.insert(RiskHistoryEntry(score: score, level: level, recordedAt: recorded.at))
            history.version += 1
            state = history
        },
        encode: { $0.record }, decode: { try RiskEvent.read($0) })

    init(subject: Subject) { self.subject = subject }

    /// Times of a journal do not run backwards by much; a trend is ascending all the same.
    private mutating func insert(_ entry: RiskHistoryEntry) {
        let place = entries.lastIndex { $0.recordedAt <= entry.recordedAt }.map { $0 + 1 } ?? 0
        entries.insert(entry, at: place)
        if entries.count > Self.entryLimit { entries.removeFirst() }
    }
}
