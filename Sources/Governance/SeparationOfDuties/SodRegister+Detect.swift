import Vocabulary

/// What a scan of what everybody holds came to.
public struct SodScan: Sendable {
    /// A breach that an exemption allows.
    public struct Exempted: Sendable, Hashable {
        public let rule: SodRuleID
        public let subject: Subject
        public let exemption: ExemptionID
    }

    public let rulesScanned: Int
    public let subjectsScanned: Int
    /// How many breaches there are, known ones included, exempted ones not.
    public let violating: Int
    /// How many of them are new.
    public let found: Int
    /// How many known ones are gone.
    public let resolved: Int
    public let exempted: [Exempted]
    /// What the scan changes: what is new and what is gone.
    public let events: [SodEvent]
}

extension SodRegister {
    /// Scans what everybody holds by every active rule, or by one. The holdings have to be complete for the subjects
    /// they name: a known violation of one of them that is not found again is resolved.
    ///
    /// - Parameter partial: whether the holdings name only some subjects; then nothing is said about the others.
    /// - Parameter newID: makes the id of a violation that is new.
    public func scan(
        _ holdings: some Sequence<(subject: Subject, held: Set<EntitlementID>)>, rule only: SodRuleID? = nil,
        partial: Bool = false, at now: Timestamp, newID: () -> SodViolationID
    ) throws(GovernanceError) -> SodScan {
        let index = try only.map { id throws(GovernanceError) in SodIndex([try rule(id)]) } ?? index
        var tally = SodIndex.Tally(index)
        var (subjects, violating): (Set<Subject>, Int) = ([], 0)
        var count = 0
        var events: [SodEvent] = []
        var exempted: [SodScan.Exempted] = []
        var standing: Set<SodViolationID> = []
        for (subject, held) in holdings {
            count += 1
            if partial { subjects.insert(subject) }
            tally.judge(held) { number in
                let rule = index.rules[number].id
                if let exemption = exemption(from: rule, for: subject, at: now) {
                    exempted.append(.init(rule: rule, subject: subject, exemption: exemption))
                    return
                }
                violating += 1
                if let known = activeViolation(rule, subject) {
                    standing.insert(known)
                } else {
                    let entitlements = (rules[rule]?.details.entitlements ?? []).filter(held.contains)
                    events.append(.violationDetected(newID(), rule, subject, entitlements))
                }
            }
        }
        let gone = activeViolations.filter { breach, violation in
            !standing.contains(violation) && (only.map { $0 == breach.rule } ?? true)
                && (!partial || subjects.contains(breach.subject))
        }.values.sorted()
        return SodScan(
            rulesScanned: index.ruleCount, subjectsScanned: count, violating: violating, found: events.count,
            resolved: gone.count, exempted: exempted, events: events + gone.map(SodEvent.violationResolved))
    }
}
