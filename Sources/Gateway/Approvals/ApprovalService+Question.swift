import Governance
import Identity
import Storage
import Vocabulary

extension ApprovalService {
    /// The newest request for approval of this very question by its subject, however it stands; nil without one.
    public func newest(for question: DecisionQuestion, by subject: Subject, in tenant: TenantID) async throws
        -> Approval?
    {
        let digest = RuleApprovals.digest(of: question, subject)
        return try await store.ask(tenant, now: clock()) { view in
            try view.sql.linked(.governed(Approval.aggregate.kind), to: digest, in: view.tenant)
                .compactMap { ApprovalID(bytes: $0) }.compactMap { try view.load(Governed.approval($0)).state }
                .filter { $0.requester == subject }.max { $0.createdAt < $1.createdAt }
        }
    }
}
