import Foundation

extension GatehouseClient {
    /// Has an action reviewed, and asks for the approval that it needs. Nothing is done.
    ///
    /// The service account may `evaluate` on `decision`.
    /// - Throws: `GatehouseError`; treat it as a refusal.
    public func review(_ action: ReviewedAction) async throws -> ActionReview {
        try Self.decode(
            ActionReview.self,
            try await post("/api/v1/governance/evaluate", type: Self.json, body: try Self.encoded(action.fields)))
    }

    /// Takes an action only where it is allowed: reviews it, asks for the approval that it needs, waits for that, has it
    /// reviewed once more, and then runs the body, once. Whatever else happens the body does not run.
    ///
    /// ```swift
    /// try await gatehouse.requireApproval(action) { try await applyPatch() }
    /// ```
    ///
    /// The service account may `evaluate` on `decision` and `request` on `approval`.
    /// - Throws: `ActionRefused` where it may not be done, or not yet; `GatehouseError` where nobody could say;
    ///   `CancellationError`; and what the body throws.
    public func requireApproval<Value: Sendable>(
        _ action: ReviewedAction, patience: ApprovalPatience = ApprovalPatience(),
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let review = try await review(action)
        if !review.isAllowed { try await awaitApproval(of: action, review, patience) }
        return try await body()
    }

    /// Returns once the same action is allowed.
    private func awaitApproval(
        of action: ReviewedAction, _ review: ActionReview, _ patience: ApprovalPatience
    ) async throws {
        guard review.needsApproval, let approval = review.approval else {
            throw ActionRefused(.denied, review.reason, approval: review.approval)
        }
        let clock = ContinuousClock()
        let end = clock.now + patience.total
        while true {
            switch try await status(ofApproval: approval) {
            case "approved":
                // The rules of this moment have the last word.
                let now = try await self.review(action)
                guard now.isAllowed else {
                    throw ActionRefused(
                        now.needsApproval ? .pending : .denied, now.reason, approval: now.approval)
                }
                return
            case "denied", "cancelled": throw ActionRefused(.rejected, "Rejected", approval: approval)
            case "expired": throw ActionRefused(.expired, "Nobody approved in time", approval: approval)
            case "pending": break
            default: throw GatehouseError("gateway.answer", "The gateway's answer is not a state of an approval.")
            }
            guard clock.now < end else { throw ActionRefused(.pending, review.reason, approval: approval) }
            try await Task.sleep(for: min(patience.interval, end - clock.now))
        }
    }

    private struct AccessTask: Decodable {
        struct Body: Decodable { let status: String }
        let task: Body
    }

    /// Where a request for approval stands (AuthZEN Access Request and Approval Profile).
    private func status(ofApproval id: String) async throws -> String {
        guard UUID(uuidString: id) != nil else {
            throw GatehouseError("gateway.answer", "The gateway's answer names no approval.")
        }
        return try Self.decode(AccessTask.self, try await get("/access/v1/requests/\(id)")).task.status
    }
}
