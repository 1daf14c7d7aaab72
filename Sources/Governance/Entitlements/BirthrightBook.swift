import Authorization
import Vocabulary

/// What a subject's birthrights change: what begins and what ends.
public struct BirthrightPlan: Sendable, Hashable {
    /// An entitlement, and the rule that gives it: of several, the first by name.
    public struct Grant: Sendable, Hashable {
        public let entitlement: EntitlementID
        public let rule: BirthrightRuleID
    }

    public let begin: [Grant]
    public let end: [EntitlementAssignmentID]
    /// Names of rules that could not be judged. They give nothing, and what they gave before is left as it is.
    public let undecided: [String]

    public var isEmpty: Bool { begin.isEmpty && end.isEmpty }
}

/// The birthright rules of a tenant, compiled.
public struct BirthrightBook: Sendable {
    /// Rules of one tenant; one more is refused.
    public static let ruleLimit = 1_000

    private let index: PolicyIndex
    private let rules: [(id: BirthrightRuleID, details: BirthrightDetails)]

    /// Compiles. Throws `governance.rejected` for a condition that cannot be read, and a fault for two rules of a name.
    public init(_ rules: [(BirthrightRuleID, BirthrightDetails)]) throws {
        guard rules.count <= Self.ruleLimit else {
            throw GovernanceError.invalid(field: "rules", reason: "are more than \(Self.ruleLimit)")
        }
        let ordered = rules.map { (id: $0, details: $1) }.sorted { $0.details.name < $1.details.name }
        var matchers: [Policy] = []
        for (number, rule) in ordered.enumerated() {
            var matcher = try ConditionDocument.read(
                rule.details.condition, at: "rules.\(rule.details.name)", id: rule.details.name)
            matcher.version = Int32(number)
            matchers.append(matcher)
        }
        self.rules = ordered
        let stamp = IndexStamp(generation: 0, policyDigest: [], roleDigest: [])
        index = try PolicyIndex(policies: matchers, stamp: stamp)
    }

    /// What somebody with these attributes should have, against the birthrights they hold. What is held by other
    /// sources is none of its business. An attribute that is not there meets no condition; one of another type leaves
    /// what its rule gave as it is.
    ///
    /// - Parameter facts: nil for who is no more, and has no birthright.
    public func plan(
        for subject: Subject, _ facts: SubjectFacts?, in catalog: EntitlementCatalog, at now: Timestamp
    ) throws -> BirthrightPlan {
        let (matched, undecided) = try facts.map { try judge($0, at: now) } ?? ([], [])
        var due: [EntitlementID: BirthrightRuleID] = [:]
        for number in matched.sorted() {
            for entitlement in rules[number].details.entitlements where due[entitlement] == nil {
                due[entitlement] = rules[number].id
            }
        }
        let unclear = Set(undecided.flatMap { rules[$0].details.entitlements })
        let held = catalog.holdings(of: subject).filter {
            $0.source == .birthright && [.active, .pendingApproval].contains($0.status)
        }
        let known = Set(held.map(\.entitlement))
        return BirthrightPlan(
            begin: due.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
                .map { BirthrightPlan.Grant(entitlement: $0.key, rule: $0.value) },
            end: held.filter { due[$0.entitlement] == nil && !unclear.contains($0.entitlement) }.map(\.assignment),
            undecided: undecided.map { rules[$0].details.name })
    }

    /// The rules that match, and those that cannot be judged, by number.
    private func judge(_ facts: SubjectFacts, at now: Timestamp) throws -> (matched: [Int], undecided: [Int]) {
        let request = try DecisionRequest(action: "birthright", resourceType: "entitlement", resourceID: "")
        let decision = index.decide(request, standing: try index.standing(of: facts), now: now)
        return (
            decision.determining.compactMap(number),
            decision.erred.filter { $0.code != .missingAttribute }.compactMap { number($0.rule) }
        )
    }

    private func number(_ reference: RuleReference) -> Int? {
        guard case .policy(_, let number) = reference, rules.indices.contains(Int(number)) else { return nil }
        return Int(number)
    }
}
