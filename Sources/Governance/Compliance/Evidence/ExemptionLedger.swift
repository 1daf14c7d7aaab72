import Vocabulary

/// Exceptions to policies and to rules of separation of duties: the fold of `exemption.`.
struct ExemptionLedger: Sendable {
    /// What is exempted from what: one granted again for the same pair renews the one before.
    private struct Pair: Hashable, Sendable {
        let target: ExemptionID
        let entity: ExemptionID
    }

    private struct Grant: Sendable {
        let place: EvidencePlace
        let until: Timestamp?
        /// Whoever it exempts granted it.
        let isOwnDoing: Bool
        let renewals: Int
        var isStanding = true
    }

    private var grants: [ExemptionID: Grant] = [:]
    private var granted: [Pair: Int] = [:]

    mutating func take(_ event: EvidenceEvent) {
        guard let id = ExemptionID(bytes: event.stream) else { return }
        switch event.type {
        case "exemption.granted": grant(id, event)
        case "exemption.revoked", "exemption.expired": grants[id]?.isStanding = false
        default: return
        }
    }

    private mutating func grant(_ id: ExemptionID, _ event: EvidenceEvent) {
        let target: ExemptionID? = event.id("policy") ?? event.id("sod_rule")
        guard let target, let entity: ExemptionID = event.id("entity") else { return }
        let pair = Pair(target: target, entity: entity)
        let isOwnDoing = event.subject.map { $0 == event.subject("entity") } ?? false
        grants[id] = Grant(
            place: event.place, until: event.time("until"), isOwnDoing: isOwnDoing, renewals: granted[pair, default: 0])
        granted[pair, default: 0] += 1
    }

    func evidence(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let standing = grants.filter { $0.value.isStanding }
        let own = standing.filter { $0.value.isOwnDoing }
        let endless = standing.filter { $0.value.until == nil }
        // Their end is written by a timer; an hour past it, the timer does not run.
        let overdue = standing.filter { $0.value.until.map { moment - $0 > .hours(1) } ?? false }
        let soon = standing.filter {
            $0.value.until.map { $0 >= moment && $0 - moment <= .days(asked[.days]) } ?? false
        }
        draft.count("active", standing.count)
        draft.count("expiring_soon", soon.count)
        draft.count("past_their_end", overdue.count)
        draft.count("without_end", endless.count)
        draft.count("granted_to_oneself", own.count)
        draft.count("self_renewed", own.count { $0.value.renewals > 0 })
        draft.count("renewed", standing.count { $0.value.renewals > 0 })
        draft.rest(on: grants.values.map(\.place))
        let wrong = [overdue, own, endless].first { !$0.isEmpty } ?? [:]
        draft.show("exemption", (wrong.isEmpty ? soon : wrong).map { (id: $0.key, position: $0.value.place.position) })
        guard !grants.isEmpty else { return draft.absent("No exemption was ever granted.") }
        guard overdue.isEmpty else {
            return draft.unmet("\(overdue.count.of("exemption is", "exemptions are")) active past the end.")
        }
        guard own.isEmpty else {
            return draft.unmet("\(own.count.of("exemption was", "exemptions were")) granted by whom it exempts.")
        }
        guard endless.isEmpty else {
            return draft.unmet("\(endless.count.of("active exemption has", "active exemptions have")) no end.")
        }
        return draft.met(
            "\(standing.count) active, each with an end and granted by somebody else; \(soon.count) end within"
                + " \(asked[.days].of("day", "days")).")
    }
}
