import Authorization
import Crypto
import Vocabulary

/// Seals inputs under the subject's key, the tenant's where nobody is known; the associated data binds them to their
/// place.
public typealias SealDecisionInputs =
    @Sendable (
        _ tenant: TenantID, _ subject: Subject?, _ associatedData: [UInt8], _ plaintext: [UInt8]
    ) throws -> [UInt8]

/// Turns parcels into the entries of one segment, writing each definition once before its first use.
struct SegmentEncoder {
    private static let definitionLimit = 1 << 16
    private static let inputsLimit = 1 << 18

    private let header: SegmentFormat.Header
    private let seal: SealDecisionInputs
    /// Entries not yet framed.
    var payload = SegmentBytes()
    private var memo = DecisionMemo()
    private var words: [String: Int] = [:]
    private var subjects: [Subject?: Int] = [:]
    private var bases: [RecordedBasis.Facts: Int] = [:]
    private var askers: [[UInt8]: Int] = [:]
    // By identity first, because comparing by value costs more than the rest. Only the last one is held: each holds a
    // whole index, and numbers of one index mean nothing to another, so memo entries are told apart by `turn`.
    private var lastBasis: RecordedBasis?
    // Beside it, because counting a reference to what the deciding threads hold too is dearer than all the rest.
    private var lastBasisID: ObjectIdentifier?
    private var lastBasisIndex = 0
    private var turn = 0
    private var inputs: [SHA256.Digest: Int] = [:]
    private var inputsCount = 0
    private var failed: [SHA256.Digest] = []
    private var lastTime: Int64
    private var lastPosition: Int64 = 0
    /// Inputs that could not be sealed or were too large, since the start of the segment.
    private(set) var unreadable = 0

    init(_ header: SegmentFormat.Header, seal: @escaping SealDecisionInputs) {
        self.header = header
        self.seal = seal
        lastTime = header.createdAt.microseconds
    }

    /// Whether a dictionary has reached its bound, so that the next record needs a new segment.
    var isFull: Bool {
        inputsCount >= Self.inputsLimit || words.count >= Self.definitionLimit || subjects.count >= Self.definitionLimit
            || askers.count >= Self.definitionLimit || bases.count >= Self.definitionLimit
    }

    /// Whether entries should be let go at the next end of a tick, when nothing points to them.
    var isMemoFull: Bool { memo.isFull }

    // MARK: Records

    /// The entry of a parcel's key, made and defined when it is new. Throws `decisions.malformed`.
    mutating func entry(of parcel: DecisionParcel, _ basis: RecordedBasis) throws -> Int {
        let number = index(of: basis), key = parcel.key
        let hash = DecisionMemo.hash(key, turn, parcel.answer)
        // Inputs that were too large are not in the key, so that no two of them are the same.
        if parcel.inputsState == .sealed, let known = memo.find(key, turn, parcel.answer, hash) { return known }
        let (before, after) = try parts(of: parcel, number, basis.index)
        return memo.insert(
            key, turn, parcel.answer, parcel.inputsState == .sealed ? hash : ~hash, before: before, after: after)
    }

    mutating func decision(_ parcel: DecisionParcel, _ entry: Int) {
        head(.decision, parcel.id, parcel.at, parcel.factsPosition)
        body(memo[entry], parcel.own)
    }

    mutating func fold(_ fold: DecisionFold) {
        head(fold.count == 1 ? .decision : .fold, fold.firstID, fold.firstAt, fold.factsPosition)
        fold.own.withUnsafeBytes { body(memo[fold.entry], $0) }
        guard fold.count > 1 else { return }
        payload.number(UInt64(fold.count))
        payload.signed(fold.lastAt.microseconds &- fold.firstAt.microseconds)
        payload.id(fold.lastID)
        payload.counted(fold.others.encoded)
    }

    /// Which fold of this tick the entry has; -1 for none.
    func foldNumber(of entry: Int) -> Int { memo[entry].fold }
    mutating func setFold(_ fold: Int, of entry: Int) { memo.setFold(fold, of: entry) }

    mutating func gap(_ gap: DecisionGap) {
        payload.byte(SegmentFormat.Entry.gap.rawValue)
        payload.number(UInt64(gap.lost))
        payload.number(UInt64(gap.overflowed))
        payload.fixed(UInt64(bitPattern: gap.first.microseconds))
        payload.fixed(UInt64(bitPattern: gap.last.microseconds))
    }

    /// The last entry. `cut` counts the bytes of a torn tail that was taken off before.
    mutating func close(records: Int64, cut: Int) {
        payload.byte(SegmentFormat.Entry.close.rawValue)
        payload.number(UInt64(records))
        payload.number(cut)
    }

    /// Ends a tick: no fold is open any more, and inputs that could not be sealed get another chance, because a failure
    /// lasts one tick and not one segment.
    mutating func endTick() {
        if memo.isFull || !failed.isEmpty { memo.removeAll() }
        for digest in failed { inputs[digest] = nil }
        failed.removeAll(keepingCapacity: true)
    }

    private mutating func head(_ kind: SegmentFormat.Entry, _ id: DecisionID, _ at: Timestamp, _ position: Int64) {
        payload.byte(kind.rawValue)
        payload.id(id)
        payload.signed(at.microseconds &- lastTime)
        payload.signed(position &- lastPosition)
        lastTime = at.microseconds
        lastPosition = position
    }

    private mutating func body(_ entry: DecisionMemo.Entry, _ own: UnsafeRawBufferPointer) {
        payload.raw(memo.bytes[entry.before])
        payload.raw(own)
        payload.raw(memo.bytes[entry.after])
    }

    // MARK: Definitions

    /// Defines what a parcel names, and answers how its record names it.
    private mutating func parts(
        of parcel: DecisionParcel, _ basis: Int, _ policies: PolicyIndex?
    ) throws -> (before: [UInt8], after: [UInt8]) {
        let asker = Array(parcel.asker), askerIndex = try index(ofAsker: asker)
        var askerReader = SegmentBytesReader(asker[...])
        let inputs = try inputsIndex(parcel, of: try askerReader.subject(), policies)
        var reader = SegmentBytesReader(Array(parcel.manner)[...])
        var before = SegmentBytes(), after = SegmentBytes()
        for number in [askerIndex, basis, inputs] { before.number(number) }
        before.byte(parcel.answer)
        let names = parcel.isCompact ? try CompactManner.names(&reader, policies) : nil
        before.number(word(try names?.reason ?? reader.text()))
        before.number(word(try reader.text()))
        before.optional(try reader.optional { try $0.subject() }.map { index(of: $0) }) { $0.number($1) }
        if let names {
            after.number(names.rules.count)
            for rule in names.rules { after.number(word(rule)) }
        } else {
            try numbers(&reader, wordsPerItem: 1, into: &after)
        }
        try numbers(&reader, wordsPerItem: 2, into: &after)
        try numbers(&reader, wordsPerItem: 1, into: &after)
        after.optional(try reader.optional { try $0.text() }.map { word($0) }) { $0.number($1) }
        after.optional(try reader.optional { try $0.text() }.map { word($0) }) { $0.number($1) }
        return (before.bytes, after.bytes)
    }

    private mutating func numbers(
        _ reader: inout SegmentBytesReader, wordsPerItem: Int, into out: inout SegmentBytes
    ) throws {
        let count = try reader.count()
        out.number(count)
        for _ in 0..<count * wordsPerItem { out.number(word(try reader.text())) }
    }

    private mutating func word(_ text: String) -> Int {
        if let known = words[text] { return known }
        payload.byte(SegmentFormat.Entry.word.rawValue)
        payload.text(text)
        words[text] = words.count
        return words.count - 1
    }

    private mutating func index(of subject: Subject?) -> Int {
        if let known = subjects[subject] { return known }
        payload.byte(SegmentFormat.Entry.subject.rawValue)
        payload.subject(subject)
        subjects[subject] = subjects.count
        return subjects.count - 1
    }

    private mutating func index(of basis: RecordedBasis) -> Int {
        if lastBasisID == ObjectIdentifier(basis) { return lastBasisIndex }
        let index = bases[basis.facts] ?? define(basis.facts)
        (lastBasis, lastBasisID, lastBasisIndex) = (basis, ObjectIdentifier(basis), index)
        turn += 1
        return index
    }

    private mutating func define(_ facts: RecordedBasis.Facts) -> Int {
        let engine = word(facts.engine), zones = word(facts.timeZones)
        payload.byte(SegmentFormat.Entry.basis.rawValue)
        for digest in [facts.policies, facts.roles, facts.mappings, facts.configuration] {
            payload.counted(Array(digest.prefix(64)))
        }
        payload.number(engine)
        payload.number(zones)
        bases[facts] = bases.count
        return bases.count - 1
    }

    /// An asker stands in a segment as in a parcel, but for its subject and its methods, which are numbers.
    private mutating func index(ofAsker canonical: [UInt8]) throws -> Int {
        if let known = askers[canonical] { return known }
        var reader = SegmentBytesReader(canonical[...])
        let facts = try RecordedAsker.Facts(canonical: &reader) { try $0.text() }
        let numbers = facts.methods.map { word($0.rawValue) }
        let subject = index(of: facts.subject)
        payload.byte(SegmentFormat.Entry.asker.rawValue)
        payload.number(subject)
        facts.encode(into: &payload) { out, method in out.number(numbers[method]) }
        askers[canonical] = askers.count
        return askers.count - 1
    }

    private mutating func inputsIndex(
        _ parcel: DecisionParcel, of subject: Subject?, _ policies: PolicyIndex?
    ) throws -> Int {
        let plain = try self.inputs(of: parcel, subject, policies)
        let fits = plain != nil
        let digest = SHA256.hash(data: plain ?? [])
        if fits, let known = inputs[digest] { return known }
        let index = inputsCount
        let owner = self.index(of: subject)
        let place = SegmentFormat.associatedData(header.tenant, segment: header.first, inputs: index)
        let sealed = plain.flatMap { try? seal(header.tenant, subject, place, $0) }
        let state: SegmentFormat.InputsState = fits ? sealed == nil ? .sealingFailed : .sealed : .tooLarge
        payload.byte(SegmentFormat.Entry.inputs.rawValue)
        payload.number(owner)
        payload.byte(state.rawValue)
        if let sealed { payload.counted(sealed) } else { unreadable += 1 }
        inputsCount += 1
        if fits { inputs[digest] = index }
        if state == .sealingFailed { failed.append(digest) }
        return index
    }

    /// In the canonical form; nil when they are too large.
    private func inputs(of parcel: DecisionParcel, _ subject: Subject?, _ policies: PolicyIndex?) throws -> [UInt8]? {
        guard parcel.inputsState == .sealed else { return nil }
        guard parcel.isCompact else { return Array(parcel.inputs) }
        return try CompactInputs.expanded(parcel.inputs, subject: subject, index: policies)
    }
}

func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.utf8.count == 1 ? "0" + text : text
}
