import Vocabulary

extension Approval {
    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<ApprovalEvent>, to state: Approval?
    ) throws(GovernanceError) -> Approval {
        guard var approval = state else {
            guard case .requested(let content) = recorded.event else {
                throw .invalidSequence(kind: "approval", event: "change")
            }
            return Approval(content, at: recorded.at)
        }
        approval.version += 1
        switch recorded.event {
        case .requested: throw .invalidSequence(kind: "approval", event: "requested")
        case .approved(let approver, let principal, _):
            approval.votes.append(
                Vote(stage: approval.stage, by: approver, onBehalfOf: principal, at: recorded.at))
        case .stageEntered(let number, let deadline): approval.enter(number, deadline)
        case .delegated(let from, let to, let until):
            approval.delegations.append(Delegation(stage: approval.stage, from: from, to: to, until: until))
        case .outsiderInvited(let outsider): approval.outsiders.append(outsider)
        case .escalated(let trigger, let roles, let deadline):
            approval.escalated.append(trigger)
            approval.furtherRoles += roles.filter { !approval.furtherRoles.contains($0) }
            approval.deadline = deadline
            approval.isReminded = false
        case .rejected(let approver, let principal, _):
            approval.rejections += [approver, principal].compactMap { $0 }
        case .reminded: approval.isReminded = true
        case .overrideBegun(let approver, _): approval.overrideBegunBy = approver
        case .overridden(let approver, _, let needsReview):
            if approval.overrideBegunBy == nil { approval.overrideBegunBy = approver }
            approval.overriddenBy = approver
            approval.needsReview = needsReview
            approval.close(.overridden, recorded.at)
        case .reviewed: approval.needsReview = false
        case .closed(let state): approval.close(state, recorded.at)
        }
        return approval
    }

    private init(_ content: ApprovalEvent.Requested, at moment: Timestamp) {
        terms = content.terms
        state = .pending
        stage = terms.details.stages.indices.first { [terms] in !terms.skipped.contains($0) } ?? 0
        deadline = content.deadline
        (votes, rejections, escalated, furtherRoles, delegations, outsiders) = ([], [], [], [], [], [])
        isReminded = false
        (overrideBegunBy, overriddenBy, needsReview, version) = (nil, nil, false, 1)
        (createdAt, endedAt) = (moment, nil)
    }

    private mutating func enter(_ number: Int, _ deadline: Timestamp) {
        stage = number
        self.deadline = deadline
        isReminded = false
        // What is of high risk is so at every stage; anything else happens anew.
        let lasting = terms.risk >= .high ? escalations.filter { $0.trigger == .highRisk } : []
        escalated = lasting.map(\.trigger)
        furtherRoles = lasting.flatMap(\.roles)
    }

    private mutating func close(_ state: State, _ moment: Timestamp) {
        self.state = state
        endedAt = moment
    }
}
