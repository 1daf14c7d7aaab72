import Authorization

/// A decision at a glance.
public struct PolicyBadge: Sendable, Hashable {
    /// Amber for a deny, blue when an approval is needed, emerald when it runs by itself, grey otherwise.
    public enum Colour: String, Sendable, CaseIterable {
        case amber, blue, emerald, grey
    }

    public let text: String
    public let colour: Colour

    /// Stands in the way, and why.
    static func denied(_ reason: RuleDecision.Reason) -> PolicyBadge {
        PolicyBadge(text: "Policy: \(reason.sentence)", colour: .amber)
    }

    static let approvalNeeded = PolicyBadge(text: "Policy: approval needed", colour: .blue)
    static let autoExecute = PolicyBadge(text: "Policy: auto-execute", colour: .emerald)
    static let allowed = PolicyBadge(text: "Policy: allowed", colour: .grey)
}

extension RuleDecision {
    /// What a badge beside the action says, and in which of four colours.
    public var badge: PolicyBadge {
        if !isAllowed { return .denied(reason) }
        if needsApproval { return .approvalNeeded }
        return execute ? .autoExecute : .allowed
    }
}

extension Rule {
    /// The badge of a request that this rule alone decides, inside its windows and limits: nobody has approved yet, and
    /// nothing bypasses the approval.
    public func badge(under enforcement: Enforcement) -> PolicyBadge {
        let blocks = enforcement >= .mandatory
        switch effect {
        case .logOnly: return .allowed
        case .deny, .quarantine: return blocks ? .denied(.denied) : .allowed
        case .stepUp: return blocks ? .denied(.stepUpRequired) : .allowed
        case .requireApproval, .requireReview: return blocks ? .approvalNeeded : .allowed
        case .allow:
            if approval != nil, blocks { return .approvalNeeded }
            return autoExecute && enforcement < .critical ? .autoExecute : .allowed
        }
    }
}
