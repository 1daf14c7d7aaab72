import Vocabulary

/// An entitlement somebody has, with everything it comes from.
public struct EffectiveEntitlement: Sendable, Hashable {
    /// Where it comes from.
    public enum Derivation: Sendable, Hashable {
        /// An assignment, and for a birthright the rule behind it, as far as it is known.
        case assignment(EntitlementAssignmentID, AssignmentSource, rule: BirthrightRuleID? = nil)
        case role(RoleID)
    }

    public let entitlement: EntitlementID
    /// At least one; assignments before roles.
    public let derivations: [Derivation]
}

extension EntitlementCatalog {
    /// Everything a subject has at a moment: direct, by role and by birthright, each with its derivation.
    ///
    /// - Parameter roles: the roles the subject holds, inherited ones included.
    public func effectiveAccess(of subject: Subject, roles: Set<RoleID>, at now: Timestamp) -> [EffectiveEntitlement] {
        var derivations: [EntitlementID: [EffectiveEntitlement.Derivation]] = [:]
        for holding in holdings(of: subject) where holding.isInForce(at: now) {
            guard entitlements[holding.entitlement]?.status == .active else { continue }
            derivations[holding.entitlement, default: []].append(
                .assignment(holding.assignment, holding.source, rule: assignments[holding.assignment]?.rule))
        }
        for role in roles.sorted() {
            for id in entitlements(of: role) where entitlements[id]?.status == .active {
                derivations[id, default: []].append(.role(role))
            }
        }
        return derivations.sorted { $0.key < $1.key }.map {
            EffectiveEntitlement(entitlement: $0.key, derivations: $0.value)
        }
    }

    /// What a subject has, roles included, whatever the state of the entitlement: what duties are judged by.
    public func effective(_ subject: Subject, _ roles: Set<RoleID>, _ now: Timestamp) -> Set<EntitlementID> {
        var held = held(by: subject, at: now)
        for role in roles { held.formUnion(entitlements(of: role)) }
        return held
    }
}
