import Vocabulary

/// Changes by day, and those of them that name nobody who answers for them.
struct AttributedChanges: Sendable {
    private var all = EvidenceDays()
    private var unnamed = EvidenceDays()

    mutating func add(_ place: EvidencePlace, isNamed: Bool) {
        all.add(place)
        if !isNamed { unnamed.add(place) }
    }

    /// What they come to over the days that are asked for, in the words of whoever counted them.
    ///
    /// - Parameters:
    ///   - none: what the sentence begins with where nothing changed, such as `Nothing was changed`.
    ///   - missing: what unnamed changes lack, such as `no author`.
    ///   - named: what the sentence ends with where each change names somebody.
    func evidence(
        _ asked: EvidenceRequirement, at moment: Timestamp, none: String, missing: String, named: String
    ) -> Evidence {
        var draft = EvidenceDraft(asked)
        let recent = all.count(within: asked[.days], of: moment)
        let nobody = unnamed.count(within: asked[.days], of: moment)
        draft.count("changes", recent)
        draft.count("without_author", nobody)
        draft.rest(on: nobody > 0 ? unnamed : all, within: asked[.days], of: moment)
        guard recent > 0 else { return draft.absent("\(none) in the last \(asked[.days].of("day", "days")).") }
        guard nobody == 0 else { return draft.unmet("\(nobody.of("change names", "changes name")) \(missing).") }
        return draft.met("\(recent.of("change", "changes"))\(named).")
    }
}
