import Vocabulary

/// Requests, who decided them, and emergency overrides: the fold of `approval.`.
struct ApprovalLedger: Sendable {
    private struct Request: Sendable {
        let requester: Subject?
        var decided: EvidencePlace?
        var isApproved = false
        var isOwnDoing = false
        /// When somebody overrode it, and whether that has to be looked at afterwards.
        var overridden: (place: EvidencePlace, needsReview: Bool)?
        var reviewed: EvidencePlace?
    }

    private var requests: [ApprovalID: Request] = [:]

    mutating func take(_ event: EvidenceEvent) {
        guard let id = ApprovalID(bytes: event.stream) else { return }
        switch event.type {
        case "approval.requested": requests[id] = Request(requester: event.subject("requester"))
        case "approval.approved", "approval.rejected": decide(id, event)
        case "approval.overridden":
            requests[id]?.overridden = (event.place, event.bool("needs_review") ?? false)
        case "approval.reviewed": requests[id]?.reviewed = event.place
        default: return
        }
    }

    private mutating func decide(_ id: ApprovalID, _ event: EvidenceEvent) {
        guard var request = requests[id] else { return }
        let decider = event.subject("by")
        request.decided = event.place
        request.isApproved = event.type == "approval.approved"
        if let decider, decider == request.requester { request.isOwnDoing = true }
        requests[id] = request
    }

    func decisions(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let decided = requests.filter { $0.value.decided?.isWithin(asked[.days], of: moment) ?? false }
        let own = decided.filter { $0.value.isOwnDoing }
        draft.count("decided", decided.count)
        draft.count("approved", decided.count { $0.value.isApproved })
        draft.count("by_the_requester", own.count)
        draft.rest(on: decided.compactMap(\.value.decided))
        draft.show(
            "approval", (own.isEmpty ? decided : own).map { (id: $0.key, position: $0.value.decided?.position ?? 0) })
        guard !decided.isEmpty else {
            return draft.absent("No request was decided in the last \(asked[.days].of("day", "days")).")
        }
        guard own.isEmpty else {
            return draft.unmet("\(own.count.of("request was", "requests were")) decided by whoever made it.")
        }
        return draft.met("\(decided.count.of("request was", "requests were")) decided, none by whoever made it.")
    }

    func overrides(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let overridden = requests.filter { $0.value.overridden != nil }
        let late = overridden.filter { isReviewLate($0.value, .hours(asked[.hours]), moment) }
        draft.count("overrides", overridden.count)
        draft.count("reviewed", overridden.count { $0.value.reviewed != nil })
        draft.count("not_reviewed_in_time", late.count)
        draft.rest(on: overridden.compactMap(\.value.overridden?.place))
        draft.show(
            "approval",
            (late.isEmpty ? overridden : late).map { (id: $0.key, position: $0.value.overridden?.place.position ?? 0) })
        guard !overridden.isEmpty else { return draft.absent("There was no emergency override.") }
        guard late.isEmpty else {
            return draft.unmet(
                "\(late.count) of \(overridden.count.of("override was", "overrides were")) not reviewed within"
                    + " \(Duration.hours(asked[.hours]).inWords).")
        }
        return draft.met(
            "\(overridden.count.of("override", "overrides")), each given by two people or reviewed within"
                + " \(Duration.hours(asked[.hours]).inWords).")
    }

    private func isReviewLate(_ request: Request, _ bound: Duration, _ moment: Timestamp) -> Bool {
        guard let overridden = request.overridden, overridden.needsReview else { return false }
        return (request.reviewed?.at ?? moment) - overridden.place.at > bound
    }
}
