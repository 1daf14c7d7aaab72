import Vocabulary

/// Where a record's inputs are, before they are opened.
struct InputsPlace {
    let index: Int
    let subject: Subject?
    let state: SegmentFormat.InputsState
    /// In the file.
    let offset: Int
    let count: Int
}

/// Follows the entries of one segment in order, keeping the definitions.
struct SegmentDecoder {
    enum Item {
        case record(StoredDecision)
        case gap(DecisionGap)
        case close(records: Int64, cut: Int)
    }

    private var words: [String] = []
    private var subjects: [Subject?] = []
    private var bases: [RecordedBasis.Facts] = []
    private var askers: [RecordedAsker.Facts] = []
    private var inputs: [InputsPlace] = []
    private var sequence: Int64
    private var lastTime: Int64
    private var lastPosition: Int64 = 0

    init(_ header: SegmentFormat.Header) {
        sequence = header.first
        lastTime = header.createdAt.microseconds
    }

    /// Reads one frame's entries. Throws `decisions.malformed`.
    mutating func decode(_ payload: [UInt8], at offset: Int, _ body: (Item) throws -> Void) throws {
        var reader = SegmentBytesReader(payload[...])
        while !reader.isAtEnd {
            guard let kind = SegmentFormat.Entry(rawValue: try reader.byte()) else {
                throw SegmentBytesReader.malformed
            }
            switch kind {
            case .word: words.append(try reader.text())
            case .subject: subjects.append(try reader.subject())
            case .basis: bases.append(try basis(&reader))
            case .asker: askers.append(try asker(&reader))
            case .inputs: inputs.append(try place(&reader, offset))
            case .decision: try body(.record(record(&reader, isFold: false)))
            case .fold: try body(.record(record(&reader, isFold: true)))
            case .gap:
                sequence += 1
                try body(.gap(gap(&reader)))
            case .close:
                let records = try reader.count(below: 1 << 48), cut = try reader.count(below: 1 << 48)
                try body(.close(records: Int64(records), cut: cut))
            }
        }
    }

    private func pick<T>(_ list: [T], _ reader: inout SegmentBytesReader) throws -> T {
        let index = try reader.count()
        guard index < list.count else { throw SegmentBytesReader.malformed }
        return list[index]
    }

    private func word(_ reader: inout SegmentBytesReader) throws -> String { try pick(words, &reader) }

    private func basis(_ reader: inout SegmentBytesReader) throws -> RecordedBasis.Facts {
        RecordedBasis.Facts(
            policies: try reader.counted(), roles: try reader.counted(), mappings: try reader.counted(),
            configuration: try reader.counted(), engine: try word(&reader), timeZones: try word(&reader))
    }

    private func asker(_ reader: inout SegmentBytesReader) throws -> RecordedAsker.Facts {
        let subject = try pick(subjects, &reader)
        return try RecordedAsker.Facts(subject: subject, after: &reader) { try word(&$0) }
    }

    private func place(_ reader: inout SegmentBytesReader, _ offset: Int) throws -> InputsPlace {
        let subject = try pick(subjects, &reader)
        guard let state = SegmentFormat.InputsState(rawValue: try reader.byte()) else {
            throw SegmentBytesReader.malformed
        }
        let count = state == .sealed ? try reader.count() : 0
        let start = offset + reader.index
        _ = try reader.raw(count)
        return InputsPlace(index: inputs.count, subject: subject, state: state, offset: start, count: count)
    }

    private func gap(_ reader: inout SegmentBytesReader) throws -> DecisionGap {
        DecisionGap(
            lost: Int64(try reader.count(below: 1 << 48)), overflowed: Int64(try reader.count(below: 1 << 48)),
            first: Timestamp(microseconds: Int64(bitPattern: try reader.fixed())),
            last: Timestamp(microseconds: Int64(bitPattern: try reader.fixed())))
    }

    private mutating func record(_ reader: inout SegmentBytesReader, isFold: Bool) throws -> StoredDecision {
        let id: DecisionID = try reader.id()
        lastTime &+= try reader.signed()
        lastPosition &+= try reader.signed()
        let asker = try pick(askers, &reader), basis = try pick(bases, &reader), place = try pick(inputs, &reader)
        let answer = try reader.byte()
        guard let outcome = RecordedDecision.Outcome(rawValue: answer >> 4),
            let enforcement = RecordedDecision.Enforcement(rawValue: answer & 0xF)
        else { throw SegmentBytesReader.malformed }
        let reason = try word(&reader), way = try word(&reader)
        let origin = RecordedOrigin(
            caller: try reader.optional { try pick(subjects, &$0) } ?? nil, protocol: way,
            batch: try reader.optional { try $0.id() }, request: try reader.optional { try $0.text() },
            trace: try reader.optional { try $0.text() })
        var record = StoredDecision(
            sequence: sequence, id: id, at: Timestamp(microseconds: lastTime), asker: asker, basis: basis,
            factsPosition: lastPosition, outcome: outcome, enforcement: enforcement, reason: reason,
            determining: try reader.list { try word(&$0) },
            erred: try reader.list { RecordedDecision.ErredRule(rule: try word(&$0), code: try word(&$0)) },
            obligations: try reader.list { try word(&$0) }, origin: origin,
            exemption: try reader.optional { try word(&$0) }, approval: try reader.optional { try word(&$0) },
            place: place)
        if isFold { record.fold = try fold(&reader, after: record.at) }
        sequence += 1
        return record
    }

    private func fold(_ reader: inout SegmentBytesReader, after first: Timestamp) throws -> StoredDecision.Fold {
        let count = Int64(try reader.count(below: 1 << 48))
        let lastAt = Timestamp(microseconds: first.microseconds &+ (try reader.signed()))
        return StoredDecision.Fold(
            count: count, lastAt: lastAt, lastID: try reader.id(), others: FoldedIDs(encoded: try reader.counted()))
    }
}
