/// The attribute that most rules compare first, for equality with a text, such as `resource.project`: one look at it
/// leaves the rules that name its value and those that do not ask, without going through all the others.
struct RuleGate: Sendable {
    /// Words of rows at most. With more different texts, rules are asked one by one.
    static let wordLimit = 1 << 17

    private let slot: Int32
    private let wordCount: Int
    /// The rules that ask this attribute first.
    private let guarded: FlatTable<UInt64>
    /// By a text's number: the first word of its row, or that of the last row, which is for texts that no rule names.
    private let starts: FlatTable<Int32>
    private let rows: FlatTable<UInt64>
    private let otherTexts: Int32

    init(_ rules: [CompiledRule], wordCount: Int, textCount: Int) {
        var askers: [Int32: [Int]] = [:]
        for (rule, compiled) in rules.enumerated() where compiled.guardSlot >= 0 {
            askers[compiled.guardSlot, default: []].append(rule)
        }
        // The lowest of the most asked, so that equal documents compile alike.
        let chosen = askers.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        let texts = Set((chosen?.value ?? []).map { rules[$0].guardText }).sorted()
        let fits = (texts.count + 1) * wordCount <= Self.wordLimit
        let asking = fits ? chosen?.value ?? [] : []

        var guarded = Array(repeating: UInt64(0), count: wordCount)
        for rule in asking { guarded[rule >> 6] |= 1 << UInt64(rule & 63) }
        var rows = fits ? (0...texts.count).flatMap { _ in guarded.map(~) } : []
        var starts = Array(repeating: Int32(texts.count * wordCount), count: fits ? textCount : 0)
        for (row, text) in texts.enumerated() where fits { starts[Int(text)] = Int32(row * wordCount) }
        for rule in asking { rows[Int(starts[Int(rules[rule].guardText)]) + (rule >> 6)] |= 1 << UInt64(rule & 63) }
        slot = fits ? chosen?.key ?? 0 : 0
        otherTexts = Int32(fits ? texts.count * wordCount : 0)
        (self.wordCount, self.guarded) = (wordCount, FlatTable(guarded))
        (self.starts, self.rows) = (FlatTable(starts), FlatTable(rows))
    }

    /// What a request holds there, found out when the first rule asks.
    struct Passage {
        fileprivate var start: Int32 = -1
        /// No text: each rule that asks has to say itself what follows.
        fileprivate var isOpen = false
    }

    /// Takes out of a word of rules those that ask for another value; what is left still has to be evaluated.
    @inline(__always)
    func narrow(_ bits: UInt64, word: Int, _ evaluation: Evaluation, _ passage: inout Passage) -> UInt64 {
        guard bits & guarded[word] != 0 else { return bits }
        if passage.start < 0 { open(&passage, evaluation.value(of: slot)) }
        return passage.isOpen ? bits : bits & rows[Int(passage.start) + word]
    }

    private func open(_ passage: inout Passage, _ held: ResolvedValue) {
        passage.isOpen = held.kind != .text
        passage.start = !passage.isOpen && held.bits >= 0 ? starts[Int(held.bits)] : otherTexts
    }

    func deallocate() {
        guarded.deallocate()
        starts.deallocate()
        rows.deallocate()
    }
}
