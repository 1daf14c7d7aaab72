import Authorization
import Crypto
import Vocabulary

/// Writes decisions into parcels, on the thread that decided.
enum DecisionParcelWriter {
    /// So that the largest record still fits a frame.
    static let listLimit = 1 << 10
    static let wordLimit = 256

    static func write(_ decision: borrowing RecordedDecision, into out: inout ParcelCursor) {
        out.skip(DecisionParcel.headCount)
        out.native(decision.factsPosition)
        out.raw(decision.asker.canonical)
        let mannerStart = out.count
        out.manner(decision.reason, decision.origin)
        out.list(decision.determining) { $0.word($1) }
        out.list(decision.erred) {
            $0.word($1.rule)
            $0.word($1.code)
        }
        out.list(decision.obligations) { $0.word($1) }
        out.optionalWord(decision.exemption)
        out.optionalWord(decision.approval)
        let inputsStart = out.count
        let fits = DecisionInputs.encode(decision, into: &out)
        finish(
            &out, decision.id, decision.at, decision.asker, decision.origin, mannerStart, inputsStart, fits: fits,
            outcome: decision.outcome, enforcement: decision.enforcement, mayFold: decision.mayFold)
    }

    /// The same of an answer of the index, straight from what it was made of; nothing of it is kept.
    static func write(
        _ decision: Decision, id: DecisionID, at: Timestamp, request: DecisionRequest, standing: Standing,
        resources: ResourceDirectory?, asker: RecordedAsker, basis: RecordedBasis, factsPosition: Int64,
        origin: RecordedOrigin, into out: inout ParcelCursor
    ) {
        out.skip(DecisionParcel.headCount)
        out.native(factsPosition)
        out.raw(asker.canonical)
        let mannerStart = out.count
        CompactManner.write(decision, origin, basis.index, into: &out)
        out.list(decision.erred) {
            $0.rule($1.rule)
            $0.word($1.code.rawValue)
        }
        out.list(decision.obligations) { $0.word($1.word) }
        // Neither an exemption nor an approval.
        out.byte(0)
        out.byte(0)
        let inputsStart = out.count
        let fits = CompactInputs.write(decision, request, standing, resources, basis.index, into: &out)
        let enforcement = RecordedDecision.Enforcement(decision.enforcement)
        finish(
            &out, id, at, asker, origin, mannerStart, inputsStart, fits: fits, isCompact: true,
            asksStepUp: decision.reason == .stepUpRequired,
            outcome: decision.isPermitted ? .permit : .deny, enforcement: enforcement,
            mayFold: decision.isPermitted && enforcement < .mandatory && decision.erred.isEmpty)
    }

    @inline(__always)
    private static func finish(
        _ out: inout ParcelCursor, _ id: DecisionID, _ at: Timestamp, _ asker: RecordedAsker, _ origin: RecordedOrigin,
        _ mannerStart: Int, _ inputsStart: Int, fits: Bool, isCompact: Bool = false, asksStepUp: Bool = false,
        outcome: RecordedDecision.Outcome, enforcement: RecordedDecision.Enforcement, mayFold: Bool
    ) {
        if !fits { out.cut(to: inputsStart) }
        let keyEnd = out.count
        out.own(origin)
        let askerCount = mannerStart - DecisionParcel.headCount - DecisionParcel.positionCount
        out.patch(
            DecisionParcel.Head(
                count: UInt32(out.count), keyCount: UInt32(keyEnd - DecisionParcel.headCount), idHigh: id.high,
                idLow: id.low, at: at.microseconds, tenantHigh: asker.tenant.high, tenantLow: asker.tenant.low,
                basis: 0, outcome: outcome.rawValue, enforcement: enforcement.rawValue,
                // What is too large to compare does not fold.
                mayFold: mayFold && fits ? 1 : 0,
                inputsState: (fits ? SegmentFormat.InputsState.sealed : .tooLarge).rawValue,
                isCompact: isCompact ? 1 : 0, asksStepUp: asksStepUp ? 1 : 0,
                askerCount: UInt32(askerCount), mannerCount: UInt32(inputsStart - mannerStart)), at: 0)
    }

    /// Too long a word stays recognisable without staying readable.
    static func digested(_ text: String) -> String {
        "sha256:" + SHA256.hash(data: Array(text.utf8)).map { hexadecimal($0) }.joined()
    }
}

extension ParcelCursor {
    @inline(__always)
    mutating func word(_ text: String) {
        if text.utf8.count <= DecisionParcelWriter.wordLimit {
            self.text(text)
        } else {
            self.text(DecisionParcelWriter.digested(text))
        }
    }

    mutating func optionalWord(_ text: String?) {
        guard let text else { return byte(0) }
        byte(1)
        word(text)
    }

    @inline(__always)
    mutating func list<Element>(_ values: [Element], _ write: (inout Self, Element) -> Void) {
        let count = min(values.count, DecisionParcelWriter.listLimit)
        number(count)
        for index in 0..<count { write(&self, values[index]) }
    }

    /// The text of `RuleReference.description`, without making it.
    mutating func rule(_ rule: RuleReference) {
        guard case .policy(let id, let version) = rule, version >= 0 else { return word(rule.description) }
        var digits = 1, rest = version / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        let count = 8 + id.utf8.count + digits
        guard count <= DecisionParcelWriter.wordLimit else { return word(rule.description) }
        number(count)
        StaticString("policy:").withUTF8Buffer { raw($0) }
        var name = id
        name.withUTF8 { raw($0) }
        byte(0x40)
        self.digits(version)
    }

    mutating func manner(_ reason: String, _ origin: RecordedOrigin) {
        word(reason)
        through(origin)
    }

    /// Through whom and how the question came.
    mutating func through(_ origin: RecordedOrigin) {
        word(origin.protocol)
        guard let caller = origin.caller else { return byte(0) }
        byte(1)
        subject(caller)
    }

    /// What is each decision's own, as a segment has it.
    mutating func own(_ origin: RecordedOrigin) {
        if let batch = origin.batch {
            byte(1)
            id(batch)
        } else {
            byte(0)
        }
        token(origin.request)
        token(origin.trace)
    }

    /// Ids of requests and traces are written in clear, so nothing that could be a mail address or a sentence passes.
    private mutating func token(_ text: String?) {
        guard let text, (1...64).contains(text.utf8.count) else { return byte(0) }
        let start = count
        byte(1)
        self.text(text)
        guard !holdsToken(from: start + 2) else { return }
        cut(to: start)
        byte(0)
    }
}
