import Vocabulary

extension Campaign {
    /// How campaigns are folded and written.
    public static let aggregate = Aggregate<Campaign, CampaignEvent>(
        kind: "campaign", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try CampaignEvent.read($0) })

    /// What follows from a command. Pure; what has been done already gives no event.
    public static func decide(
        _ command: CampaignCommand, on campaign: Campaign?, now: Timestamp
    ) throws(GovernanceError) -> [CampaignEvent] {
        if case .start(let id, let terms) = command {
            guard campaign == nil else { throw .alreadyExists(resource: "campaign", id: id.description) }
            try terms.check(at: now)
            return [.started(id, terms)]
        }
        guard let campaign else { throw .notFound(resource: "campaign", id: "of this command") }
        return try campaign.decide(command)
    }

    private func decide(_ command: CampaignCommand) throws(GovernanceError) -> [CampaignEvent] {
        switch command {
        case .start: return []
        case .open(let lines, let since):
            guard (1...Limits.lines).contains(lines) else {
                throw .invalid(field: "scope", reason: "has no lines, or more than \(Limits.lines)")
            }
            return phase == .preparing ? [.opened(lines: lines, recordedSince: since)] : []
        case .remind:
            try requireOpen()
            return [.reminded]
        case .escalate:
            try requireOpen()
            guard terms.escalatesTo != nil else {
                throw .invalid(field: "escalates_to", reason: "was not named when the campaign was started")
            }
            return isEscalated ? [] : [.escalated]
        case .close:
            guard phase != .closing else { return [] }
            try requireOpen()
            return [.closing]
        case .finish: return phase == .closing ? [.closed] : []
        }
    }

    /// Throws `invalidState` unless lines can be decided.
    public func requireOpen() throws(GovernanceError) {
        guard phase == .open else { throw .invalidState(current: phase.rawValue, expected: "open") }
    }

    /// What the passing of time has made due: a reminder in the last quarter, an escalation at the deadline, and the end
    /// a quarter later, or at once when there is nobody to escalate to or nothing to decide.
    ///
    /// - Parameter undecided: how many lines nobody has decided.
    public func due(at now: Timestamp, undecided: Int) -> [CampaignEvent] {
        guard phase == .open else { return [] }
        if now >= terms.deadline {
            if undecided == 0 || terms.escalatesTo == nil || now >= lastDay && isEscalated { return [.closing] }
            return isEscalated ? [] : [.escalated]
        }
        return !isReminded && now >= terms.deadline - quarter ? [.reminded] : []
    }

    private static func apply(
        _ recorded: Recorded<CampaignEvent>, to state: inout Campaign?
    ) throws(GovernanceError) {
        guard var campaign = state else {
            guard case .started(let id, let terms) = recorded.event else {
                throw .invalidSequence(kind: "campaign", event: "\(recorded.event)")
            }
            state = Campaign(
                id: id, terms: terms, phase: .preparing, lineCount: 0, recordedSince: nil, isReminded: false,
                isEscalated: false, closingSince: nil, closedAt: nil, version: 1, startedAt: recorded.at)
            return
        }
        campaign.version += 1
        switch recorded.event {
        case .started: throw .invalidSequence(kind: "campaign", event: "\(recorded.event)")
        case .opened(let lines, let since):
            (campaign.phase, campaign.lineCount, campaign.recordedSince) = (.open, lines, since)
        case .reminded: campaign.isReminded = true
        case .escalated: (campaign.isEscalated, campaign.isReminded) = (true, true)
        case .closing: (campaign.phase, campaign.closingSince) = (.closing, recorded.at)
        case .closed: (campaign.phase, campaign.closedAt) = (.closed, recorded.at)
        }
        state = campaign
    }
}

extension Campaign.Terms {
    fileprivate func check(at now: Timestamp) throws(GovernanceError) {
        guard (1...Campaign.Limits.nameBytes).contains(name.utf8.count) else {
            throw .invalid(field: "name", reason: "has not 1 to \(Campaign.Limits.nameBytes) bytes")
        }
        guard deadline > now, deadline - now <= Campaign.Limits.longest else {
            throw .invalid(field: "deadline", reason: "has passed, or lies more than a year ahead")
        }
        guard Campaign.Limits.unusedDays.contains(unusedAfterDays) else {
            throw .invalid(field: "unused_after_days", reason: "is not 1 to \(Campaign.Limits.unusedDays.upperBound)")
        }
        guard escalatesTo != reviewer else {
            throw .invalid(field: "escalates_to", reason: "is the reviewer; it has to be somebody else")
        }
    }
}
