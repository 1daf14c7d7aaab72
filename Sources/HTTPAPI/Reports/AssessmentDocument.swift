import Gateway
import Governance
import Mustache
import Vocabulary

/// An assessment as a document to print and hand over: one file of HTML with everything in it, in black on white.
struct AssessmentDocument {
    static let media = "text/html"

    private let template: MustacheTemplate

    /// - Throws: an error of the template parser; a test renders a report, so only a broken build throws here.
    init() throws {
        MustacheContentTypes.register(PageContent(), named: "PAGE")
        template = try MustacheTemplate(string: String(decoding: PackageResources.assessment_mustache, as: UTF8.self))
    }

    /// - Parameter site: the organization, as pages call it.
    func html(_ kept: KeptAssessment, site: String) -> String {
        let (assessment, entry) = (kept.assessment, kept.entry)
        let counts = ControlStatus.allCases.map { ($0, assessment.count($0)) }
        return template.render(
            [
                "site": site, "name": assessment.name, "edition": assessment.edition,
                "facts": Self.facts(assessment, entry), "total": assessment.controls.count,
                "counts": counts.map { status, count in
                    ["word": Self.words(status), "tone": status.rawValue, "count": count] as [String: Any]
                },
                "bar": counts.filter { $0.1 > 0 }.map { status, count in
                    ["tone": status.rawValue, "width": count] as [String: Any]
                },
                "controls": assessment.controls.enumerated().map { Self.control($1, $0 + 1) },
                "key": entry.key.description, "id": entry.id.description,
            ] as [String: Any])
    }

    static func words(_ status: ControlStatus) -> String {
        switch status {
        case .satisfied: "satisfied"
        case .notSatisfied: "not satisfied"
        case .noEvidence: "no evidence"
        }
    }

    private static func facts(_ assessment: Assessment, _ entry: AssessmentEntry) -> [[String: String]] {
        let basis = assessment.basis
        return [
            ("Organization", basis.tenantName), ("As of", basis.moment.reading), ("Made", entry.madeAt.reading),
            ("Journal position", "\(basis.position), epoch \(basis.epoch)"), ("Journal root", basis.root),
            ("Catalogue", basis.catalogueDigest), ("Document", entry.digest),
            ("Signed by key", entry.key.description), ("Assessment", entry.id.description),
        ].map { ["name": $0.0, "value": $0.1] }
    }

    private static func control(_ control: ControlResult, _ number: Int) -> [String: Any] {
        [
            "number": number, "id": control.id, "title": control.title, "tone": control.status.rawValue,
            "word": words(control.status), "hasEvidence": !control.evidence.isEmpty,
            "gaps": control.evidence.isEmpty ? control.gaps : [],
            "evidence": control.evidence.map(evidence),
        ]
    }

    private static func evidence(_ evidence: Evidence) -> [String: Any] {
        let verdict = ["met": ("met", "satisfied"), "unmet": ("not met", "not_satisfied")][evidence.verdict.rawValue]
        return [
            "kind": spaced(evidence.kind.rawValue), "word": verdict?.0 ?? "nothing recorded",
            "tone": verdict?.1 ?? "no_evidence", "reason": evidence.reason,
            "required": evidence.required.map { "\($0.value) \(spaced($0.name))" }.joined(separator: ", "),
            "hasRequired": !evidence.required.isEmpty,
            "counts": evidence.counts.map { ["name": spaced($0.name), "value": String($0.value)] },
            "hasSamples": !evidence.samples.isEmpty,
            "samples": evidence.samples.map {
                ["what": spaced($0.what), "id": $0.id, "position": String($0.position)]
            },
            "hasPositions": !evidence.positions.isEmpty, "basis": evidence.basis,
            "positions": evidence.positions.map(String.init).joined(separator: ", "),
        ]
    }

    private static func spaced(_ word: String) -> String { String(word.map { $0 == "_" ? " " : $0 }) }
}
