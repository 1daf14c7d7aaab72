import Vocabulary

/// Whether the record itself is whole: the journal's own positions and leaves, sealed sections, and the closed segments
/// of decisions.
struct RecordLedger: Sendable {
    private(set) var began: EvidencePlace?
    private(set) var size: Int64 = 0
    private(set) var newest: Timestamp = .epoch
    /// Grows by one at each restore.
    private(set) var epoch: Int64 = 1
    private var damaged = NewestPositions()
    private var missing: Int64 = 0
    private var sealedSections: Int64 = 0
    private var sealedEvents = NewestPositions()
    private var segments = NewestPositions()
    private var decisions: Int64 = 0
    private var segmentGaps = NewestPositions()
    private var nextDecision: Int64?

    /// Takes up that there is a record here, whatever it says.
    mutating func pass(_ place: EvidencePlace, isSound: Bool) {
        if began == nil { began = place }
        if place.position > size + 1 { missing += place.position - size - 1 }
        if !isSound { damaged.add(place.position) }
        (size, newest) = (place.position, place.at)
    }

    mutating func take(_ event: EvidenceEvent) {
        if event.sections > 0 {
            sealedSections += Int64(event.sections)
            sealedEvents.add(event.position)
        }
        if event.type == "journal.epoch_started", let epoch = event.integer("epoch") { self.epoch = epoch }
        guard event.type == "decision_segment.closed", let first = event.integer("first"),
            let records = event.integer("records")
        else { return }
        segments.add(event.position)
        decisions += records
        // Retention takes whole segments from the front; what follows the newest one begins where it ended.
        if let nextDecision, first != nextDecision { segmentGaps.add(event.position) }
        nextDecision = first + records
    }

    func integrity(_ asked: EvidenceRequirement) -> Evidence {
        var draft = EvidenceDraft(asked)
        draft.count("records", size)
        draft.count("damaged", damaged.count)
        draft.count("missing", missing)
        for position in damaged.sorted { draft.rest(on: position) }
        if damaged.count == 0, size > 0 { draft.rest(on: size) }
        guard size > 0 else { return draft.absent("The journal is empty.") }
        guard damaged.count == 0, missing == 0 else {
            return draft.unmet("\(damaged.count) records are not as they were written, and \(missing) are missing.")
        }
        return draft.met(
            "All \(size) records were hashed as they were read; each is as it was written, and none is missing.")
    }

    func sealing(_ asked: EvidenceRequirement) -> Evidence {
        var draft = EvidenceDraft(asked)
        draft.count("sealed_sections", sealedSections)
        for position in sealedEvents.sorted { draft.rest(on: position) }
        guard sealedSections > 0 else { return draft.absent("No personal data was written to the journal.") }
        return draft.met("\(sealedSections) sections of personal data stand sealed, each under its person's own key.")
    }

    func decisionRecord(_ asked: EvidenceRequirement) -> Evidence {
        var draft = EvidenceDraft(asked)
        draft.count("segments", segments.count)
        draft.count("decisions", decisions)
        draft.count("gaps", segmentGaps.count)
        for position in segmentGaps.count > 0 ? segmentGaps.sorted : segments.sorted { draft.rest(on: position) }
        guard segments.count > 0 else { return draft.absent("No segment of recorded decisions was closed yet.") }
        guard segmentGaps.count == 0 else {
            return draft.unmet("\(segmentGaps.count) segments of decisions do not follow the one before.")
        }
        return draft.met(
            "\(decisions) records of decisions in \(segments.count) closed segments, without a gap, each with its digest"
                + " in the journal.")
    }

    func retention(_ asked: EvidenceRequirement, decisionDays: Int64?, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        guard let began else { return draft.absent("The journal is empty.") }
        draft.count("journal_days", (moment - began.at).components.seconds / 86_400)
        draft.rest(on: began.position)
        guard began.position == 1, missing == 0 else {
            return draft.unmet("The journal does not reach back to its first event.")
        }
        guard let decisionDays else { return draft.absent("How long decisions are kept is not recorded.") }
        draft.count("decision_days", decisionDays)
        guard decisionDays >= asked[.days] else {
            return draft.unmet(
                "Recorded decisions are kept for \(decisionDays) days; \(asked[.days]) are asked for.")
        }
        return draft.met(
            "The journal holds every event since it began \((moment - began.at).inWords) ago; decisions are kept for"
                + " \(decisionDays) days.")
    }
}
