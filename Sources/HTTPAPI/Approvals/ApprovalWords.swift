import Gateway
import Governance
import Vocabulary

/// Approvals in the words of the people who decide them.
enum ApprovalWords {
    /// What is asked for, in one line.
    static func title(of found: ApprovalCase) -> String {
        guard let matter = found.matter else {
            return found.approval.terms.assignment == nil ? "An action" : "Access"
        }
        if let entitlement = matter["entitlement"]?.string {
            return "\(entitlement)" + (matter["application"]?.string.map { " in \($0)" } ?? "")
        }
        let (action, resource) = (matter["action"]?.string ?? "", matter["resource"]?.string ?? "")
        return "\(action) on \(matter["resource_type"]?.string ?? "")" + (resource.isEmpty ? "" : " \(resource)")
    }

    /// What whoever decides has to know, without names of people.
    static func facts(of found: ApprovalCase) -> [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = [("What", title(of: found))]
        if let until = found.matter?["until"]?.string.flatMap({ Timestamp(rfc3339: $0) }) {
            facts.append(("Until", until.reading))
        }
        if let rules = found.matter?["rules"]?.list?.compactMap(\.string), !rules.isEmpty {
            facts.append(("Rules", rules.joined(separator: ", ")))
        }
        facts.append(("Risk", found.approval.terms.risk.rawValue))
        return facts
    }

    /// A state in its colour.
    static func badge(_ state: Approval.State) -> AdminValue {
        switch state {
        case .pending: .badge("waiting", .info)
        case .approved: .badge("approved", .good)
        case .rejected: .badge("rejected", .bad)
        case .expired: .badge("expired", .caution)
        case .cancelled: .badge("withdrawn", .plain)
        case .overridden: .badge("overridden", .bad)
        }
    }

    /// A risk in its colour.
    static func badge(_ risk: RiskLevel) -> AdminValue {
        switch risk {
        case .low: .badge(risk.rawValue, .good)
        case .medium: .badge(risk.rawValue, .info)
        case .high: .badge(risk.rawValue, .caution)
        case .critical: .badge(risk.rawValue, .bad)
        }
    }

    /// An event of the history.
    static func sentence(_ event: ApprovalEvent) -> String {
        switch event {
        case .requested: "asked for"
        case .approved: "approved"
        case .rejected: "rejected"
        case .stageEntered(let number, _): "on to step \(number + 1)"
        case .delegated: "delegated"
        case .outsiderInvited: "somebody outside was asked"
        case .escalated(let trigger, _, _): "escalated: \(adminWords(trigger.rawValue))"
        case .reminded: "reminded"
        case .overrideBegun: "emergency override begun"
        case .overridden: "overridden in an emergency"
        case .reviewed: "override reviewed"
        case .closed(let state): state == .approved ? "approved for good" : state.rawValue
        }
    }
}
