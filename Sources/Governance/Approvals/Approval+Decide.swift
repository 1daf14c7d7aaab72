import Vocabulary

extension Approval {
    /// What follows from a command. Pure.
    public func decide(_ command: ApprovalCommand, now: Timestamp) throws(GovernanceError) -> [ApprovalEvent] {
        if case .review(let reviewer, let comment) = command { return [try review(reviewer, comment)] }
        guard state == .pending else { throw .approvalClosed(state: state.rawValue) }
        switch command {
        case .approve(let approver, let roles, let delegators, let comment):
            let principal = try standing(of: approver, roles, delegators, now)
            return approve(approver, principal, try checked(comment), now)
        case .reject(let approver, let roles, let delegators, let comment):
            let principal = try standing(of: approver, roles, delegators, now)
            return reject(approver, principal, try checked(comment), now)
        case .delegate(let from, let roles, let to, let until):
            return [try delegate(from, roles, to, until, now)]
        case .invite(let digest, let until, let inviter): return try invite(digest, until, inviter, now)
        case .escalate(let approver, let roles, let delegators, let isPermitted):
            guard isPermitted || hasSay(approver, roles, delegators, now) else { throw .notAnApprover }
            return try escalate(.manual, now)
        case .cancel(let subject):
            guard subject == requester else { throw .notAnApprover }
            return [.closed(.cancelled)]
        default: return [try override(command)]
        }
    }

    private func checked(_ text: String?) throws(GovernanceError) -> String? {
        guard (text?.utf8.count ?? 0) <= WorkflowTemplate.Limits.textBytes else {
            throw .invalid(field: "comment", reason: "is longer than \(WorkflowTemplate.Limits.textBytes) bytes")
        }
        return text
    }

    /// In whose place somebody may vote: their own, nil, or that of one who delegated. Throws when in nobody's.
    private func standing(
        of approver: Approver, _ roles: Set<String>, _ delegators: [Approver: Set<String>], _ now: Timestamp
    ) throws(GovernanceError) -> Approver? {
        guard !isParty(approver) else { throw .requesterMayNotApprove }
        guard !hasVoted(approver) else { throw .alreadyDecided }
        if case .outsider(let digest) = approver {
            let isInvited = outsiders.contains { $0.digest == digest && $0.stage == stage && $0.until > now }
            guard isInvited else { throw .notAnApprover }
            return nil
        }
        if !roles.isDisjoint(with: approverRoles) { return nil }
        let lent = principals(of: approver, delegators, now)
        guard !lent.isEmpty else { throw .notAnApprover }
        guard let principal = lent.first(where: { !hasVoted($0) }) else { throw .alreadyDecided }
        return principal
    }

    /// Whether somebody is an approver of the stage that is being decided, for themselves or for another.
    private func hasSay(
        _ approver: Approver, _ roles: Set<String>, _ delegators: [Approver: Set<String>], _ now: Timestamp
    ) -> Bool {
        guard state == .pending, !isParty(approver) else { return false }
        return !roles.isDisjoint(with: approverRoles) || !principals(of: approver, delegators, now).isEmpty
    }

    /// Whether somebody's word would count now: they may vote, for themselves or for another, and have not.
    public func mayVote(
        _ approver: Approver, roles: Set<String>, delegators: [Approver: Set<String>], now: Timestamp
    ) -> Bool {
        guard state == .pending else { return false }
        // In whose place they would vote is nil for their own: what tells is whether it throws.
        do { _ = try standing(of: approver, roles, delegators, now) } catch { return false }
        return true
    }

    /// Whether an outsider's word would count now.
    public func mayVote(outsider digest: [UInt8], now: Timestamp) -> Bool {
        mayVote(.outsider(digest), roles: [], delegators: [:], now: now)
    }

    /// Whether it is somebody's business: they asked for it, get what was asked for, had their word or may have it now.
    /// Anybody else learns nothing of it without a permission, not even that it is there.
    public func concerns(
        _ approver: Approver, roles: Set<String>, delegators: [Approver: Set<String>], now: Timestamp
    ) -> Bool {
        isParty(approver) || hasVoted(approver) || hasSay(approver, roles, delegators, now)
            || stages.indices.contains(stage) && !roles.isDisjoint(with: approverRoles)
    }

    /// Those in whose place somebody may vote now: they delegated at this stage, for long enough, and could vote
    /// themselves. A vote that its owner has lost since cannot be cast by anyone for them.
    private func principals(
        of approver: Approver, _ delegators: [Approver: Set<String>], _ now: Timestamp
    ) -> [Approver] {
        delegations.filter { $0.to == approver && $0.stage == stage && $0.until > now }.map(\.from)
            .filter { !(delegators[$0] ?? []).isDisjoint(with: approverRoles) }
    }

    /// Whether somebody's word is in already, given by themselves, for them or by an outsider they chose, at any stage.
    private func hasVoted(_ approver: Approver) -> Bool {
        let voice = voice(of: approver)
        return rejections.contains { self.voice(of: $0) == voice }
            || votes.contains { self.voice(of: $0.by) == voice || $0.onBehalfOf == voice }
    }

    /// Who answers for a word: whoever holds a link was chosen by somebody, who may hold it themselves.
    private func voice(of approver: Approver) -> Approver {
        guard case .outsider(let digest) = approver else { return approver }
        return outsiders.first { $0.digest == digest }?.invitedBy ?? approver
    }

    private func approve(
        _ approver: Approver, _ principal: Approver?, _ comment: String?, _ now: Timestamp
    ) -> [ApprovalEvent] {
        let vote = ApprovalEvent.approved(approver, onBehalfOf: principal, comment: comment)
        guard votes.count(where: { $0.stage == stage }) + 1 >= stages[stage].minApprovals else { return [vote] }
        let next = stages.indices.first { $0 > stage && !terms.skipped.contains($0) }
        guard let next else { return [vote, .closed(.approved)] }
        return [vote, .stageEntered(next, deadline: now + stages[next].timeout)]
    }

    private func invite(
        _ digest: [UInt8], _ until: Timestamp, _ inviter: Approver?, _ now: Timestamp
    ) throws(GovernanceError) -> [ApprovalEvent] {
        if let inviter {
            guard !isParty(inviter) else { throw .requesterMayNotApprove }
            guard !hasVoted(inviter) else { throw .alreadyDecided }
        }
        guard (16...64).contains(digest.count), outsiders.count < Self.outsiderLimit else {
            throw .invalid(field: "outsider", reason: "has no digest, or there are too many")
        }
        guard until > now, until - now <= Self.longestInvitation else {
            throw .invalid(field: "until", reason: "is not within 30 days")
        }
        guard !outsiders.contains(where: { $0.digest == digest }) else { return [] }
        return [.outsiderInvited(Outsider(digest: digest, stage: stage, until: until, invitedBy: inviter))]
    }

    private func reject(
        _ approver: Approver, _ principal: Approver?, _ comment: String?, _ now: Timestamp
    ) -> [ApprovalEvent] {
        let rejection = ApprovalEvent.rejected(approver, onBehalfOf: principal, comment: comment)
        guard let escalation = open(.rejection) else { return [rejection, .closed(.rejected)] }
        return [rejection, .escalated(.rejection, roles: escalation.roles, deadline: now + stages[stage].timeout)]
    }

    private func delegate(
        _ from: Approver, _ roles: Set<String>, _ to: Approver, _ until: Timestamp, _ now: Timestamp
    ) throws(GovernanceError) -> ApprovalEvent {
        // Only one's own vote can be given away, and not to the requester.
        guard try standing(of: from, roles, [:], now) == nil, from != to else { throw .notAnApprover }
        guard !isParty(to) else { throw .requesterMayNotApprove }
        guard until > now, until - now <= .days(366), delegations.count < 1_000 else {
            throw .invalid(field: "until", reason: "is not within a year, or there are too many delegations")
        }
        return .delegated(from: from, to: to, until: until)
    }

    /// The escalation for a trigger that has not been used at this stage.
    private func open(_ trigger: Escalation.Trigger) -> Escalation? {
        escalated.contains(trigger) ? nil : escalations.first { $0.trigger == trigger }
    }

    private func escalate(
        _ trigger: Escalation.Trigger, _ now: Timestamp
    ) throws(GovernanceError) -> [ApprovalEvent] {
        guard let escalation = open(trigger) else {
            throw .invalid(field: "escalation", reason: "is not provided for, or was used")
        }
        return [.escalated(trigger, roles: escalation.roles, deadline: max(deadline, now + stages[stage].timeout))]
    }

    private func override(_ command: ApprovalCommand) throws(GovernanceError) -> ApprovalEvent {
        let (approver, reason, isAlone): (Approver, String, Bool)
        switch command {
        case .override(let by, let text): (approver, reason, isAlone) = (by, text, false)
        case .overrideAlone(let by, let text): (approver, reason, isAlone) = (by, text, true)
        default: throw .invalid(field: "command", reason: "is not one of an approval")
        }
        guard trimmed(reason).count >= Exemption.reasonMinimum else {
            throw .exemptionReasonTooShort(trimmed(reason).count)
        }
        _ = try checked(reason)
        guard case .subject = approver else { throw .notAnApprover }
        guard !isParty(approver) else { throw .requesterMayNotApprove }
        if isAlone { return .overridden(approver, reason: reason, needsReview: true) }
        guard let first = overrideBegunBy else { return .overrideBegun(approver, reason: reason) }
        guard first != approver else { throw .alreadyDecided }
        return .overridden(approver, reason: reason, needsReview: false)
    }

    private func review(_ reviewer: Approver, _ comment: String?) throws(GovernanceError) -> ApprovalEvent {
        guard needsReview else { throw .invalidState(current: state.rawValue, expected: "overridden without review") }
        guard !isParty(reviewer), reviewer != overrideBegunBy, reviewer != overriddenBy, !hasVoted(reviewer) else {
            throw .requesterMayNotApprove
        }
        return .reviewed(reviewer, comment: try checked(comment))
    }

    /// When time alone changes it next: at the reminder, then at the deadline; nil once it is closed.
    public var nextDue: Timestamp? {
        guard state == .pending, stages.indices.contains(stage) else { return nil }
        return isReminded ? deadline : deadline - stages[stage].timeout / 4
    }

    /// What the passing of time has made due: a reminder in the last quarter of a stage, an escalation at its deadline,
    /// the end when there is nothing to escalate to. Nobody has to ask for it.
    public func due(at now: Timestamp) -> [ApprovalEvent] {
        guard state == .pending else { return [] }
        guard now >= deadline else {
            let quarter = stages[stage].timeout / 4
            return !isReminded && now >= deadline - quarter ? [.reminded] : []
        }
        guard let escalation = open(.slaBreach) else { return [.closed(.expired)] }
        return [.escalated(.slaBreach, roles: escalation.roles, deadline: now + stages[stage].timeout)]
    }
}
