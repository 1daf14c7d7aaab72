/// The rules that made a decision, by the numbers that the index knows them by: most decisions rest on a few, and then
/// naming them takes no memory of its own.
public struct RuleNumbers: Sendable, Hashable {
    /// How many there are.
    public private(set) var count = 0
    /// The first eight.
    public private(set) var few = SIMD8<UInt16>()
    /// Those behind the first eight.
    public private(set) var more: [UInt16] = []

    /// An index has no more than 65,536 rules.
    @inline(__always)
    mutating func append(_ rule: Int) {
        if count < 8 { few[count] = UInt16(truncatingIfNeeded: rule) } else { more.append(UInt16(rule)) }
        count += 1
    }

    subscript(place: Int) -> Int { Int(place < 8 ? few[place] : more[place - 8]) }
}

extension PolicyIndex {
    func references(_ rules: RuleNumbers) -> [RuleReference] { (0..<rules.count).map { references[rules[$0]] } }

    /// The rule of a number that `Decision.rules` holds; nil for one that this index does not have.
    public func reference(_ number: Int) -> RuleReference? {
        references.indices.contains(number) ? references[number] : nil
    }
}

extension Decision {
    /// Whether this very index decided, so that its numbers are this one's.
    public func isMade(by index: PolicyIndex?) -> Bool { owner === index }
}
