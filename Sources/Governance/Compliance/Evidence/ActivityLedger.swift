import Vocabulary

/// What runs through everything: who did what, sign-ins that were refused or stood out, and risk scores.
struct ActivityLedger: Sendable {
    /// Beginnings of the types of events that change something that somebody answers for.
    private static let changing = [
        "api_key.", "application.", "approval.", "assignment.", "campaign.", "entitlement.", "exemption.", "group.",
        "key.", "mapping.", "organization_unit.", "person.", "policy.", "policy_set.", "role.", "service_account.",
        "sod.rule_", "tenant.", "workflow.",
    ]

    private(set) var refused = NewestPositions()
    private var changes = AttributedChanges()
    private var signIns = EvidenceDays()
    private var anomalies: [(person: PersonID, place: EvidencePlace)] = []
    private var scores: [EvidencePlace] = []

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "login.refused", "login.refusals_folded": refused.add(event.position)
        case "login.succeeded": signIns.add(event.place)
        case "login.anomaly_found":
            if let person: PersonID = event.id("person") { anomalies.append((person, event.place)) }
        case "risk.recorded": scores.append(event.place)
        default: attribute(event)
        }
    }

    private mutating func attribute(_ event: EvidenceEvent) {
        guard Self.changing.contains(where: event.type.hasPrefix) else { return }
        // At a login page nobody is proven yet: what changes there is the person's own, and names them.
        changes.add(event.place, isNamed: event.actor != .anonymous || event.streamKind == "person")
    }

    func attribution(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        changes.evidence(
            asked, at: moment, none: "Nothing was changed", missing: "nobody",
            named: ", each naming a person, an account, or a part of the gateway")
    }

    func riskScores(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = scores.filter { $0.isWithin(asked[.days], of: moment) }
        draft.count("recorded", recent.count)
        draft.rest(on: recent)
        guard !scores.isEmpty else { return draft.absent("No risk score was ever recorded.") }
        let days = asked[.days].of("day", "days")
        guard !recent.isEmpty else { return draft.unmet("No risk score was recorded in the last \(days).") }
        return draft.met("\(recent.count.of("risk score was", "risk scores were")) recorded in the last \(days).")
    }

    /// `kinds` is how many kinds of anomaly are looked for, nil where the settings in force are not recorded.
    func anomalies(_ asked: EvidenceRequirement, kinds: Int64?, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = signIns.count(within: asked[.days], of: moment)
        let found = anomalies.filter { $0.place.isWithin(asked[.days], of: moment) }
        draft.count("sign_ins", recent)
        draft.count("stood_out", found.count)
        draft.rest(on: found.map(\.place))
        draft.show("person", found.map { (id: $0.person, position: $0.place.position) })
        guard let kinds else { return draft.absent("Whether sign-ins are looked at is not recorded.") }
        draft.count("kinds", kinds)
        guard kinds > 0 else { return draft.unmet("Sign-ins are not looked at for what stands out.") }
        return draft.met(
            "Each sign-in is looked at for \(kinds.of("kind", "kinds")) of anomaly; of \(recent) in the last"
                + " \(asked[.days].of("day", "days")) \(found.count) stood out and \(found.count == 1 ? "is" : "are") recorded."
        )
    }
}
