import Vocabulary

/// Opens inputs that `SealDecisionInputs` sealed; throws when the key is gone or is not the right one.
public typealias OpenDecisionInputs =
    @Sendable (
        _ tenant: TenantID, _ subject: Subject?, _ associatedData: [UInt8], _ sealed: [UInt8]
    ) throws -> [UInt8]

/// Reads recorded decisions, from closed segments and the one being written. It sees what has been flushed.
///
/// Blocking: it reads files, one frame at a time. Call it off the cooperative pool.
public struct DecisionLog: Sendable {
    /// Which decisions to list; nil admits all.
    public struct Filter: Sendable {
        public var from: Timestamp?
        /// Exclusive.
        public var to: Timestamp?
        public var subject: Subject?
        public var outcome: RecordedDecision.Outcome?
        /// Only records before this sequence number: the cursor of the next page.
        public var before: Int64?

        public init(
            from: Timestamp? = nil, to: Timestamp? = nil, subject: Subject? = nil,
            outcome: RecordedDecision.Outcome? = nil, before: Int64? = nil
        ) {
            self.from = from
            self.to = to
            self.subject = subject
            self.outcome = outcome
            self.before = before
        }
    }

    /// Newest first, by sequence.
    public struct Page: Sendable {
        public let decisions: [StoredDecision]
        /// `Filter.before` of the next page; nil when there is none.
        public let next: Int64?
    }

    public static let pageLimit = 500

    let folder: SegmentFolder
    private let open: OpenDecisionInputs

    public init(directory: String, open: @escaping OpenDecisionInputs) {
        folder = SegmentFolder(root: directory)
        self.open = open
    }

    /// The record of a decision, nil when there is none. A folded decision is found by any id that was handed out for
    /// its fold. Throws `storage.file`, `decisions.damaged`.
    public func find(_ id: DecisionID, tenant: TenantID) throws -> StoredDecision? {
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0) })
        for name in try folder.segments(tenant).reversed() where sums[name].map({ $0.mayHold(id) }) ?? true {
            var found: StoredDecision?
            try scan(tenant, name) { frames, record in
                guard try record.stands(for: id) else { return true }
                found = try opened(record, frames)
                return false
            }
            if let found { return found }
        }
        return nil
    }

    /// One page of decisions, newest first. `limit` is brought into 1…500. Throws `storage.file`, `decisions.damaged`.
    public func list(_ tenant: TenantID, _ filter: Filter = Filter(), limit: Int = 100) throws -> Page {
        let wanted = min(max(1, limit), Self.pageLimit) + 1
        var page: [StoredDecision] = []
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0) })
        for name in try folder.segments(tenant).reversed() where page.count < wanted {
            guard filter.admits(segment: SegmentFolder.first(name) ?? 0, sums[name]) else { continue }
            var newest = Newest(limit: wanted - page.count)
            try scan(tenant, name) { frames, record in
                if filter.admits(record) { newest.add(record.withoutFoldedIDs) }
                return filter.before.map { record.sequence < $0 } ?? true
            }
            page += try opened(newest.newestFirst, tenant, name)
        }
        let isMore = page.count == wanted
        if isMore { page.removeLast() }
        return Page(decisions: page, next: isMore ? page.last?.sequence : nil)
    }

    /// Decisions that were made and not recorded, oldest first, at most 10,000 gaps.
    public func gaps(_ tenant: TenantID) throws -> [DecisionGap] {
        var gaps: [DecisionGap] = []
        for name in try folder.segments(tenant) {
            try walk(tenant, name) { _, item in
                if case .gap(let gap) = item { gaps.append(gap) }
                return gaps.count < 10_000
            }
        }
        return gaps
    }

    // MARK: Reading

    func scan(
        _ tenant: TenantID, _ name: String, _ body: (SegmentFrames, StoredDecision) throws -> Bool
    ) throws {
        try walk(tenant, name) { frames, item in
            guard case .record(let record) = item else { return true }
            return try body(frames, record)
        }
    }

    /// Goes through a segment until the body answers false. A torn end is expected only of one not yet journalled.
    private func walk(
        _ tenant: TenantID, _ name: String, _ body: (SegmentFrames, SegmentDecoder.Item) throws -> Bool
    ) throws {
        // A segment may be deleted by retention between listing and reading: then it has nothing to tell.
        guard let frames = try SegmentFrames(folder.path(tenant, name)) else { return }
        guard frames.header.tenant == tenant else { throw Self.damaged(name) }
        var decoder = SegmentDecoder(frames.header), goesOn = true
        while goesOn {
            switch try frames.next() {
            case .end: return
            case .damaged:
                if folder.hasSum(tenant, name) { throw Self.damaged(name) }
                return
            case .frame(let payload, let offset):
                try decoder.decode(payload, at: offset) { if goesOn { goesOn = try body(frames, $0) } }
            }
        }
    }

    private func opened(_ records: [StoredDecision], _ tenant: TenantID, _ name: String) throws -> [StoredDecision] {
        guard !records.isEmpty, let frames = try SegmentFrames(folder.path(tenant, name)) else { return records }
        return try records.map { try opened($0, frames) }
    }

    func opened(_ record: StoredDecision, _ frames: SegmentFrames) throws -> StoredDecision {
        var record = record
        let place = record.place
        switch place.state {
        case .sealingFailed: record.inputs = .notSealed
        case .tooLarge: record.inputs = .tooLarge
        case .sealed:
            let header = frames.header
            let sealed = try frames.read(at: place.offset, count: place.count)
            let context = SegmentFormat.associatedData(header.tenant, segment: header.first, inputs: place.index)
            // Whatever keeps them from opening, the record itself still stands.
            let plain = try? open(header.tenant, place.subject, context, sealed)
            record.inputs = plain.flatMap { try? DecisionInputs(decoding: $0) }.map { .read($0) } ?? .unreadable
        }
        return record
    }

    static func damaged(_ name: String) -> Fault {
        Fault(
            "decisions.damaged", .ourselves, "The decision segment \(name) was changed after it was journalled.",
            remedy: "Run `gatehouse audit verify`, and restore the segment from a backup.")
    }
}

/// Keeps the newest of what goes by in order.
private struct Newest {
    private var ring: [StoredDecision] = []
    private var start = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func add(_ record: StoredDecision) {
        guard ring.count == limit else { return ring.append(record) }
        ring[start] = record
        start = (start + 1) % limit
    }

    var newestFirst: [StoredDecision] { (ring[start...] + ring[..<start]).reversed() }
}

extension SegmentClosed {
    /// Whether the decision can be in this segment, as far as the time in its id tells (RFC 9562 §5.7).
    func mayHold(_ id: DecisionID) -> Bool {
        guard id.high >> 12 & 0xF == 7 else { return true }
        let milliseconds = Int64(id.high >> 16)
        return firstAt.microseconds / 1_000 <= milliseconds && milliseconds <= lastAt.microseconds / 1_000
    }
}

extension StoredDecision {
    fileprivate var withoutFoldedIDs: Self {
        var record = self
        record.fold?.others = FoldedIDs()
        return record
    }
}

extension DecisionLog.Filter {
    func admits(_ record: StoredDecision) -> Bool {
        before.map { record.sequence < $0 } ?? true
            && from.map { $0 <= record.fold?.lastAt ?? record.at } ?? true
            && to.map { record.at < $0 } ?? true
            && subject.map { $0 == record.asker.subject } ?? true
            && outcome.map { $0 == record.outcome } ?? true
    }

    /// Whether the segment can hold anything of interest, as far as its side file tells.
    func admits(segment first: Int64, _ sum: SegmentClosed?) -> Bool {
        if let before, first >= before { return false }
        guard let sum else { return true }
        return from.map { $0 <= sum.lastAt } ?? true && to.map { sum.firstAt < $0 } ?? true
    }
}
