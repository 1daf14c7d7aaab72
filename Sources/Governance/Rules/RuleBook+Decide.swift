import Authorization
import Vocabulary

extension RuleBook {
    /// Decides. Order: match, window, limit, step-up, approval, role. A restriction that bites beats every allow,
    /// whatever the priorities; without an allow the answer is deny. Reads the counters and writes nothing.
    ///
    /// - Parameter counters: the ledger of a rule's limits; nil when nothing was ever counted.
    public func decide(
        _ inquiry: RuleInquiry, standing: Standing, resources: ResourceDirectory? = nil,
        counters: (RuleID) -> LimitLedger? = { _ in nil }, now: Timestamp
    ) -> RuleDecision {
        let matched = match(inquiry, standing: standing, resources: resources, now: now)
        return weigh(matched, inquiry, counters: counters, now: now, until: standing.validUntil)
    }

    /// Which rules match: the first half of `decide`, for whoever records what was read.
    public func match(
        _ inquiry: RuleInquiry, standing: Standing, resources: ResourceDirectory? = nil, now: Timestamp
    ) -> Decision {
        index.decide(inquiry.request, standing: standing, resources: resources, now: now)
    }

    /// What follows from the rules that match: the second half of `decide`.
    ///
    /// - Parameters:
    ///   - held: what matches with roles that are held back until a second factor is proven. Its restrictions count,
    ///     its allows do not.
    ///   - otherwise: whether rules outside this book permit it, which counts as an allow without conditions; nil when
    ///     there are none.
    ///   - end: when what is known of the subject ends.
    public func weigh(
        _ matched: Decision, _ inquiry: RuleInquiry, held: Decision? = nil, otherwise: Bool? = nil,
        counters: (RuleID) -> LimitLedger? = { _ in nil }, now: Timestamp, until end: Timestamp? = nil
    ) -> RuleDecision {
        let reasons = [matched.reason, held?.reason ?? .noMatchingRule]
        if reasons.contains(.staleFacts) || reasons.contains(.standingExpired) {
            return RuleDecision(isAllowed: false, reason: .staleFacts)
        }
        var weighing = Weighing(book: self, inquiry: inquiry, otherwise: otherwise, now: now)
        weighing.sort(matched)
        if let held { weighing.hold(held) }
        weighing.restrict()
        weighing.vote()
        weighing.permit(counters)
        return weighing.finish(end)
    }
}

/// One decision on its way: which rules matched, and what they have come to so far.
struct Weighing {
    let book: RuleBook
    let inquiry: RuleInquiry
    let now: Timestamp
    private var decision = RuleDecision(isAllowed: false, reason: .noMatchingRule)
    private var restrictions: [Int] = []
    private var allows: [Int] = []
    private var conditionsMet: Set<Int> = []
    private var denies: [Int] = []
    private var asking: [Int] = []
    private var demands: [Int] = []
    /// Sets that too few members allow it of, with everybody who voted.
    private var unmet: [(set: PolicySetID, voters: Set<PlacedPolicy>)] = []
    /// Whether a role, or a rule outside the book, permits it.
    private var isPermittedOtherwise: Bool
    /// Whether the book answers alone.
    private let isAlone: Bool
    /// When the first of the proofs that were needed grows too old.
    private var proofEnd: Timestamp?

    init(book: RuleBook, inquiry: RuleInquiry, otherwise: Bool?, now: Timestamp) {
        (self.book, self.inquiry, self.now) = (book, inquiry, now)
        (isPermittedOtherwise, isAlone) = (otherwise ?? false, otherwise == nil)
    }

    private func placed(_ number: Int) -> RuleBook.Entry { book.entries[number] }

    /// Parts what matched into restrictions and allows, in order of precedence.
    mutating func sort(_ matched: Decision) {
        for reference in matched.determining { take(reference) }
        for error in matched.erred {
            guard case .policy(_, let version) = error.rule, Int(version) < book.entries.count else { continue }
            let number = Int(version)
            guard applies(number) else { continue }
            decision.notes.append(.init(rule: placed(number).origin, kind: .erred))
            // An error never permits: an allow is skipped, anything else counts as matched.
            if placed(number).isRestriction { restrictions.append(number) }
        }
    }

    /// Adds what only roles that are held back run into: they permit nothing, and what they forbid stays forbidden.
    mutating func hold(_ held: Decision) {
        let erred = held.erred.map(\.rule)
        let erredNumbers = Set(
            erred.compactMap { if case .policy(_, let version) = $0 { version } else { Int32?.none } })
        for case .policy(_, let version) in held.determining + erred where Int(version) < book.entries.count {
            let number = Int(version)
            guard placed(number).isRestriction, !restrictions.contains(number), applies(number) else { continue }
            if erredNumbers.contains(version) {
                decision.notes.append(.init(rule: placed(number).origin, kind: .erred))
            }
            restrictions.append(number)
        }
        restrictions.sort()
    }

    private mutating func take(_ reference: RuleReference) {
        guard case .policy(_, let version) = reference else {
            isPermittedOtherwise = true
            return
        }
        let number = Int(version)
        guard number < book.entries.count else {
            conditionsMet.insert(number)
            return
        }
        guard applies(number) else { return }
        if placed(number).isRestriction { restrictions.append(number) } else { allows.append(number) }
    }

    private func applies(_ number: Int) -> Bool {
        let entry = placed(number)
        if let question = inquiry.sessionQuestion, !entry.sessionQuestions.contains(question) { return false }
        return entry.isInForce(at: now, for: inquiry) && entry.reaches(inquiry)
    }

    /// What an enforcement does with something that stands in the way.
    private enum Bite {
        case log, warn, block
    }

    private func bite(_ enforcement: Enforcement) -> Bite {
        if book.mode == .logOnly { return .log }
        switch enforcement {
        case .advisory: return .log
        case .recommended: return .warn
        case .mandatory, .critical: return .block
        }
    }

    /// Notes that something stands in the way; true when it blocks.
    private mutating func bites(_ number: Int) -> Bool {
        let entry = placed(number)
        if !decision.violations.contains(entry.origin) { decision.violations.append(entry.origin) }
        for framework in entry.frameworks where !decision.issues.contains(framework) {
            decision.issues.append(framework)
        }
        switch bite(entry.enforcement) {
        case .log: decision.notes.append(.init(rule: entry.origin, kind: .logged))
        case .warn: decision.notes.append(.init(rule: entry.origin, kind: .warned))
        case .block:
            if entry.enforcement == .critical { decision.alert = true }
            return true
        }
        return false
    }

    /// Looks at everything that stands in the way, exemptions and windows considered.
    mutating func restrict() {
        for number in restrictions {
            let entry = placed(number)
            guard entry.rule.isOpen(at: now, in: entry.zone) else { continue }
            if let exemption = exemption(from: entry.place) {
                decision.notes.append(.init(rule: entry.origin, kind: .exempted(exemption)))
                continue
            }
            switch entry.rule.effect {
            case .allow: continue
            case .logOnly: decision.notes.append(.init(rule: entry.origin, kind: .logged))
            case .deny, .quarantine: if bites(number) { denies.append(number) }
            case .requireApproval, .requireReview:
                if isApproved(number) { continue }
                if bites(number) { asking.append(number) }
            case .stepUp:
                guard let demand = entry.rule.demand, !isMet(demand) else { continue }
                if bites(number) { demands.append(number) }
            }
        }
    }

    /// Of the subject, or of the thing the request is about. A person or an account is exempted in what it does, never
    /// in what others do to it.
    private func exemption(from policy: PlacedPolicy) -> ExemptionID? {
        guard !book.exemptions.isEmpty else { return nil }
        var entities = [Exemption.Entity.subject(inquiry.subject)]
        let isThing = !["person", "user", "service_account"].contains(inquiry.request.resourceType)
        if isThing, let thing = Identifier<Exemption>(inquiry.request.resourceID) {
            entities.append(.other(high: thing.high, low: thing.low))
        }
        for entity in entities {
            let known = book.exemptions[RuleBook.ExemptionKey(policy: policy, entity: entity)] ?? []
            let holding = known.first {
                $0.exemption.isInForce(at: now) && ($0.matcher.map(conditionsMet.contains) ?? true)
            }
            if let holding { return holding.exemption.id }
        }
        return nil
    }

    /// Whether the authentication meets a demand; if it does by its age, the answer lasts no longer than that.
    private mutating func isMet(_ demand: AuthenticationDemand) -> Bool {
        let authentication = inquiry.request.authentication
        guard demand.isMet(by: authentication, now: now) else { return false }
        if let age = demand.maxAgeSeconds, let at = authentication?.authenticatedAt {
            let end = at + .seconds(age) + .microseconds(1)
            proofEnd = min(end, proofEnd ?? end)
        }
        return true
    }

    private mutating func isApproved(_ number: Int) -> Bool {
        let origin = placed(number).origin
        guard let grant = inquiry.approvals.first(where: { $0.rules.contains(origin.rule) }) else { return false }
        decision.notes.append(.init(rule: origin, kind: .approved(grant.approval)))
        return true
    }

    /// Lets sets of policies vote. A critical deny is not put to a vote.
    mutating func vote() {
        guard !book.sets.isEmpty else { return }
        var lifted: [PlacedPolicy: PolicySetID] = [:]
        var bound: Set<PlacedPolicy> = []
        let denying = Set(denies.map { placed($0).place })
        let allowing = Set(
            allows.filter { placed($0).rule.isOpen(at: now, in: placed($0).zone) }.map { placed($0).place }
        ).subtracting(denying)
        for set in book.sets {
            let votes = (for: set.members.intersection(allowing).count, against: set.members.intersection(denying))
            guard votes.for + votes.against.count > 0 else { continue }
            if set.combination.isMet(allowing: votes.for, of: votes.for + votes.against.count) {
                for policy in votes.against { lifted[policy] = set.id }
            } else {
                unmet.append((set.id, set.members.intersection(allowing).union(votes.against)))
                bound.formUnion(votes.against)
            }
        }
        var kept: [Int] = []
        for number in denies {
            let (origin, place) = (placed(number).origin, placed(number).place)
            if let set = lifted[place], !bound.contains(place), placed(number).enforcement != .critical {
                decision.notes.append(.init(rule: origin, kind: .outvoted(set)))
            } else {
                kept.append(number)
            }
        }
        denies = kept
    }

    /// The first matching allow decides, unless something bites first.
    mutating func permit(_ counters: (RuleID) -> LimitLedger?) {
        if let first = denies.first {
            decision.quarantine = denies.contains { placed($0).rule.effect == .quarantine }
            return deny(.denied, by: first, all: denies)
        }
        if !unmet.isEmpty, book.mode == .enforced { return deny(.setNotMet, by: nil, all: nameVoters()) }
        if inquiry.sessionQuestion != nil { dropLiftedBounds() }
        guard let chosen = allows.first else {
            // Log-only mode says what would have happened, and lets it happen.
            guard isPermittedOtherwise || isAlone && book.mode == .logOnly else {
                return deny(.noMatchingRule, by: nil, all: [])
            }
            if !stepUp() { allow(nil) }
            return
        }
        let entry = book.entries[chosen]
        if !entry.rule.params.isEmpty { decision.resolvedParams = entry.rule.resolvedParams(inquiry) }
        if !entry.rule.isOpen(at: now, in: entry.zone), bites(chosen) {
            return deny(.outsideWindow, by: chosen, all: [chosen])
        }
        if !entry.rule.limits.isEmpty, exceeds(entry, counters(entry.rule.id)), bites(chosen) {
            return deny(.limitExceeded, by: chosen, all: [chosen])
        }
        if let demand = entry.rule.demand, !isMet(demand) { demands.append(chosen) }
        if !stepUp() { allow(chosen) }
    }

    /// Nobody needs an allow to sign in, so one only bounds: whom its policy exempts it does not, nor where its
    /// enforcement binds nobody.
    private mutating func dropLiftedBounds() {
        let bounds = allows
        allows = []
        for number in bounds {
            let entry = placed(number)
            if let exemption = exemption(from: entry.place) {
                decision.notes.append(.init(rule: entry.origin, kind: .exempted(exemption)))
            } else if bite(entry.enforcement) == .block {
                allows.append(number)
            }
        }
    }

    /// Denies what waits for a stronger or fresher authentication; false when nothing does.
    private mutating func stepUp() -> Bool {
        guard let first = demands.first else { return false }
        decision.stepUp = placed(first).rule.demand
        deny(.stepUpRequired, by: first, all: demands)
        return true
    }

    private mutating func exceeds(_ entry: RuleBook.Entry, _ ledger: LimitLedger?) -> Bool {
        let usage = entry.rule.usage(inquiry, params: decision.resolvedParams, at: now, zone: entry.zone)
        decision.usage = usage
        let context = LimitContext(severity: inquiry.severity, attributes: inquiry.context)
        return !(ledger ?? LimitLedger(rule: entry.rule.id)).admits(
            usage, under: entry.rule.limits, context, at: now)
    }

    /// The rules of those who voted in a set that was not met, each with a note of its set.
    private mutating func nameVoters() -> [Int] {
        var voters: Set<Int> = []
        for (set, members) in unmet {
            for number in denies + allows where members.contains(placed(number).place) {
                voters.insert(number)
                decision.notes.append(.init(rule: placed(number).origin, kind: .voted(set)))
            }
        }
        return voters.sorted()
    }

    private mutating func deny(_ reason: RuleDecision.Reason, by first: Int?, all: [Int]) {
        decision.isAllowed = false
        decision.reason = reason
        decision.rule = first.map { placed($0).origin }
        decision.determining = all.map { placed($0).origin }
        decision.enforcement = all.map { placed($0).enforcement }.max() ?? .mandatory
    }

    private mutating func allow(_ chosen: Int?) {
        decision.isAllowed = true
        decision.reason = .allowed
        let determining = (chosen.map { [$0] } ?? []) + asking
        decision.determining = determining.map { placed($0).origin }
        decision.enforcement = determining.map { placed($0).enforcement }.max() ?? .mandatory
        if let chosen {
            let rule = placed(chosen).rule
            if let approval = rule.approval, !isBypassed(chosen, approval), !isApproved(chosen), bites(chosen) {
                asking.insert(chosen, at: 0)
            }
            if !rule.roles.isEmpty, inquiry.roles.isDisjoint(with: rule.roles) {
                return deny(.roleRequired, by: chosen, all: [chosen])
            }
            decision.rule = placed(chosen).origin
            decision.suggest = rule.autoSuggest
        }
        askForApproval()
        guard let chosen, !decision.needsApproval, placed(chosen).enforcement != .critical else { return }
        decision.execute = placed(chosen).rule.autoExecute
    }

    /// Nobody is asked at this severity; never on the word of whoever wants it, never under critical enforcement, and
    /// never in silence.
    private mutating func isBypassed(_ number: Int, _ approval: Rule.Approval) -> Bool {
        guard let severity = inquiry.severity, inquiry.isSeverityVouchedFor, approval.bypassAt == severity,
            placed(number).enforcement != .critical
        else { return false }
        decision.notes.append(.init(rule: placed(number).origin, kind: .bypassed(severity)))
        return true
    }

    private mutating func askForApproval() {
        guard !asking.isEmpty else { return }
        decision.needsApproval = true
        decision.reason = .approvalRequired
        decision.approvalRules = asking.map { placed($0).origin }
        for approval in asking.compactMap({ placed($0).rule.approval }) {
            decision.approverRoles += approval.roles.filter { !decision.approverRoles.contains($0) }
            if let workflow = approval.workflow, !decision.workflows.contains(workflow) {
                decision.workflows.append(workflow)
            }
        }
    }

    /// Adds until when the answer may be remembered.
    func finish(_ standingEnd: Timestamp?) -> RuleDecision {
        var decision = decision
        var end = [standingEnd, proofEnd, book.nextEdge(after: now)].compactMap { $0 }.min()
        for numbers in [restrictions, allows] {
            for number in numbers where !placed(number).rule.windows.isEmpty {
                let entry = placed(number)
                for window in entry.rule.windows {
                    end = min(window.nextEdge(after: now, in: entry.zone), end ?? .distantFuture)
                }
            }
        }
        decision.validUntil = end
        // A counter may have changed the moment after it was read.
        if decision.usage != nil { decision.validUntil = now }
        return decision
    }
}

extension RuleBook {
    /// The next moment at which a policy or exemption begins or ends; nil when none will.
    public func nextEdge(after now: Timestamp) -> Timestamp? {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= now { low = middle + 1 } else { high = middle }
        }
        return low < edges.count ? edges[low] : nil
    }
}
