import Governance
import Storage
import Synchronization
import Vocabulary

/// What became of approvals since the gateway started, by the rule that asked for them.
final class ApprovalTally: Sendable {
    private struct Key: Hashable {
        let rule: String
        let status: String
    }

    /// Rules that are told apart; those beyond are counted together, so that the page of metrics stays a page.
    static let ruleLimit = 1_000
    private static let others = "others"
    /// The label of what no rule asked for.
    private static let access = "access"

    private let memory = Mutex<[Key: Int]>([:])
    private let known = Mutex<Set<String>>([])

    /// Counts a request, or its end, once for each rule that asked.
    func count(_ approval: Approval) {
        let status = approval.state == .pending ? "requested" : approval.state.rawValue
        let rules = approval.rules.isEmpty ? [Self.access] : approval.rules.map(\.description)
        for rule in rules.map(admitted) {
            memory.withLock { $0[Key(rule: rule, status: status), default: 0] += 1 }
        }
    }

    private func admitted(_ rule: String) -> String {
        known.withLock { known in
            if known.contains(rule) { return rule }
            guard known.count < Self.ruleLimit else { return Self.others }
            known.insert(rule)
            return rule
        }
    }

    /// One series for each rule and what its approvals came to.
    var family: MetricFamily {
        let counts = memory.withLock { $0 }
        let family = MetricFamily.counter(
            "gatehouse_policy_approvals_total", "Approvals by the rule that asked for them and what became of them.")
        return counts.sorted { ($0.key.rule, $0.key.status) < ($1.key.rule, $1.key.status) }.reduce(family) {
            $0.adding($1.value, ["rule_id": $1.key.rule, "status": $1.key.status])
        }
    }
}

extension GovernedWriter {
    /// Begins an approval, and counts that it was asked for.
    func beginApproval(
        _ id: ApprovalID, counting tally: ApprovalTally, _ decide: () throws -> [ApprovalEvent]
    ) throws -> Approval {
        let approval = try begin(
            Governed.approval(id), "approval", id: id.description, row: GovernedRow.init, links: \.links, decide)
        tx.afterCommit { tally.count(approval) }
        return approval
    }

    /// Changes an approval; its end is counted. Answers how it stands afterwards.
    func changeApproval(
        _ id: ApprovalID, counting tally: ApprovalTally?, _ decide: (Approval) throws -> [ApprovalEvent]
    ) throws -> Approval {
        var before: Approval.State?
        let after = try change(Governed.approval(id), "approval", row: GovernedRow.init, links: \.links) { approval in
            before = approval.state
            return try decide(approval)
        }
        let approval = try EntitlementService.present(after)
        if before == .pending, approval.state != .pending { tx.afterCommit { tally?.count(approval) } }
        return approval
    }
}
