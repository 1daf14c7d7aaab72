import Vocabulary

/// Rules of separation of duties and what was found by them: the fold of `sod.`.
struct DutyLedger: Sendable {
    private var rules: [SodRuleID: (position: Int64, isActive: Bool)] = [:]
    private var open: [SodViolationID: EvidencePlace] = [:]
    private var lastScan: (place: EvidencePlace, exempted: Int64)?

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "sod.scanned":
            // A look at one rule is no look at everybody.
            if event.word("reach") != "rule" { lastScan = (event.place, event.integer("exempted") ?? 0) }
        case "sod.violation_detected": if let id: SodViolationID = event.id("violation") { open[id] = event.place }
        case "sod.violation_resolved": if let id: SodViolationID = event.id("violation") { open[id] = nil }
        default: if let id: SodRuleID = event.id("rule") { settle(id, event) }
        }
    }

    private mutating func settle(_ id: SodRuleID, _ event: EvidenceEvent) {
        switch event.type {
        case "sod.rule_created": rules[id] = (event.position, true)
        case "sod.rule_status_changed":
            rules[id] = (event.position, event.word("status") == SodRule.Status.active.rawValue)
        case "sod.rule_orphaned": rules[id] = (event.position, false)
        case "sod.rule_deleted": rules[id] = nil
        default: return
        }
    }

    func evidence(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let active = rules.values.filter(\.isActive)
        draft.count("active_rules", active.count)
        draft.count("open_violations", open.count)
        draft.count("exempted", lastScan?.exempted ?? 0)
        for rule in active { draft.rest(on: rule.position) }
        draft.rest(on: open.values)
        if let lastScan { draft.rest(on: lastScan.place.position) }
        draft.show("violation", open.map { (id: $0.key, position: $0.value.position) })
        guard !active.isEmpty else { return draft.absent("No rule of separation of duties is active.") }
        guard let lastScan, lastScan.place.isWithin(asked[.days], of: moment) else {
            return draft.unmet(
                "Nobody was looked at by these rules in the last \(asked[.days].of("day", "days")).")
        }
        guard open.isEmpty else {
            return draft.unmet("\(open.count.of("violation is", "violations are")) open and not exempted.")
        }
        return draft.met(
            "\(active.count.of("rule", "rules")), nobody breaks any; \(lastScan.exempted) exempted.")
    }
}
