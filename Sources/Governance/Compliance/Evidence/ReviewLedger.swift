import Vocabulary

/// Reviews of who holds what: the fold of `campaign.`.
struct ReviewLedger: Sendable {
    struct Review: Sendable {
        let began: EvidencePlace
        let deadline: Timestamp
        var lines = 0
        var decided: Set<EntitlementAssignmentID> = []
        var revoked = 0
        var closed: EvidencePlace?
    }

    private var reviews: [CampaignID: Review] = [:]

    mutating func take(_ event: EvidenceEvent) {
        guard let id = CampaignID(bytes: event.stream) else { return }
        switch event.type {
        case "campaign.started":
            reviews[id] = Review(began: event.place, deadline: event.time("deadline") ?? .distantFuture)
        case "campaign.lines_added": reviews[id]?.lines += event.count("lines")
        case "campaign.decided":
            guard let line: EntitlementAssignmentID = event.id("assignment") else { return }
            reviews[id]?.decided.insert(line)
            if event.word("verdict") == Campaign.Verdict.revoke.rawValue { reviews[id]?.revoked += 1 }
        case "campaign.closed": reviews[id]?.closed = event.place
        default: return
        }
    }

    func evidence(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let closed = reviews.filter { $0.value.closed?.isWithin(asked[.days], of: moment) ?? false }
        let overdue = reviews.filter { $0.value.closed == nil && $0.value.deadline < moment }
        let unread = closed.values.reduce(0) { $0 + max(0, $1.lines - $1.decided.count) }
        draft.count("closed", closed.count)
        draft.count("lines", closed.values.reduce(0) { $0 + $1.lines })
        draft.count("decided", closed.values.reduce(0) { $0 + $1.decided.count })
        draft.count("revoked", closed.values.reduce(0) { $0 + $1.revoked })
        draft.count("overdue", overdue.count)
        draft.rest(on: reviews.values.map { $0.closed ?? $0.began })
        let shown = overdue.isEmpty ? closed : overdue
        draft.show("campaign", shown.map { (id: $0.key, position: ($0.value.closed ?? $0.value.began).position) })
        let days = asked[.days].of("day", "days")
        guard !reviews.isEmpty else { return draft.absent("No access review was ever begun.") }
        guard overdue.isEmpty else {
            return draft.unmet(
                "\(overdue.count.of("access review is", "access reviews are")) past the deadline and still open.")
        }
        guard !closed.isEmpty else { return draft.unmet("No access review was closed in the last \(days).") }
        guard unread == 0 else {
            return draft.unmet(
                "\(unread.of("line", "lines")) of closed access reviews were decided by nobody.")
        }
        return draft.met(
            "\(closed.count.of("access review was", "access reviews were")) closed in the last \(days), every line"
                + " decided.")
    }
}
