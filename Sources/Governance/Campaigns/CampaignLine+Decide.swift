import Vocabulary

extension CampaignLine {
    /// How lines are folded and written.
    public static let aggregate = Aggregate<CampaignLine, CampaignLineEvent>(
        kind: "campaign_line", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try CampaignLineEvent.read($0) })

    /// What follows from a command about a line of this campaign. Pure; the same word a second time gives no event.
    public static func decide(
        _ command: CampaignLineCommand, on line: CampaignLine?, in campaign: Campaign
    ) throws(GovernanceError) -> [CampaignLineEvent] {
        if case .open(let content) = command {
            guard campaign.phase == .preparing, content.campaign == campaign.id else {
                throw .invalidState(current: campaign.phase.rawValue, expected: "preparing")
            }
            // SOC 2 CC6.3: whoever holds an access does not confirm it.
            guard content.reviewer != content.holder else { throw .holderMayNotReview }
            return line == nil ? [.opened(content)] : []
        }
        guard let line, line.campaign == campaign.id else { throw .notFound(resource: "line", id: "of this campaign") }
        return try line.decide(command, in: campaign)
    }

    private func decide(
        _ command: CampaignLineCommand, in campaign: Campaign
    ) throws(GovernanceError) -> [CampaignLineEvent] {
        switch command {
        case .open: return []
        case .decide(let verdict, let speaker, let reason):
            try requireReviewer(speaker, in: campaign)
            try campaign.requireOpen()
            let reason = try Self.reason(reason)
            return verdict == self.verdict && speaker == decidedBy
                ? [] : [.decided(verdict, by: speaker, reason: reason)]
        case .delegate(let other, let speaker, let isManager):
            if !isManager { try requireReviewer(speaker, in: campaign) }
            try campaign.requireOpen()
            guard other != holder else { throw .holderMayNotReview }
            return other == reviewer ? [] : [.delegated(to: other)]
        case .settle(let settlement):
            guard campaign.phase == .closing else {
                throw .invalidState(current: campaign.phase.rawValue, expected: "closing")
            }
            return self.settlement == nil ? [.settled(settlement)] : []
        }
    }

    /// Whether somebody has a part in it: whom it may be shown to without a permission.
    public func concerns(_ subject: Subject, in campaign: Campaign) -> Bool {
        subject != holder && (subject == reviewer || (campaign.isEscalated && subject == campaign.terms.escalatesTo))
    }

    private func requireReviewer(_ speaker: Subject?, in campaign: Campaign) throws(GovernanceError) {
        guard let speaker else { throw .notTheReviewer }
        guard speaker != holder else { throw .holderMayNotReview }
        guard concerns(speaker, in: campaign) else { throw .notTheReviewer }
    }

    private static func reason(_ text: String) throws(GovernanceError) -> String {
        let reason = trimmed(text)
        guard reason.count >= Exemption.reasonMinimum else {
            throw .invalid(field: "reason", reason: "needs \(Exemption.reasonMinimum) characters")
        }
        guard reason.utf8.count <= GovernedPolicy.Limits.textBytes else {
            throw .invalid(field: "reason", reason: "is longer than \(GovernedPolicy.Limits.textBytes) bytes")
        }
        return reason
    }

    /// What is to become of it when its campaign closes.
    public func outcome(in campaign: Campaign) -> Campaign.Verdict { verdict ?? campaign.terms.undecided }

    private static func apply(
        _ recorded: Recorded<CampaignLineEvent>, to state: inout CampaignLine?
    ) throws(GovernanceError) {
        if case .opened(let content) = recorded.event {
            guard state == nil else { throw .invalidSequence(kind: "campaign line", event: "opened") }
            state = CampaignLine(
                id: content.id, campaign: content.campaign, item: content.item, holder: content.holder,
                reviewer: content.reviewer, use: content.use, version: 1)
            return
        }
        guard var line = state else { throw .invalidSequence(kind: "campaign line", event: "\(recorded.event)") }
        line.version += 1
        switch recorded.event {
        case .opened: break
        case .decided(let verdict, let speaker, _):
            (line.verdict, line.decidedBy, line.decidedAt) = (verdict, speaker, recorded.at)
        case .delegated(let other): line.reviewer = other
        case .settled(let settlement): line.settlement = settlement
        }
        state = line
    }
}
