import Vocabulary

extension PeopleLedger {
    func joiners(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = joined.filter { $0.place.isWithin(asked[.days], of: moment) }
        let unnamed = recent.filter { !$0.isNamed }
        draft.count("joined", recent.count)
        draft.count("without_author", unnamed.count)
        draft.rest(on: recent.map(\.place))
        draft.show("person", (unnamed.isEmpty ? recent : unnamed).map { (id: $0.person, position: $0.place.position) })
        let days = asked[.days].of("day", "days")
        guard !recent.isEmpty else { return draft.absent("Nobody was added in the last \(days).") }
        guard unnamed.isEmpty else {
            return draft.unmet("\(unnamed.count.of("person was", "people were")) added by nobody who is named.")
        }
        return draft.met(
            "\(recent.count.of("person was", "people were")) added in the last \(days), each by a named author or job.")
    }

    func leavers(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = leavers.filter { $0.place.isWithin(366, of: moment) }
        let byHand = endedByHand.filter { $0.isWithin(366, of: moment) }
        let measured = recent.filter { $0.longest != nil }
        let bound = Duration.hours(asked[.hours])
        let late = measured.filter { ($0.longest ?? .zero) > bound }
        draft.count("left", recent.count)
        draft.count("measured", measured.count)
        draft.count("late", late.count)
        draft.count("disabled_by_hand", byHand.count)
        let longest = measured.compactMap(\.longest).max()
        if let longest { draft.count("longest_seconds", longest.components.seconds) }
        draft.rest(on: recent.map(\.place) + byHand)
        draft.show("person", (late.isEmpty ? recent : late).map { (id: $0.person, position: $0.place.position) })
        guard late.isEmpty else {
            return draft.unmet(
                "\(late.count) of \(measured.count.of("leaver", "leavers")) may have kept access for longer than"
                    + " \(bound.inWords) after the directory said otherwise; the longest \((longest ?? .zero).inWords)."
            )
        }
        guard let longest else {
            return draft.absent(
                recent.isEmpty
                    ? "Nobody left a directory in the last 366 days."
                    : "People left, but no directory job before tells since when.")
        }
        return draft.met(
            "Access of \(measured.count.of("leaver", "leavers")) ended within \(longest.inWords) of the last directory"
                + " job that still found them, together with their sessions.")
    }

    func dormant(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let everybody = Array(active)
        let dormant = everybody.filter { _, person in
            !(person.newestLogin?.place ?? person.added).isWithin(asked[.days], of: moment)
        }
        draft.count("active", everybody.count)
        draft.count("dormant", dormant.count)
        draft.rest(on: everybody.map { $0.value.newestLogin?.place ?? $0.value.added })
        draft.show(
            "person", dormant.map { (id: $0.key, position: ($0.value.newestLogin?.place ?? $0.value.added).position) })
        let days = asked[.days].of("day", "days")
        guard !everybody.isEmpty else { return draft.absent("There are no active people.") }
        guard dormant.isEmpty else {
            return draft.unmet(
                "\(dormant.count) of \(everybody.count.of("active person has", "active people have")) not signed in"
                    + " for \(days) and \(dormant.count == 1 ? "is" : "are") not disabled.")
        }
        return draft.met(
            "Each of \(everybody.count.of("active person", "active people")) signed in, or was added, within \(days).")
    }

    func mfa(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let signedIn = active.filter { $0.value.newestLogin?.place.isWithin(asked[.days], of: moment) ?? false }
        let weak = signedIn.filter { !($0.value.newestLogin?.hasTwoFactors ?? false) }
        let strong = signedIn.count - weak.count
        let percent = signedIn.isEmpty ? 0 : strong * 100 / signedIn.count
        draft.count("signed_in", signedIn.count)
        draft.count("with_two_factors", strong)
        draft.count("percent", percent)
        draft.rest(on: signedIn.compactMap { $0.value.newestLogin?.place })
        draft.show("person", weak.map { (id: $0.key, position: $0.value.newestLogin?.place.position ?? 0) })
        guard !signedIn.isEmpty else {
            return draft.absent("Nobody signed in during the last \(asked[.days].of("day", "days")).")
        }
        let found =
            "\(strong) of \(signedIn.count.of("person", "people")) who signed in did so with two factors the last time,"
            + " \(percent) %"
        return percent >= asked[.percent]
            ? draft.met(found + ".") : draft.unmet(found + "; \(asked[.percent]) % are asked for.")
    }

    func erasures(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let waiting = people.compactMap { id, person in person.deleteAfter.map { (id: id, due: $0) } }
        // A directory job that runs daily deletes them; two days leave it room.
        let overdue = waiting.filter { moment - $0.due.time > .days(2) }
        draft.count("deleted", deletions.count)
        draft.count("erased", erasures.count)
        draft.count("waiting", waiting.count)
        draft.count("overdue", overdue.count)
        for position in deletions.sorted + erasures.sorted { draft.rest(on: position) }
        draft.show("person", overdue.map { (id: $0.id, position: $0.due.position) })
        guard overdue.isEmpty else {
            return draft.unmet(
                "\(overdue.count.of("person", "people")) who left should have been deleted more than two days ago.")
        }
        guard deletions.count + erasures.count + Int64(waiting.count) > 0 else {
            return draft.absent("Nobody was deleted or erased, and nobody waits for it.")
        }
        return draft.met(
            "\(deletions.count) deleted and \(erasures.count) erased; \(waiting.count) wait within their period of grace."
        )
    }
}
