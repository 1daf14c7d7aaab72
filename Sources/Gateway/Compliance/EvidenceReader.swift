import Governance
import Storage
import Vocabulary

/// What was read of one tenant's journal: the book, and the root of the tree over it.
struct EvidenceReading: Sendable {
    var book = EvidenceBook()
    private var frontier = MerkleFrontier()

    init() {}

    /// Root over everything read, in hexadecimal.
    var root: String { Hex.text(frontier.root) }

    mutating func take(_ records: [PassedRecord]) {
        for record in records {
            book.take(
                record.envelope.map { EvidenceEvent($0, at: record.position) }, position: record.position,
                at: record.at, isSound: record.isSound)
            frontier.append(record.leaf)
        }
    }
}

extension EvidenceEvent {
    fileprivate init(_ envelope: EventEnvelope, at position: Int64) {
        self.init(
            position: position, event: envelope.event, type: envelope.type, at: envelope.at, actor: envelope.actor,
            streamKind: envelope.stream.kind.rawValue, stream: envelope.stream.id, causation: envelope.causation,
            facts: envelope.facts, sections: envelope.commitments.count)
    }
}

/// Reads journals for evidence, through the readers alone and a page at a time, so that neither the writer nor those who
/// decide wait for it. The newest reading of a tenant is kept and gone on from.
actor EvidenceReader {
    /// Records in one read: what a connection is held for.
    static let page = 1_000
    /// Readings that are kept; the one used longest ago makes room.
    static let kept = 16

    private let store: any StoreReading
    private var readings: [TenantID: (reading: EvidenceReading, used: Int)] = [:]
    private var uses = 0

    init(store: any StoreReading) { self.store = store }

    /// Everything up to a position; up to the newest event without one. Throws `invalid` for a position there is not.
    ///
    /// - Parameter anew: reads and hashes from the first event, whatever was read before: what is signed rests on records
    ///   as they are now, not as they once were.
    func reading(of tenant: TenantID, upTo position: Int64? = nil, anew: Bool = false) async throws -> EvidenceReading {
        let size = try await store.journalSize(of: tenant).size
        let last = position ?? size
        guard (0...size).contains(last) else {
            throw Fault.invalid("The journal has \(size) events, and none at position \(last).")
        }
        let known = anew ? nil : readings[tenant]?.reading
        var reading = known.flatMap { $0.book.position <= last ? $0 : nil } ?? EvidenceReading()
        while reading.book.position < last {
            let from = reading.book.position
            let records = try await store.read { sql in
                try sql.passage(
                    in: tenant, after: from, upTo: last, limit: Self.page, decoding: EvidenceBook.reads)
            }
            guard !records.isEmpty else { break }
            reading.take(records)
            await Task.yield()
        }
        if position == nil { keep(reading, of: tenant) }
        return reading
    }

    private func keep(_ reading: EvidenceReading, of tenant: TenantID) {
        uses += 1
        // Two may have read at once: the one that came further is kept.
        if let known = readings[tenant]?.reading, known.book.position > reading.book.position { return }
        readings[tenant] = (reading, uses)
        guard readings.count > Self.kept, let oldest = readings.min(by: { $0.value.used < $1.value.used }) else {
            return
        }
        readings[oldest.key] = nil
    }
}
