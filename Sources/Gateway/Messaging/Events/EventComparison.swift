import Governance
import Messaging
import Storage
import Vocabulary

/// What came of folding a stream and the journal, and holding one against the other.
public struct EventComparison: Sendable, Hashable {
    /// Messages that were read, and those of them that are none of ours.
    public internal(set) var messages = 0
    public internal(set) var foreign = 0
    /// Sequences of the stream that hold nothing any more, by why: aged out, removed.
    public internal(set) var gaps: [String: Int] = [:]
    /// The last position of the journal that the stream holds: up to there both are compared.
    public internal(set) var position: Int64 = 0
    /// Things whose states are the same, byte for byte.
    public internal(set) var same = 0
    /// Things whose states differ, or that only one of both has: kind and id.
    public internal(set) var differing: [String] = []
    /// Things of which the stream holds too little to fold them.
    public internal(set) var incomplete: [String] = []
    /// Things of which a published state is not what its events fold to.
    public internal(set) var contradicted: [String] = []

    /// Whether the journal's state can be had from the stream alone.
    public var isSame: Bool { differing.isEmpty && incomplete.isEmpty && contradicted.isEmpty }
}

/// Folds everything governed from a stream, and from the journal.
struct EventComparer: Sendable {
    let feed: JournalFeed
    private static let pageLimit = 500

    /// Reads the stream from its beginning to its end, and says what differs from the journal.
    ///
    /// - Throws: `StreamFault`; what the store throws.
    func compare(_ stream: EventStream) async throws -> EventComparison {
        var report = EventComparison()
        let told = try await ledger(of: stream, &report)
        report.position = told.position
        let known = try await journal(upTo: told.position).states()
        let folded = try told.states()
        let incomplete = Set(told.incomplete)
        for name in Set(known.keys).union(folded.keys) where !incomplete.contains(name) {
            if known[name] == folded[name] { report.same += 1 } else { report.differing.append(name.description) }
        }
        report.incomplete = incomplete.map(\.description).sorted()
        report.contradicted = told.contradictions.map(\.description).sorted()
        report.differing.sort()
        return report
    }

    /// Everything, as the stream alone tells it.
    func ledger(of stream: EventStream, _ report: inout EventComparison) async throws -> EventLedger {
        var ledger = EventLedger()
        var reader = StreamReader(stream)
        while true {
            let items = try await reader.next(limit: Self.pageLimit)
            guard !items.isEmpty else { return ledger }
            for item in items {
                switch item {
                case .gap(let range, let why): report.gaps[why.rawValue, default: 0] += range.count
                case .message(let message):
                    report.messages += 1
                    // Whoever else may publish there says nothing of ours, and what no aggregate wrote is theirs as well: if it
                    // was to be ours, its thing is incomplete from here on.
                    guard message.headers[RelayedEvent.positionHeader] != nil,
                        let read = try? EventMessage(message.payload), (try? ledger.take(read)) != nil
                    else {
                        report.foreign += 1
                        continue
                    }
                }
            }
        }
    }

    /// Everything, as the journal tells it up to a position.
    func journal(upTo last: Int64) async throws -> EventLedger {
        var (ledger, position) = (EventLedger(), Int64(0))
        while position < last {
            let page = try await feed.events(after: position, limit: Self.pageLimit)
            guard let end = page.last else { break }
            for message in page where message.position <= last { try ledger.take(message) }
            position = end.position
        }
        return ledger
    }
}
