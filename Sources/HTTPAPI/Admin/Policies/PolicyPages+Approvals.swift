import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    /// Approvals that are looked through for those under one policy, and how many of them are shown, the newest.
    private static let lookedThrough = 10_000
    private static let shownApprovals = 20

    /// What was asked for under a policy's rules, and what became of it, to whoever may read approvals.
    static func approvals(under policy: GovernedPolicy, _ call: AdminCall) async throws -> [AdminBlock] {
        guard try await call.may("read", "approval") else { return [] }
        let rules = Set(policy.rules.map(\.id))
        let found = try await newest(under: rules, call)
        guard !found.isEmpty else { return [] }
        let voters = found.flatMap(\.votes).compactMap { vote -> Subject? in
            if case .subject(let subject) = vote.by { subject } else { nil }
        }
        let names = try await call.names(of: found.map(\.requester) + voters)
        return [
            .table(
                AdminTable(
                    "Approvals asked for under it", columns: ["Asked", "By", "State", "Approved by", "Ended"],
                    rows: found.map { approval in
                        [
                            AdminValue(approval.createdAt.reading, to: "/approvals/\(approval.id)"),
                            names.value(approval.requester),
                            .badge(approval.state.rawValue.titled, tone(of: approval.state)),
                            .list(approval.votes.map { voter($0, names) }), AdminValue(approval.endedAt),
                        ]
                    }))
        ]
    }

    private static func newest(under rules: Set<RuleID>, _ call: AdminCall) async throws -> [Approval] {
        var (found, last, looked) = ([Approval](), ApprovalID?.none, 0)
        while looked < lookedThrough {
            let part = try await call.gateway.approvals.approvals(
                in: call.tenant, GovernedPart(after: last?.bytes, limit: 1_000))
            found = (found + part.filter { !rules.isDisjoint(with: $0.rules) }).suffix(shownApprovals)
            guard part.count == 1_000 else { break }
            (last, looked) = (part.last?.id, looked + part.count)
        }
        return found.reversed()
    }

    private static func voter(_ vote: Approval.Vote, _ names: AdminNames) -> AdminValue {
        switch vote.by {
        case .subject(let subject): names.value(subject).hinted(vote.at.reading)
        case .outsider: AdminValue("somebody outside").hinted(vote.at.reading)
        }
    }

    private static func tone(of state: Approval.State) -> AdminTone {
        switch state {
        case .pending: .info
        case .approved: .good
        case .rejected, .overridden: .bad
        case .expired, .cancelled: .plain
        }
    }
}
