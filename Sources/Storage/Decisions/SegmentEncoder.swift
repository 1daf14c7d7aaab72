import Crypto
import Vocabulary

/// Seals inputs under the subject's key; the associated data binds them to their place.
public typealias SealDecisionInputs =
    @Sendable (
        _ tenant: TenantID, _ subject: Subject, _ associatedData: [UInt8], _ plaintext: [UInt8]
    ) throws -> [UInt8]

/// Turns decisions into the entries of one segment, writing each definition once before its first use.
struct SegmentEncoder {
    private static let wordLimit = 256
    private static let definitionLimit = 1 << 16
    private static let inputsLimit = 1 << 18

    private let header: SegmentFormat.Header
    private let seal: SealDecisionInputs
    /// Entries not yet framed.
    var payload = SegmentBytes()
    private var scratch = SegmentBytes()
    private var words: [String: Int] = [:]
    private var subjects: [Subject: Int] = [:]
    private var bases: [RecordedBasis.Facts: Int] = [:]
    private var askers: [RecordedAsker.Facts: Int] = [:]
    // By identity first, because comparing by value costs more than the rest; holding the object keeps its identity.
    private var knownBases: [ObjectIdentifier: (object: RecordedBasis, index: Int)] = [:]
    private var knownAskers: [ObjectIdentifier: (object: RecordedAsker, index: Int)] = [:]
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
            || knownAskers.count >= Self.definitionLimit || knownBases.count >= Self.definitionLimit
    }

    mutating func decision(_ decision: RecordedDecision) {
        let references = references(of: decision)
        body(decision, references, .decision)
    }

    mutating func fold(_ fold: DecisionFold) {
        let references = references(of: fold.first)
        body(fold.first, references, .fold)
        payload.number(UInt64(fold.count))
        payload.signed(fold.lastAt.microseconds &- fold.first.at.microseconds)
        payload.id(fold.lastID)
    }

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

    /// Gives inputs that could not be sealed another chance: a failure lasts one tick, not one segment.
    mutating func retrySealing() {
        for digest in failed { inputs[digest] = nil }
        failed.removeAll(keepingCapacity: true)
    }

    // MARK: Definitions

    struct References: Hashable {
        let asker: Int
        let basis: Int
        let inputs: Int
    }

    mutating func references(of decision: RecordedDecision) -> References {
        References(asker: index(of: decision.asker), basis: index(of: decision.basis), inputs: inputsIndex(decision))
    }

    private mutating func word(_ text: String) -> Int {
        if let known = words[text] { return known }
        let kept = text.utf8.count <= Self.wordLimit ? text : Self.digested(text)
        payload.byte(SegmentFormat.Entry.word.rawValue)
        payload.text(kept)
        words[text] = words.count
        return words.count - 1
    }

    /// Too long a word stays recognisable without staying readable.
    private static func digested(_ text: String) -> String {
        "sha256:" + SHA256.hash(data: Array(text.utf8)).map { hexadecimal($0) }.joined()
    }

    private mutating func index(of subject: Subject) -> Int {
        if let known = subjects[subject] { return known }
        payload.byte(SegmentFormat.Entry.subject.rawValue)
        payload.subject(subject)
        subjects[subject] = subjects.count
        return subjects.count - 1
    }

    private mutating func index(of basis: RecordedBasis) -> Int {
        if let known = knownBases[ObjectIdentifier(basis)] { return known.index }
        let index = bases[basis.facts] ?? define(basis.facts)
        knownBases[ObjectIdentifier(basis)] = (basis, index)
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

    private mutating func index(of asker: RecordedAsker) -> Int {
        if let known = knownAskers[ObjectIdentifier(asker)] { return known.index }
        let index = askers[asker.facts] ?? define(asker.facts)
        knownAskers[ObjectIdentifier(asker)] = (asker, index)
        return index
    }

    private mutating func define(_ facts: RecordedAsker.Facts) -> Int {
        let methods = facts.methods.prefix(32).map { word($0.rawValue) }
        let subject = index(of: facts.subject)
        payload.byte(SegmentFormat.Entry.asker.rawValue)
        payload.number(subject)
        payload.signed(facts.subjectVersion)
        switch facts.credential {
        case nil: payload.byte(0)
        case .session(let id):
            payload.byte(1)
            payload.id(id)
        case .applicationSession(let id):
            payload.byte(2)
            payload.id(id)
        case .apiKey(let id):
            payload.byte(3)
            payload.id(id)
        }
        payload.optional(facts.provider) { $0.id($1) }
        payload.byte(UInt8(facts.strength.rawValue))
        payload.number(methods.count)
        for method in methods { payload.number(method) }
        payload.optional(facts.authenticatedAt) { $0.signed($1.microseconds) }
        askers[facts] = askers.count
        return askers.count - 1
    }

    private mutating func inputsIndex(_ decision: RecordedDecision) -> Int {
        scratch.removeAll()
        let fits = DecisionInputs.encode(decision, into: &scratch)
        let digest = SHA256.hash(data: scratch.bytes)
        if fits, let known = inputs[digest] { return known }
        let index = inputsCount
        let subject = self.index(of: decision.asker.facts.subject)
        let place = SegmentFormat.associatedData(header.tenant, segment: header.first, inputs: index)
        let sealed = fits ? try? seal(header.tenant, decision.asker.facts.subject, place, scratch.bytes) : nil
        let state: SegmentFormat.InputsState = fits ? sealed == nil ? .sealingFailed : .sealed : .tooLarge
        payload.byte(SegmentFormat.Entry.inputs.rawValue)
        payload.number(subject)
        payload.byte(state.rawValue)
        if let sealed { payload.counted(sealed) } else { unreadable += 1 }
        inputsCount += 1
        if fits { inputs[digest] = index }
        if state == .sealingFailed { failed.append(digest) }
        return index
    }

    // MARK: Records

    private mutating func body(_ decision: RecordedDecision, _ references: References, _ kind: SegmentFormat.Entry) {
        // Definitions come before the entry that names them, so all indices are found first.
        let reason = word(decision.reason), way = word(decision.origin.protocol)
        let caller = decision.origin.caller.map { index(of: $0) }
        let determining = decision.determining.prefix(Self.listLimit).map { word($0) }
        let erred = decision.erred.prefix(Self.listLimit).map { (word($0.rule), word($0.code)) }
        let obligations = decision.obligations.prefix(Self.listLimit).map { word($0) }
        let exemption = decision.exemption.map { word($0) }, approval = decision.approval.map { word($0) }
        payload.byte(kind.rawValue)
        payload.id(decision.id)
        payload.signed(decision.at.microseconds &- lastTime)
        payload.signed(decision.factsPosition &- lastPosition)
        lastTime = decision.at.microseconds
        lastPosition = decision.factsPosition
        payload.number(references.asker)
        payload.number(references.basis)
        payload.number(references.inputs)
        payload.byte(decision.outcome.rawValue << 4 | decision.enforcement.rawValue)
        payload.number(reason)
        payload.number(way)
        payload.optional(caller) { $0.number($1) }
        payload.optional(decision.origin.batch) { $0.id($1) }
        payload.optional(Self.token(decision.origin.request)) { $0.text($1) }
        payload.optional(Self.token(decision.origin.trace)) { $0.text($1) }
        numbers(determining)
        payload.number(erred.count)
        for (rule, code) in erred {
            payload.number(rule)
            payload.number(code)
        }
        numbers(obligations)
        payload.optional(exemption) { $0.number($1) }
        payload.optional(approval) { $0.number($1) }
    }

    /// So that the largest record still fits a frame.
    private static let listLimit = 1 << 10

    private mutating func numbers(_ values: [Int]) {
        payload.number(values.count)
        for value in values { payload.number(value) }
    }

    /// Ids of requests and traces are written in clear, so nothing that could be a mail address or a sentence passes.
    private static func token(_ text: String?) -> String? {
        guard let text, (1...64).contains(text.utf8.count) else { return nil }
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
            default: false
            }
        }
        return isToken ? text : nil
    }
}

func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.utf8.count == 1 ? "0" + text : text
}
