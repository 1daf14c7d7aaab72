import Vocabulary

/// Access that somebody asked for: an assignment that waits, and the approval it waits for. Neither knows the other;
/// this says what the one means for the other.
public enum AccessRequest {
    /// What follows for the waiting assignment from the approval's state: it begins, it ends, or nothing yet. The
    /// assignment's end, if it has one, was asked for with it and holds from its making, so that a slow approval makes
    /// the access shorter and never longer.
    public static func command(
        for assignment: EntitlementAssignment, after approval: Approval
    ) -> AssignmentCommand? {
        guard assignment.status == .pendingApproval else { return nil }
        switch approval.state {
        case .pending: return nil
        case .approved, .overridden: return .activate(assignment.id)
        case .rejected, .expired, .cancelled: return .revoke(assignment.id)
        }
    }
}
