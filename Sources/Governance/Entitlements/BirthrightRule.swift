import Authorization
import Vocabulary

/// Who has an entitlement by what they are: everybody whose directory attributes meet a condition.
public struct BirthrightRule: Sendable, Hashable {
    /// Unique in the tenant, in the characters of a policy's id.
    public let name: String
    /// In the policy language, over `subject.` attributes.
    public let condition: AttributeValue
    public let entitlements: [EntitlementID]

    /// A rule; it is checked when it is compiled.
    public init(name: String, condition: AttributeValue, entitlements: [EntitlementID]) {
        (self.name, self.condition, self.entitlements) = (name, condition, entitlements)
    }
}

/// What a subject's birthrights change: what begins and what ends.
public struct BirthrightPlan: Sendable, Hashable {
    public let begin: [EntitlementID]
    public let end: [EntitlementAssignmentID]
    /// Rules that could not be judged. They give nothing, and what they gave before is left as it is.
    public let undecided: [String]
}

/// The birthright rules of a tenant, compiled.
public struct BirthrightBook: Sendable {
    /// Rules of one tenant; one more is refused.
    public static let ruleLimit = 1_000

    private let index: PolicyIndex
    private let rules: [BirthrightRule]

    /// Compiles. Throws `governance.rejected` for a condition that cannot be read, and a fault for two rules of a name.
    public init(_ rules: [BirthrightRule]) throws {
        guard rules.count <= Self.ruleLimit else {
            throw GovernanceError.invalid(field: "rules", reason: "are more than \(Self.ruleLimit)")
        }
        var matchers: [Policy] = []
        for (number, rule) in rules.enumerated() {
            var matcher = try ConditionDocument.read(rule.condition, at: "rules.\(rule.name)", id: rule.name)
            matcher.version = Int32(number)
            matchers.append(matcher)
        }
        self.rules = rules
        let stamp = IndexStamp(generation: 0, policyDigest: [], roleDigest: [])
        index = try PolicyIndex(policies: matchers, stamp: stamp)
    }

    /// What somebody with these attributes should have, against the birthrights they hold. What is held by other
    /// sources is none of its business.
    public func plan(
        for subject: Subject, _ facts: SubjectFacts, in catalog: EntitlementCatalog, at now: Timestamp
    ) throws -> BirthrightPlan {
        let request = try DecisionRequest(action: "birthright", resourceType: "entitlement", resourceID: "")
        let decision = index.decide(request, standing: try index.standing(of: facts), now: now)
        let matched = decision.determining.compactMap(rule), undecided = decision.erred.compactMap { rule($0.rule) }
        let due = Set(matched.flatMap(\.entitlements)), unclear = Set(undecided.flatMap(\.entitlements))
        let held = catalog.holdings(of: subject).filter {
            $0.source == .birthright && [.active, .pendingApproval].contains($0.status)
        }
        return BirthrightPlan(
            begin: due.subtracting(held.map(\.entitlement)).sorted(),
            end: held.filter { !due.contains($0.entitlement) && !unclear.contains($0.entitlement) }.map(\.assignment),
            undecided: undecided.map(\.name))
    }

    private func rule(_ reference: RuleReference) -> BirthrightRule? {
        guard case .policy(_, let number) = reference, rules.indices.contains(Int(number)) else { return nil }
        return rules[Int(number)]
    }
}
