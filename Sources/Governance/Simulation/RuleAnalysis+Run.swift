import Authorization
import Vocabulary

extension RuleAnalysis {
    /// Analyses the rules of policies that are in force together, by asking them everything that tells them apart.
    /// Pure and bounded; takes up to some seconds over many rules.
    ///
    /// - Parameter start: the week in which windows are looked at begins here.
    /// - Throws: what compiling the rules throws.
    public static func of(
        _ policies: [GovernedPolicy], zones: ZoneTable, graph: RoleGraph = .empty, mode: RuleBook.Mode = .enforced,
        from start: Timestamp
    ) throws -> RuleAnalysis {
        let book = try RuleBook(
            policies: policies.map { $0.inForce() }, roles: try Self.graph(policies, graph), zones: zones, mode: mode,
            stamp: IndexStamp(generation: 0, policyDigest: [], roleDigest: []))
        var run = AnalysisRun(book: book, start: start)
        try run.analyse()
        return RuleAnalysis(
            findings: run.findings, rules: min(book.entries.count, Limits.rules), requests: run.asked)
    }

    /// The roles there are, and those that rules name beside them.
    private static func graph(_ policies: [GovernedPolicy], _ known: RoleGraph) throws -> RoleGraph {
        var names: Set<String> = []
        for rule in policies.flatMap(\.rules) {
            for list in [rule.document["subjects"]?["roles"]?.list, rule.document["roles"]?.list] {
                names.formUnion((list ?? []).compactMap(\.string))
            }
        }
        names.subtract(known.roles.map(\.name))
        let made = names.sorted().enumerated().map {
            RoleDefinition(id: RoleID(high: 0x616E_616C, low: UInt64($0.offset)), name: $0.element)
        }
        return try RoleGraph(
            known.roles.map { RoleDefinition(id: $0.id, name: $0.name, parents: $0.parents) } + made)
    }
}

/// One analysis on its way.
struct AnalysisRun {
    let book: RuleBook
    let start: Timestamp
    private(set) var findings: [AnalysisFinding] = []
    private(set) var asked = 0
    /// For each pair, whether every request that the one matches is matched by the other.
    private var covered: [Int: Set<Int>] = [:]
    private var witnesses: [Int: AttributeValue] = [:]

    init(book: RuleBook, start: Timestamp) { (self.book, self.start) = (book, start) }

    mutating func analyse() throws {
        for number in book.entries.indices.prefix(RuleAnalysis.Limits.rules) { try look(at: number) }
        if book.entries.count > RuleAnalysis.Limits.rules,
            let next = book.entries.dropFirst(RuleAnalysis.Limits.rules).first
        {
            note(.undecided, next, "this and the rules after it were not looked at: there are too many", nil)
        }
        reportEqual()
    }

    private mutating func note(
        _ kind: AnalysisFinding.Kind, _ entry: RuleBook.Entry, _ message: String, _ witness: AttributeValue?,
        other: RuleBook.Entry? = nil
    ) {
        findings.append(
            AnalysisFinding(
                kind: kind, rule: entry.origin, other: other?.origin, message: message, witness: witness))
    }

    private mutating func look(at number: Int) throws {
        let entry = book.entries[number]
        let alone = AnalysisDomain(entry, [], from: start)
        guard isAffordable(alone) else {
            return note(.undecided, entry, "there are too many combinations of what it looks at", nil)
        }
        let firing = try firstFiring(number, alone)
        guard let firing else {
            return alone.isExact
                ? note(.neverFires, entry, "no request makes it match", nil)
                : note(.undecided, entry, "no request was found that makes it match, and not all could be asked", nil)
        }
        witnesses[number] = firing.document
        reportBreadth(entry, number, alone)
        try compare(number, entry)
    }

    private func isAffordable(_ domain: AnalysisDomain) -> Bool {
        domain.count <= RuleAnalysis.Limits.requests && asked + domain.count <= RuleAnalysis.Limits.total
    }

    private mutating func firstFiring(_ number: Int, _ domain: AnalysisDomain) throws -> AnalysisRequest? {
        let subjects = AnalysisSubject.all(domain.tokens, book.roleID(named:))
        for index in 0..<(domain.count >> domain.tokens.count) * subjects.count {
            guard let request = AnalysisRequest(index, of: domain, subjects) else { continue }
            asked += 1
            if try fires(number, request, book) { return request }
        }
        return nil
    }

    private func fires(_ number: Int, _ request: AnalysisRequest, _ book: RuleBook) throws -> Bool {
        try book.firing(request).contains(number)
    }

    // MARK: Too much

    /// Whether somebody whom nobody names may do to something that nobody names what nobody names.
    private mutating func reportBreadth(_ entry: RuleBook.Entry, _ number: Int, _ domain: AnalysisDomain) {
        let matcher = entry.rule.matcher
        guard entry.rule.effect == .allow, entry.rule.roles.isEmpty, matcher.subjects == .any, entry.isEverywhere,
            matcher.condition == nil, let witness = witnesses[number]
        else { return }
        let anything = [
            matcher.actions == .any ? "anything" : nil, matcher.resources.types == .any ? "to whatever there is" : nil,
        ].compactMap { $0 }
        guard !anything.isEmpty else { return }
        note(
            .overBroad, entry, "whoever it is may do \(anything.joined(separator: " ")), without a condition", witness)
    }

    // MARK: Beside the others

    private mutating func compare(_ number: Int, _ entry: RuleBook.Entry) throws {
        // What only notes has no answer that another could give in its place.
        guard entry.rule.effect != .logOnly, entry.enforcement >= .mandatory else { return }
        let others = book.entries.indices.filter { $0 != number && book.entries[$0].overlaps(entry) }
        guard !others.isEmpty else { return }
        let domain = AnalysisDomain(entry, others.map { book.entries[$0] }, from: start)
        guard isAffordable(domain) else {
            return note(
                .undecided, entry, "whether another rule answers in its place: there are too many combinations", nil)
        }
        try compare(number, entry, others, domain, try book.without(number))
    }

    private mutating func compare(
        _ number: Int, _ entry: RuleBook.Entry, _ others: [Int], _ domain: AnalysisDomain, _ rest: RuleBook
    ) throws {
        let subjects = AnalysisSubject.all(domain.tokens, book.roleID(named:))
        var always = Set(others)
        var (example, deciding): (AnalysisRequest?, RuleOrigin?) = (nil, nil)
        for index in 0..<(domain.count >> domain.tokens.count) * subjects.count {
            guard let request = AnalysisRequest(index, of: domain, subjects) else { continue }
            asked += 1
            let firing = try book.firing(request)
            guard firing.contains(number) else { continue }
            always.formIntersection(firing)
            let answer = try rest.answer(request)
            guard try book.answer(request).isLike(answer) else {
                if domain.isExact { covered[number] = always }
                return finishCovered(number, always, domain, from: index + 1, subjects)
            }
            if example == nil { (example, deciding) = (request, answer.determining.first) }
        }
        if domain.isExact { covered[number] = always }
        guard let example else { return }
        let other = book.entries.first { $0.origin == deciding }
        domain.isExact
            ? note(.shadowed, entry, "the answer is the same without it", example.document, other: other)
            : note(
                .undecided, entry, "no request was found whose answer it changes, and not all could be asked",
                example.document, other: other)
    }

    /// It is not shadowed; whether it equals another is still asked of what is left.
    private mutating func finishCovered(
        _ number: Int, _ so: Set<Int>, _ domain: AnalysisDomain, from index: Int, _ subjects: [AnalysisSubject]
    ) {
        var always = so
        for index in index..<max(index, (domain.count >> domain.tokens.count) * subjects.count) where !always.isEmpty {
            guard let request = AnalysisRequest(index, of: domain, subjects) else { continue }
            asked += 1
            guard let firing = try? book.firing(request), firing.contains(number) else { continue }
            always.formIntersection(firing)
        }
        covered[number] = domain.isExact ? always : nil
    }

    private mutating func reportEqual() {
        for (number, always) in covered.sorted(by: { $0.key < $1.key }) {
            for other in always.sorted() where other > number && covered[other]?.contains(number) ?? false {
                let (left, right) = (book.entries[number], book.entries[other])
                guard left.consequences == right.consequences else { continue }
                note(
                    .equal, right, "it matches what \(left.origin.name) matches, with the same consequences",
                    witnesses[number], other: left)
            }
        }
    }
}

extension RuleBook {
    /// The numbers of the rules that match, are in force and within their windows. A restriction that errs counts.
    fileprivate func firing(_ request: AnalysisRequest) throws -> Set<Int> {
        let matched = match(request.inquiry, standing: try standing(of: request.facts), now: request.at)
        var found: Set<Int> = []
        for case .policy(_, let version) in matched.determining { found.insert(Int(version)) }
        for case .policy(_, let version) in matched.erred.map(\.rule)
        where Int(version) < entries.count && entries[Int(version)].isRestriction {
            found.insert(Int(version))
        }
        return found.filter { number in
            guard number < entries.count else { return false }
            let entry = entries[number]
            return entry.isInForce(at: request.at, for: request.inquiry) && entry.reaches(request.inquiry)
                && entry.rule.isOpen(at: request.at, in: entry.zone)
                && (entry.rule.roles.isEmpty || !request.roles.isDisjoint(with: entry.rule.roles))
        }
    }

    fileprivate func answer(_ request: AnalysisRequest) throws -> RuleDecision {
        decide(request.inquiry, standing: try standing(of: request.facts), now: request.at)
    }

    /// The same rules with one fewer.
    fileprivate func without(_ number: Int) throws -> RuleBook {
        var kept = entries
        kept.remove(at: number)
        return try RuleBook(kept, of: self)
    }
}

extension RuleBook.Entry {
    /// Whether a request can be about both.
    fileprivate func overlaps(_ other: RuleBook.Entry) -> Bool {
        rule.matcher.actions.meets(other.rule.matcher.actions)
            && rule.matcher.resources.types.meets(other.rule.matcher.resources.types)
    }

    /// Everything that follows from a match.
    fileprivate var consequences: [String] {
        let rule = rule
        return [
            "\(rule.effect)", "\(enforcement)", "\(String(describing: rule.demand))", "\(rule.params.count)",
            rule.params.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(), "\(rule.limits)",
            "\(String(describing: rule.approval))", "\(rule.autoExecute) \(rule.autoSuggest)", "\(rule.roles)",
        ]
    }
}

extension NameSelector {
    fileprivate func meets(_ other: NameSelector) -> Bool {
        guard case .named(let own) = self, case .named(let names) = other else { return true }
        return !Set(own).isDisjoint(with: names)
    }
}

extension RuleDecision {
    /// Whether whoever asks sees no difference.
    fileprivate func isLike(_ other: RuleDecision) -> Bool {
        isAllowed == other.isAllowed && needsApproval == other.needsApproval && execute == other.execute
            && suggest == other.suggest && resolvedParams == other.resolvedParams
            && Set(approverRoles) == Set(other.approverRoles) && workflows == other.workflows && stepUp == other.stepUp
            && quarantine == other.quarantine && alert == other.alert && (usage == nil) == (other.usage == nil)
    }
}
