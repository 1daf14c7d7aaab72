import Vocabulary

/// Whether a change of what somebody holds is free of new breaches.
public struct PreventiveResult: Sendable, Hashable {
    public let violations: [SodViolationInfo]
    /// What would be a violation without an exemption.
    public let exempted: [SodViolationInfo]
    public var isValid: Bool { violations.isEmpty }
}

extension SodRegister {
    /// Judges a change before it is made. What is added is judged as a whole, so that entitlements that belong together
    /// can begin together.
    ///
    /// - Parameter subject: who is to hold it; nil for nobody in particular, whom nothing exempts.
    public func validatePreventive(
        adding added: Set<EntitlementID>, to held: Set<EntitlementID>, for subject: Subject? = nil, at now: Timestamp
    ) -> PreventiveResult {
        var (violations, exempted): ([SodViolationInfo], [SodViolationInfo]) = ([], [])
        let after = held.union(added)
        for number in index.broken(adding: added, to: held) {
            guard let rule = rules[index.rules[number].id] else { continue }
            let info = Self.info(rule, holding: after)
            let isExcused = subject.map { isExempted($0, from: rule.id, at: now) } ?? false
            if isExcused { exempted.append(info) } else { violations.append(info) }
        }
        return PreventiveResult(violations: violations, exempted: exempted)
    }

    /// Throws `sodViolation`, or `sodMultipleViolations`, when the change would break a rule without an exemption.
    public func require(
        adding added: Set<EntitlementID>, to held: Set<EntitlementID>, for subject: Subject? = nil, at now: Timestamp
    ) throws(GovernanceError) {
        try validatePreventive(adding: added, to: held, for: subject, at: now).violations.refuse()
    }

    /// The rules that holding these breaks now, by id, without those that something exempts from.
    public func broken(by held: Set<EntitlementID>, for subject: Subject, at now: Timestamp) -> [SodViolationInfo] {
        index.broken(by: held).compactMap { number in
            guard let rule = rules[index.rules[number].id], !isExempted(subject, from: rule.id, at: now) else {
                return nil
            }
            return Self.info(rule, holding: held)
        }
    }

    /// What a rule has to say about somebody who holds these.
    static func info(_ rule: SodRule, holding held: Set<EntitlementID>) -> SodViolationInfo {
        let conflicting = rule.details.entitlements.filter(held.contains)
        let all = rule.details.entitlements.count
        let message =
            switch rule.details.conflictType {
            case .exclusive: "\(rule.details.name): \(conflicting.count) entitlements that exclude each other."
            case .cardinality:
                "\(rule.details.name): \(conflicting.count) entitlements, of which \(rule.details.maxCount ?? 0) may be"
                    + " held together."
            case .inclusive: "\(rule.details.name): \(conflicting.count) of \(all) entitlements that belong together."
            }
        return SodViolationInfo(
            rule: rule.id, ruleName: rule.details.name, conflictingEntitlements: conflicting,
            severity: rule.details.severity, message: message)
    }

    /// One subject's part of a batch: what it takes away and what it adds.
    public struct PlannedChange: Sendable, Hashable {
        public let subject: Subject
        public let held: Set<EntitlementID>
        public let added: Set<EntitlementID>
        public let removed: Set<EntitlementID>

        /// A change of what a subject holds.
        public init(
            subject: Subject, held: Set<EntitlementID>, added: Set<EntitlementID>, removed: Set<EntitlementID> = []
        ) {
            (self.subject, self.held, self.added, self.removed) = (subject, held, added, removed)
        }
    }

    /// Judges a batch as a whole before any of it is applied: each subject by what it would hold in the end. The rows
    /// that break a rule are to be held back, the others applied.
    public func judge(_ batch: [PlannedChange], at now: Timestamp) -> [(change: PlannedChange, PreventiveResult)] {
        batch.map { change in
            (
                change,
                validatePreventive(
                    adding: change.added, to: change.held.subtracting(change.removed), for: change.subject, at: now)
            )
        }
    }
}

extension [SodViolationInfo] {
    /// Throws `sodViolation` for one violation, `sodMultipleViolations` for more.
    public func refuse() throws(GovernanceError) {
        guard let first else { return }
        guard count == 1 else { throw .sodMultipleViolations(count) }
        throw .sodViolation(first.rule, message: first.message)
    }
}
