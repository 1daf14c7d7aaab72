import Vocabulary

extension Campaign {
    /// How campaigns are folded and written.
    public static let aggregate = Aggregate<Campaign, CampaignEvent>(
        kind: "campaign", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try CampaignEvent.read($0) })

    /// What follows from a command. Pure.
    public static func decide(
        _ command: CampaignCommand, on campaign: Campaign?, now: Timestamp
    ) throws(GovernanceError) -> [CampaignEvent] {
        if case .start(let id, let name, let deadline, let escalatesTo, let undecided, let lines) = command {
            guard campaign == nil else { throw .alreadyExists(resource: "campaign", id: id.description) }
            guard (1...EntitlementDetails.Limits.nameBytes).contains(name.utf8.count), deadline > now else {
                throw .invalid(field: "name", reason: "is empty or too long, or the deadline has passed")
            }
            try check(lines)
            let parts = stride(from: 0, to: lines.count, by: Limits.linesPerEvent).map {
                CampaignEvent.linesAdded(Array(lines[$0..<min($0 + Limits.linesPerEvent, lines.count)]))
            }
            return [.started(id, name: name, deadline: deadline, escalatesTo: escalatesTo, undecided: undecided)]
                + parts
        }
        guard let campaign else { throw .notFound(resource: "campaign", id: "of this command") }
        guard campaign.closedAt == nil else { throw .invalidState(current: "closed", expected: "open") }
        return try campaign.decide(command)
    }

    private static func check(_ lines: [Line]) throws(GovernanceError) {
        guard (1...Limits.lines).contains(lines.count), Set(lines.map(\.assignment)).count == lines.count else {
            throw .invalid(field: "lines", reason: "are none, too many, or one stands twice")
        }
        // SOC 2 CC6.3: whoever holds an access does not confirm it.
        guard lines.allSatisfy({ $0.holder != $0.reviewer && $0.verdict == nil }) else {
            throw .invalid(field: "lines", reason: "would have somebody review what they hold")
        }
    }

    private func decide(_ command: CampaignCommand) throws(GovernanceError) -> [CampaignEvent] {
        switch command {
        case .start: return []
        case .decide(let assignment, let verdict, let reviewer, let reason):
            let line = try line(assignment, for: reviewer)
            let reason = trimmed(reason)
            guard reason.count >= Exemption.reasonMinimum else { throw .exemptionReasonTooShort(reason.count) }
            guard reason.utf8.count <= GovernedPolicy.Limits.textBytes else {
                throw .invalid(field: "reason", reason: "is longer than \(GovernedPolicy.Limits.textBytes) bytes")
            }
            return line.verdict == verdict ? [] : [.decided(assignment, verdict, by: reviewer, reason: reason)]
        case .delegate(let assignment, let reviewer, let other):
            let line = try line(assignment, for: reviewer)
            guard other != line.holder else { throw .requesterMayNotApprove }
            return other == line.reviewer ? [] : [.delegated(assignment, to: other)]
        case .close: return [.closed]
        }
    }

    private func line(_ id: EntitlementAssignmentID, for reviewer: Subject) throws(GovernanceError) -> Line {
        guard let line = lines[id] else { throw .assignmentNotFound(id) }
        guard reviewer != line.holder else { throw .requesterMayNotApprove }
        guard reviewer == line.reviewer || (isEscalated && reviewer == escalatesTo) else { throw .notAnApprover }
        return line
    }

    /// What closing it means for the assignments: those to be revoked, undecided ones as the campaign was started.
    public var revocations: [AssignmentCommand] {
        guard closedAt != nil else { return [] }
        return lines.values.filter { ($0.verdict ?? undecided) == .revoke }.map(\.assignment).sorted()
            .map { .revoke($0) }
    }

    /// What the passing of time has made due: a reminder in the last quarter, an escalation at the deadline, and the
    /// end a quarter later, or at once when there is nobody to escalate to.
    public func due(at now: Timestamp) -> [CampaignEvent] {
        guard closedAt == nil else { return [] }
        let quarter = (deadline - startedAt) / 4
        if now >= deadline {
            if open.isEmpty || escalatesTo == nil || isEscalated && now >= deadline + quarter { return [.closed] }
            return isEscalated ? [] : [.escalated]
        }
        return !isReminded && now >= deadline - quarter && !open.isEmpty ? [.reminded] : []
    }

    private static func apply(
        _ recorded: Recorded<CampaignEvent>, to state: inout Campaign?
    ) throws(GovernanceError) {
        switch (state == nil, recorded.event) {
        case (true, .started(let id, let name, let deadline, let escalatesTo, let undecided)):
            state = Campaign(
                id: id, name: name, deadline: deadline, escalatesTo: escalatesTo, undecided: undecided, lines: [:],
                isReminded: false, isEscalated: false, closedAt: nil, version: 1, startedAt: recorded.at)
            return
        case (true, _), (false, .started): throw .invalidSequence(kind: "campaign", event: "\(recorded.event)")
        default: break
        }
        state?.version += 1
        switch recorded.event {
        case .started: break
        case .linesAdded(let lines): for line in lines { state?.lines[line.assignment] = line }
        case .decided(let id, let verdict, _, _): state?.lines[id]?.verdict = verdict
        case .delegated(let id, let reviewer): state?.lines[id]?.reviewer = reviewer
        case .reminded: state?.isReminded = true
        case .escalated: state?.isEscalated = true
        case .closed: state?.closedAt = recorded.at
        }
    }
}
