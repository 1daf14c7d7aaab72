import Authorization
import Vocabulary

extension ControlCatalogue {
    /// Reads a catalogue as its file writes it: `{framework, name, edition, retention_days, controls: [{id, title,
    /// evidence: [kind | {kind, days, hours, minutes, count, percent}]}]}`. Throws `GovernanceError.rejected` with every
    /// fault: a kind that is not known is one, so that no control is counted by evidence nobody collects.
    public init(document: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let keys = ["framework", "name", "edition", "retention_days", "controls"]
        let members = DocumentNode(value: document, path: "").members(keys, required: keys, &log) ?? [:]
        func text(_ key: String) -> String { members[key]?.text(limit: Limits.titleBytes, &log) ?? "" }
        framework = members["framework"].flatMap { Self.word($0, &log) } ?? ""
        (name, edition) = (text("name"), text("edition"))
        retentionDays = Int(
            members["retention_days"]?.integer(1...Int64(Limits.retentionDays), &log) ?? 0)
        let days = min(retentionDays, 3_660)
        controls = (members["controls"]?.items(limit: Limits.controls, &log) ?? []).compactMap {
            Control(node: $0, retentionDays: days, &log)
        }
        var seen: Set<String> = []
        for control in controls where !seen.insert(control.id).inserted {
            log.report("controls", "duplicate", "the control \(control.id) stands twice", "Remove one")
        }
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
    }

    private static func word(_ node: DocumentNode, _ log: inout FaultLog) -> String? {
        guard let text = node.text(limit: Limits.wordBytes, &log) else { return nil }
        let isWord = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
        guard isWord else {
            log.report(node.path, "bad_word", "`\(text)` is no word", "Use lower-case letters, digits and underscores")
            return nil
        }
        return text
    }
}

extension Control {
    fileprivate init?(node: DocumentNode, retentionDays: Int, _ log: inout FaultLog) {
        let keys = ["id", "title", "evidence"]
        let limits = ControlCatalogue.Limits.self
        guard let members = node.members(keys, required: keys, &log),
            let id = members["id"].flatMap({ Self.identifier($0, &log) }),
            let title = members["title"]?.text(limit: limits.titleBytes, &log)
        else { return nil }
        let items = members["evidence"]?.items(limit: limits.requirements, mayBeEmpty: true, &log) ?? []
        self.init(
            id: id, title: title,
            requirements: items.compactMap { EvidenceRequirement(node: $0, retentionDays: retentionDays, &log) })
    }

    /// An identifier such as `1.20` is a number to YAML, and another one than `1.2`: it has to be written as text.
    private static func identifier(_ node: DocumentNode, _ log: inout FaultLog) -> String? {
        guard let text = node.text(limit: ControlCatalogue.Limits.wordBytes, &log) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F || $0 == 0x20 }) else {
            log.report(node.path, "bad_word", "the identifier has characters beyond ASCII", "Write it plainly")
            return nil
        }
        return text
    }
}

extension EvidenceRequirement {
    fileprivate init?(node: DocumentNode, retentionDays: Int, _ log: inout FaultLog) {
        var given: [EvidenceBound: Int] = [:]
        var kind: EvidenceKind?
        if case .object = node.value {
            let keys = ["kind"] + EvidenceBound.allCases.map(\.rawValue)
            let members = node.members(keys, required: ["kind"], &log) ?? [:]
            kind = members["kind"]?.word(EvidenceKind.self, &log)
            for bound in EvidenceBound.allCases {
                guard let value = members[bound.rawValue], let kind else { continue }
                guard let rule = kind.bounds.first(where: { $0.bound == bound }) else {
                    log.report(value.path, "unknown_key", "\(kind.rawValue) has no \(bound.rawValue)", "Remove it")
                    continue
                }
                let range = Int64(rule.range.lowerBound)...Int64(rule.range.upperBound)
                given[bound] = value.integer(range, &log).map(Int.init)
            }
        } else {
            kind = node.word(EvidenceKind.self, &log)
        }
        guard let kind else { return nil }
        if kind == .journalRetention, given[.days] == nil { given[.days] = max(1, retentionDays) }
        self.init(kind, given)
    }
}
