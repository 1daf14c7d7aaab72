import Governance
import Identity
import Storage
import Vocabulary

/// Requests for approval on their way through their stages, and what follows from their end.
///
/// Whoever decides comes with the roles they hold at that moment; who asked for something, and who gets it, decides
/// nothing about it.
public struct ApprovalService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let resolver: SubjectResolver
    let clock: @Sendable () -> Timestamp

    // MARK: Reading

    /// Approvals by id, narrowed by where they stand and by who asked.
    public func approvals(
        in tenant: TenantID, state: Approval.State? = nil, requester: Subject? = nil,
        _ part: GovernedPart = GovernedPart()
    ) async throws -> [Approval] {
        let filter = GovernedFilter(state: state?.rawValue, scope: requester?.kind, target: requester?.bytes)
        return try await store.ask(tenant, now: clock()) { try $0.page(filter, part, Governed.approval) }
    }

    /// One approval. Throws `not_found`.
    public func approval(_ id: ApprovalID, in tenant: TenantID) async throws -> Approval {
        try await store.ask(tenant, now: clock()) { try $0.one(Governed.approval(id), "approval") }
    }

    /// What was written of an approval: who said what, as far as they are not erased.
    public func history(of id: ApprovalID, in tenant: TenantID) async throws -> [Recorded<ApprovalEvent>] {
        try await store.ask(tenant, now: clock()) { view in
            var events: [Recorded<ApprovalEvent>] = []
            try Governed.approval(id).forEach(view.sql, in: tenant, keys: view.keys) { event, _ in events.append(event)
            }
            guard !events.isEmpty else { throw Fault.notFound("approval") }
            return events
        }
    }

    // MARK: Deciding

    /// What the caller may say.
    public enum Word: Sendable, Hashable {
        case approve(comment: String?)
        case reject(comment: String?)
        /// Lets somebody else vote in the caller's place until a moment.
        case delegate(to: Subject, until: Timestamp)
        case escalate
        case cancel
        /// In an emergency: begun by one, done by a second.
        case override(reason: String)
        /// In an emergency, alone; to be reviewed.
        case overrideAlone(reason: String)
        case review(comment: String?)
    }

    /// Says a word about an approval, and carries out what follows from its end in the same transaction: an assignment
    /// that waited begins or ends. Throws `approval.not_an_approver`, `approval.requester`, `approval.already_decided`,
    /// `approval.closed`; `sod.violation` where what would begin has become a breach since it was asked for, and then
    /// nothing was said.
    ///
    /// Whose business it is, is judged before anything else: to whoever may not read it and has no part in it, an
    /// approval of any version, and one that is not there, answer alike.
    ///
    /// - Parameter heeding: throws for a version that the caller does not mean.
    public func say(
        _ word: Word, about id: ApprovalID, with rights: Rights = Rights(),
        heeding: @escaping @Sendable (Int64) throws -> Void = { _ in }, by caller: Caller
    ) async throws -> Approval {
        let authorization = try await table.snapshot(of: caller.tenant)
        let speaker = try await speaker(caller, about: id, authorization)
        return try await store.govern(by: caller) { writer in
            let known = try writer.view.load(Governed.approval(id)).state
            guard rights.mayRead || known.map({ speaker.isConcerned($0, at: writer.now) }) ?? false else {
                throw GovernanceError.notAnApprover
            }
            let approval = try writer.changeApproval(id, counting: table.approvalTally) { approval in
                try heeding(approval.version)
                if case .delegate(let other, _) = word { try writer.tx.sql.require(other, in: writer.tenant) }
                return try approval.decide(speaker.command(word, rights), now: writer.now)
            }
            try writer.follow(approval, authorization)
            return approval
        }
    }

    /// What the caller is permitted, whatever their part in an approval is.
    public struct Rights: Sendable, Hashable {
        let mayRead: Bool
        let mayEscalate: Bool

        /// Nothing is permitted unless it is said.
        public init(mayRead: Bool = false, mayEscalate: Bool = false) {
            (self.mayRead, self.mayEscalate) = (mayRead, mayEscalate)
        }
    }

    /// Who speaks, with the roles they hold now, and with those of the people who delegated to them.
    struct Speaker: Sendable {
        let subject: Subject
        let roles: Set<String>
        let delegators: [Approver: Set<String>]

        func isConcerned(_ approval: Approval, at now: Timestamp) -> Bool {
            approval.concerns(.subject(subject), roles: roles, delegators: delegators, now: now)
        }

        func mayDecide(_ approval: Approval, at now: Timestamp) -> Bool {
            approval.mayVote(.subject(subject), roles: roles, delegators: delegators, now: now)
        }

        func command(_ word: Word, _ rights: Rights) -> ApprovalCommand {
            let approver = Approver.subject(subject)
            return switch word {
            case .approve(let comment):
                .approve(by: approver, roles: roles, delegators: delegators, comment: comment)
            case .reject(let comment):
                .reject(by: approver, roles: roles, delegators: delegators, comment: comment)
            case .delegate(let other, let until):
                .delegate(from: approver, roles: roles, to: .subject(other), until: until)
            case .escalate:
                .escalate(by: approver, roles: roles, delegators: delegators, isPermitted: rights.mayEscalate)
            case .cancel: .cancel(by: subject)
            case .override(let reason): .override(by: approver, reason: reason)
            case .overrideAlone(let reason): .overrideAlone(by: approver, reason: reason)
            case .review(let comment): .review(by: approver, comment: comment)
            }
        }
    }

    func speaker(
        _ caller: Caller, about id: ApprovalID, _ authorization: TenantAuthorization
    ) async throws -> Speaker {
        guard let principal = caller.principal else {
            throw Fault.forbidden(
                "An approval is given by somebody with a name and a role.", remedy: "Call with a session or a key.")
        }
        // One who delegated between this reading and the writing is not among them: the vote is refused, not let in.
        let known = try await store.ask(caller.tenant, now: clock()) { view in
            try view.load(Governed.approval(id)).state
        }
        return try await speaker(principal, about: known.map { [$0] } ?? [], authorization)
    }

    /// Somebody, with what they may say of several approvals.
    func speaker(
        _ principal: Principal, about approvals: [Approval], _ authorization: TenantAuthorization
    ) async throws -> Speaker {
        let own = Approver.subject(principal.subject)
        let isStrong = principal.strength >= .aal2
        var delegators: [Approver: Set<String>] = [:]
        for approval in approvals {
            for delegation in approval.delegations where delegation.to == own && delegation.stage == approval.stage {
                guard case .subject(let subject) = delegation.from, delegators[delegation.from] == nil else { continue }
                delegators[delegation.from] = try await roles(of: subject, isStrong: isStrong, authorization)
            }
        }
        return Speaker(
            subject: principal.subject,
            roles: try await roles(of: principal.subject, isStrong: isStrong, authorization), delegators: delegators)
    }

    /// The names of the roles that somebody holds now, inherited ones included; none for who is not active.
    private func roles(
        of subject: Subject, isStrong: Bool, _ authorization: TenantAuthorization
    ) async throws -> Set<String> {
        let known = try await resolver.resolve(subject, in: authorization.tenant, isStrong: isStrong)
        guard let known, known.isActive else { return [] }
        return Set(authorization.rules.closure(of: known.roleIDs).compactMap { authorization.roles[$0]?.name })
    }

    // MARK: Templates

    /// Workflow templates by id, the retired ones among them.
    public func workflows(
        in tenant: TenantID, _ part: GovernedPart = GovernedPart()
    ) async throws -> [WorkflowTemplate] {
        try await store.ask(tenant, now: clock()) { try $0.page(GovernedFilter(), part, Governed.workflow) }
    }

    /// One template. Throws `not_found`.
    public func workflow(_ id: WorkflowTemplateID, in tenant: TenantID) async throws -> WorkflowTemplate {
        try await store.ask(tenant, now: clock()) { try $0.one(Governed.workflow(id), "workflow") }
    }

    /// Makes a template. Throws `governance.rejected` with every fault of the document.
    public func createWorkflow(
        _ id: WorkflowTemplateID, _ document: AttributeValue, by caller: Caller
    ) async throws -> WorkflowTemplate {
        try await store.govern(by: caller) { writer in
            try writer.begin(
                Governed.workflow(id), "workflow template", id: id.description, row: GovernedRow.init
            ) { try WorkflowTemplate.decide(.create(id, try .init(document: document)), on: nil) }
        }
    }

    /// Changes a template, or retires it for nil: requests under way go on as they began.
    public func changeWorkflow(
        _ id: WorkflowTemplateID, to document: AttributeValue?, expecting version: Int64?, by caller: Caller
    ) async throws -> WorkflowTemplate {
        try await store.govern(by: caller) { writer in
            let after = try writer.change(
                Governed.workflow(id), "workflow", expecting: version, row: GovernedRow.init
            ) { template in
                try WorkflowTemplate.decide(
                    try document.map { .update(try .init(document: $0)) } ?? .retire, on: template)
            }
            return try EntitlementService.present(after)
        }
    }
}

extension GovernedWriter {
    /// What an approval's end means for the assignment that waits for it.
    ///
    /// - Parameter authorization: needed where an assignment may begin.
    func follow(_ approval: Approval, _ authorization: TenantAuthorization?) throws {
        guard let id = approval.terms.assignment, approval.state != .pending,
            let waiting = try view.load(Governed.assignment(id)).state
        else { return }
        switch AccessRequest.command(for: waiting, after: approval) {
        case .activate(let id)?:
            guard let authorization else { return }
            try activate(id, authorization)
        case .revoke(let id, let reason)?:
            try end(id) { catalog in
                try catalog.decide(
                    .revoke(id, reason), tenant: tenant, duties: try SodRegister(tenant: tenant), now: now)
            }
        default: return
        }
    }

    /// Closes what still waits to be approved for an assignment that has ended.
    func withdraw(requestFor assignment: EntitlementAssignmentID) throws {
        let filter = GovernedFilter(state: Approval.State.pending.rawValue, parent: assignment.bytes)
        for row in try tx.sql.governed(.governed(Approval.aggregate.kind), in: tenant, filter, limit: 1) {
            guard let id = ApprovalID(bytes: row.id) else { continue }
            _ = try changeApproval(id, counting: nil) {
                $0.state == .pending ? [.closed(.cancelled)] : []
            }
        }
    }
}

extension Gateway {
    /// Approvals and the stages they pass through.
    public var approvals: ApprovalService {
        ApprovalService(store: store, table: authorization, resolver: resolver, clock: clock)
    }
}
