import Vocabulary

/// Who wrote policies and who let them take effect: the fold of `policy.`.
struct PolicyLedger: Sendable {
    private struct Draft: Sendable {
        /// Of the last change: what was approved is what they wrote.
        var author: Actor?
        var approver: Actor?
    }

    private struct Activation: Sendable {
        let policy: PolicyID
        let place: EvidencePlace
        let isApprovedByAnother: Bool
    }

    private var drafts: [PolicyID: Draft] = [:]
    private var activations: [Activation] = []
    /// Stored documents that somebody changed through the API: they take effect as they are put.
    private var direct: [(policy: PolicyID, place: EvidencePlace)] = []

    mutating func take(_ event: EvidenceEvent) {
        guard let id = PolicyID(bytes: event.stream) else { return }
        guard event.streamKind == "governed.policy" else {
            if event.subject != nil || isAdministrator(event.actor) { direct.append((id, event.place)) }
            return
        }
        switch event.type {
        case "policy.created", "policy.updated", "policy.rule_added", "policy.rule_updated", "policy.rule_removed",
            "policy.rule_reordered":
            drafts[id, default: Draft()].author = event.actor
        case "policy.approved": drafts[id, default: Draft()].approver = event.actor
        case "policy.activated":
            let draft = drafts[id] ?? Draft()
            let isApproved = draft.approver.map { $0 != draft.author } ?? false
            activations.append(Activation(policy: id, place: event.place, isApprovedByAnother: isApproved))
        default: return
        }
    }

    private func isAdministrator(_ actor: Actor) -> Bool {
        if case .operatingSystemUser = actor { true } else { false }
    }

    func evidence(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = activations.filter { $0.place.isWithin(asked[.days], of: moment) }
        let alone = recent.filter { !$0.isApprovedByAnother }
        let unapproved = direct.filter { $0.place.isWithin(asked[.days], of: moment) }
        draft.count("activated", recent.count)
        draft.count("approved_by_another", recent.count - alone.count)
        draft.count("documents_put_without_approval", unapproved.count)
        draft.rest(on: recent.map(\.place) + unapproved.map(\.place))
        let wrong =
            alone.map { (id: $0.policy, position: $0.place.position) }
            + unapproved.map { (id: $0.policy, position: $0.place.position) }
        draft.show(
            "policy", wrong.isEmpty ? recent.map { (id: $0.policy, position: $0.place.position) } : wrong)
        guard !recent.isEmpty || !unapproved.isEmpty else {
            return draft.absent("No policy took effect in the last \(asked[.days].of("day", "days")).")
        }
        guard alone.isEmpty else {
            return draft.unmet(
                "\(alone.count) of \(recent.count.of("policy was", "policies were")) not approved by another than the"
                    + " author.")
        }
        guard unapproved.isEmpty else {
            return draft.unmet(
                "\(unapproved.count.of("policy document was", "policy documents were")) put in force without approval.")
        }
        return draft.met(
            "\(recent.count.of("policy", "policies")) took effect, each approved by another than its author.")
    }
}
