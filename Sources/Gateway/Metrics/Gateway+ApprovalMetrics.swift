import Governance
import Storage
import Vocabulary

extension Gateway {
    /// How open approvals stand against their deadlines, over all tenants.
    func approvalMetrics() async throws -> [MetricFamily] {
        let now = clock()
        let edges = ApprovalDue.allCases.map { now + $0.from }
        let counts = try await store.read { sql in
            try sql.dueCounts(.governed(Approval.aggregate.kind), from: edges)
        }
        let family = zip(ApprovalDue.allCases, counts).reduce(
            MetricFamily.gauge("gatehouse_approvals_open", "Open approvals, by when something becomes of them.")
        ) { $0.adding($1.1, ["due": $1.0.rawValue]) }
        return [family]
    }
}

/// When an open approval reminds, escalates or ends next.
private enum ApprovalDue: String, CaseIterable {
    /// It should have by now.
    case late, hour, day, later

    /// From when on, as seen from now.
    var from: Duration {
        switch self {
        case .late: .days(-36_500)
        case .hour: .zero
        case .day: .hours(1)
        case .later: .hours(24)
        }
    }
}
