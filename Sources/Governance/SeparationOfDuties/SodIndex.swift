import Vocabulary

/// The active rules, laid out for judging: entitlements and rules are numbered, and each entitlement knows its rules.
///
/// Judging a subject costs a step for each pair of an entitlement held and a rule that names it, however many rules
/// there are besides. Immutable; a change of a rule makes a new one.
public struct SodIndex: Sendable {
    struct CompiledRule: Sendable {
        let id: SodRuleID
        /// The most that may be held; -1 for a rule whose entitlements belong together.
        let ceiling: Int32
        let count: Int32

        /// Whether holding so many of its entitlements breaks it.
        @inline(__always)
        func isBroken(holding held: Int32) -> Bool { ceiling >= 0 ? held > ceiling : held > 0 && held < count }
    }

    let rules: [CompiledRule]
    private let numbers: [EntitlementID: Int32]
    /// The rules of each numbered entitlement, one after the other, and where each begins.
    private let ruleNumbers: [Int32]
    private let starts: [Int32]

    /// Compiles the active ones among the rules.
    public init(_ rules: some Sequence<SodRule>) {
        let active = rules.filter { $0.status == .active }.sorted { $0.id < $1.id }
        self.rules = active.map { rule in
            CompiledRule(
                id: rule.id, ceiling: rule.details.ceiling.map { Int32(clamping: $0) } ?? -1,
                count: Int32(clamping: rule.details.entitlements.count))
        }
        var numbers: [EntitlementID: Int32] = [:]
        var lists: [[Int32]] = []
        for (rule, source) in active.enumerated() {
            for entitlement in source.details.entitlements {
                let known = numbers[entitlement]
                let number = known ?? Int32(lists.count)
                if known == nil {
                    numbers[entitlement] = number
                    lists.append([])
                }
                lists[Int(number)].append(Int32(rule))
            }
        }
        self.numbers = numbers
        ruleNumbers = lists.flatMap { $0 }
        starts = lists.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1.count)) }
    }

    /// How many rules are judged by.
    public var ruleCount: Int { rules.count }

    /// The rules that name an entitlement.
    @inline(__always)
    private func rules(of entitlement: EntitlementID) -> ArraySlice<Int32> {
        guard let number = numbers[entitlement] else { return [] }
        return ruleNumbers[Int(starts[Int(number)])..<Int(starts[Int(number) + 1])]
    }

    /// Counts how many entitlements of each rule are held, in scratch memory that is used again and left all zero.
    struct Tally {
        private var counts: [Int32]
        private var touched: [Int32] = []
        private let index: SodIndex

        init(_ index: SodIndex) {
            self.index = index
            counts = Array(repeating: 0, count: index.rules.count)
            touched.reserveCapacity(64)
        }

        /// Calls back for each rule that holding these breaks.
        mutating func judge(_ held: some Sequence<EntitlementID>, _ broken: (Int) -> Void) {
            for entitlement in held {
                for rule in index.rules(of: entitlement) {
                    if counts[Int(rule)] == 0 { touched.append(rule) }
                    counts[Int(rule)] += 1
                }
            }
            for rule in touched {
                if index.rules[Int(rule)].isBroken(holding: counts[Int(rule)]) { broken(Int(rule)) }
                counts[Int(rule)] = 0
            }
            touched.removeAll(keepingCapacity: true)
        }
    }

    /// The rules that holding these breaks, by number.
    func broken(by held: Set<EntitlementID>) -> [Int] {
        var tally = Tally(self)
        var broken: [Int] = []
        tally.judge(held) { broken.append($0) }
        return broken
    }

    /// The rules that a change would break, by number: those that name something added and are broken afterwards. An
    /// old breach stands in nobody's way: a rule that the additions do not touch is not looked at, and one whose
    /// entitlements belong together may be completed step by step once it is begun.
    func broken(adding added: Set<EntitlementID>, to held: Set<EntitlementID>) -> [Int] {
        var broken: [Int] = []
        var seen: Set<Int32> = []
        let news = added.subtracting(held)
        for entitlement in news {
            for number in rules(of: entitlement) where seen.insert(number).inserted {
                let rule = rules[Int(number)]
                let before = count(of: number, in: held)
                let after = before + count(of: number, in: news)
                guard rule.isBroken(holding: after) else { continue }
                if rule.ceiling < 0, before > 0 { continue }
                broken.append(Int(number))
            }
        }
        return broken.sorted()
    }

    private func count(of rule: Int32, in held: Set<EntitlementID>) -> Int32 {
        held.reduce(0) { $0 + (rules(of: $1).contains(rule) ? 1 : 0) }
    }
}
