import Governance
import Identity
import Storage
import Vocabulary

/// What an enforcement point submits after a requestable refusal (AuthZEN Access Request and Approval Profile).
public struct AccessSubmission: Sendable {
    /// The question that was refused, as it is told again.
    public let question: DecisionQuestion
    public let bindingToken: String
    public let expiresAt: Timestamp
    /// As `context.evaluation_id` of the refusal; nil where it was left out.
    public let evaluation: DecisionID?
    public let justification: String?

    public init(
        _ question: DecisionQuestion, bindingToken: String, expiresAt: Timestamp, evaluation: DecisionID?,
        justification: String?
    ) {
        (self.question, self.bindingToken, self.expiresAt) = (question, bindingToken, expiresAt)
        (self.evaluation, self.justification) = (evaluation, justification)
    }
}

/// The way from a refusal to an approval and back: submitted, looked after, withdrawn. The approval is the task; the
/// decision stays the decision point's, asked again.
public struct AccessTaskService: Sendable {
    let decisions: DecisionService
    let approvals: ApprovalService

    /// What a submission is refused for.
    public enum Failure: Error, Sendable, Hashable {
        case notRequestable, expiredDenial, invalidBinding, unknownTask, invalidState
    }

    /// Asks for the approval that a refused question lacks, bound to the refusal: to no other question, and not after its
    /// time. The same submission again is the same task.
    ///
    /// - Throws: `Failure`, `approval.too_many`.
    public func submit(
        _ submission: AccessSubmission, in tenant: TenantID, origin: DecisionOrigin, by caller: Caller
    ) async throws -> Approval {
        let now = decisions.clock()
        let keys = decisions.resolver.store.keys
        guard let binding = DenialBinding(submission.bindingToken, keys: keys, tenant: tenant),
            binding.expiresAt == submission.expiresAt,
            submission.evaluation.map({ $0 == binding.evaluation }) ?? true
        else { throw Failure.invalidBinding }
        guard now < binding.expiresAt else { throw Failure.expiredDenial }
        guard let subject = try await decisions.resolve(submission.question.asked, in: tenant)?.subject,
            equalInConstantTime(RuleApprovals.digest(of: submission.question, subject), binding.digest)
        else { throw Failure.invalidBinding }
        let answer = try await decisions.decideOrAsk(
            submission.question, reason: submission.justification, evaluation: binding.evaluation, in: tenant,
            origin: origin, by: caller)
        if let approval = answer.approval { return approval }
        // Approved meanwhile: the task that was begun from this very question is the one that ended.
        guard answer.isPermitted, let used = answer.usedApproval else { throw Failure.notRequestable }
        return try await approvals.approval(used, in: tenant)
    }

    /// A task; whoever else's approval has the id, or none, is unknown alike.
    public func task(_ id: ApprovalID, in tenant: TenantID) async throws -> Approval {
        let found: Approval
        do { found = try await approvals.approval(id, in: tenant) } catch let fault as Fault
            where fault.code == "not_found"
        { throw Failure.unknownTask }
        guard found.terms.evaluation != nil else { throw Failure.unknownTask }
        return found
    }

    /// Withdraws a task; by whoever submitted it, or asked for it.
    public func cancel(_ id: ApprovalID, by caller: Caller) async throws -> Approval {
        let known = try await task(id, in: caller.tenant)
        let maker = try await approvals.history(of: id, in: caller.tenant).first?.actor
        guard maker == caller.actor || known.requester == caller.principal?.subject else { throw Failure.unknownTask }
        guard known.state == .pending else { throw Failure.invalidState }
        return try await approvals.withdraw(id, by: caller)
    }
}

extension DecisionAnswer {
    /// The approval on the strength of which it is permitted.
    public var usedApproval: ApprovalID? {
        guard isPermitted else { return nil }
        for case .approved(let id) in governed?.notes.map(\.kind) ?? [] { return id }
        return nil
    }
}

extension ApprovalService {
    /// Until when an approval is good for the question it was given for; nil for one that was not given.
    public static func goodUntil(_ approval: Approval) -> Timestamp? {
        guard [.approved, .overridden].contains(approval.state) else { return nil }
        return approval.endedAt.map { $0 + RuleApprovals.validity }
    }

    /// Withdraws a request in its requester's name; the caller has checked who does it.
    func withdraw(_ id: ApprovalID, by caller: Caller) async throws -> Approval {
        try await store.govern(by: caller) { writer in
            try writer.changeApproval(id, counting: table.approvalTally) {
                try $0.decide(.cancel(by: $0.requester), now: writer.now)
            }
        }
    }
}

extension Gateway {
    /// Refusals that can be asked about, and what becomes of the asking.
    public var accessTasks: AccessTaskService { AccessTaskService(decisions: decisions, approvals: approvals) }
}
