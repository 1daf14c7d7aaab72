import Authorization
import Vocabulary

/// Why and through whom a decision was made, as the deciding thread writes it: reason and rules as numbers of the basis'
/// index, which the recorder's thread turns into words.
enum CompactManner {
    /// Reason, determining rules, and through whom.
    static func write(
        _ decision: Decision, _ origin: RecordedOrigin, _ index: PolicyIndex?, into out: inout ParcelCursor
    ) {
        out.byte(code(decision.reason))
        let isKnown = decision.isMade(by: index)
        out.byte(isKnown ? 1 : 0)
        if isKnown {
            let rules = decision.rules
            let count = min(rules.count, DecisionParcelWriter.listLimit)
            out.number(count)
            for place in 0..<min(count, 8) { out.short(rules.few[place]) }
            for place in 0..<max(0, count - 8) { out.short(rules.more[place]) }
        } else {
            out.list(decision.determining) { $0.rule($1) }
        }
        out.through(origin)
    }

    /// The words of reason and rules, which `write` wrote in front. Throws `decisions.malformed`.
    static func names(
        _ reader: inout SegmentBytesReader, _ index: PolicyIndex?
    ) throws -> (reason: String, rules: [String]) {
        let code = Int(try reader.byte())
        guard code < Decision.Reason.allCases.count else { throw SegmentBytesReader.malformed }
        let reason = Decision.Reason.allCases[code].rawValue
        guard try reader.byte() == 1 else { return (reason, try reader.list { try $0.text() }) }
        let rules = try reader.list { reader in
            let bytes = try reader.raw(2)
            let number = Int(bytes[bytes.startIndex]) | Int(bytes[bytes.startIndex + 1]) << 8
            guard let rule = index?.reference(number) else { throw SegmentBytesReader.malformed }
            return word(rule.description)
        }
        return (reason, rules)
    }

    private static func word(_ text: String) -> String {
        text.utf8.count <= DecisionParcelWriter.wordLimit ? text : DecisionParcelWriter.digested(text)
    }

    /// The place among `Decision.Reason.allCases`.
    private static func code(_ reason: Decision.Reason) -> UInt8 {
        switch reason {
        case .allowedByRule: 0
        case .noMatchingRule: 1
        case .deniedByRule: 2
        case .stepUpRequired: 3
        case .ruleError: 4
        case .staleFacts: 5
        case .standingExpired: 6
        }
    }
}
