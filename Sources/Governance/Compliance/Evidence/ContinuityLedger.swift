import Vocabulary

/// Backups, proofs that they restore, and heads kept outside: the fold of `backup.`, `heads.` and `journal.`.
struct ContinuityLedger: Sendable {
    private var backups = NewestPositions()
    private var newestBackup: (place: EvidencePlace, takenAt: Timestamp)?
    private var recovery: (place: EvidencePlace, isRestore: Bool)?
    private var kept: (place: EvidencePlace, size: Int64)?

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "backup.made":
            backups.add(event.position)
            let takenAt = event.time("taken_at") ?? event.at
            if newestBackup.map({ $0.takenAt < takenAt }) ?? true { newestBackup = (event.place, takenAt) }
        case "backup.proven": recovery = (event.place, false)
        case "journal.epoch_started": recovery = (event.place, true)
        case "heads.kept_outside": kept = (event.place, event.integer("size") ?? 0)
        default: return
        }
    }

    func backups(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        draft.count("backups", backups.count)
        for position in backups.sorted { draft.rest(on: position) }
        guard let newestBackup else { return draft.absent("No backup is recorded.") }
        let age = moment - newestBackup.takenAt
        draft.count("newest_age_seconds", age.components.seconds)
        return age <= .hours(asked[.hours])
            ? draft.met("The newest backup is \(age.inWords) old, of \(backups.count) recorded.")
            : draft.unmet(
                "The newest recorded backup is \(age.inWords) old; one within"
                    + " \(Duration.hours(asked[.hours]).inWords) is asked for.")
    }

    func recoveryTests(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        guard let recovery else { return draft.absent("No restore, and no proof of one, is recorded.") }
        draft.rest(on: recovery.place.position)
        let age = moment - recovery.place.at
        draft.count("age_days", age.components.seconds / 86_400)
        let what = recovery.isRestore ? "A backup was restored" : "A backup was shown to restore"
        return recovery.place.isWithin(asked[.days], of: moment)
            ? draft.met("\(what) \(age.inWords) ago.")
            : draft.unmet("\(what) last \(age.inWords) ago; \(asked[.days].of("day", "days")) are allowed.")
    }

    func headsOutside(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        guard let kept else { return draft.absent("No head of the journal is recorded as kept outside.") }
        draft.rest(on: kept.place.position)
        let age = moment - kept.place.at
        draft.count("covered", kept.size)
        draft.count("age_seconds", age.components.seconds)
        return age <= .hours(asked[.hours])
            ? draft.met("A signed head over \(kept.size) events was kept outside \(age.inWords) ago.")
            : draft.unmet(
                "The newest head known to be kept outside is \(age.inWords) old;"
                    + " \(Duration.hours(asked[.hours]).inWords) are allowed.")
    }
}
