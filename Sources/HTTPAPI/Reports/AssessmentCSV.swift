import Governance
import Vocabulary

/// An assessment as a table for spreadsheets (RFC 4180): a line for each piece of evidence, and one for each control that
/// has none.
enum AssessmentCSV {
    static let media = "text/csv"

    static func text(_ assessment: Assessment) -> String {
        var table = [
            [
                "framework", "edition", "tenant", "position", "moment", "control", "title", "status", "evidence",
                "verdict", "required", "reason", "counts", "samples", "positions",
            ]
        ]
        for control in assessment.controls {
            let begin = [
                assessment.framework, assessment.edition, assessment.basis.tenantName,
                String(assessment.basis.position), assessment.basis.moment.rfc3339, control.id, control.title,
                control.status.rawValue,
            ]
            if control.evidence.isEmpty {
                table.append(begin + ["", "", "", control.gaps.joined(separator: " "), "", "", ""])
            }
            for evidence in control.evidence { table.append(begin + row(evidence)) }
        }
        return table.map(CSV.line).joined()
    }

    private static func row(_ evidence: Evidence) -> [String] {
        [
            evidence.kind.rawValue, evidence.verdict.rawValue, pairs(evidence.required), evidence.reason,
            pairs(evidence.counts),
            evidence.samples.map { "\($0.what):\($0.id)" }.joined(separator: " "),
            evidence.positions.map(String.init).joined(separator: " "),
        ]
    }

    private static func pairs(_ counts: [Evidence.Count]) -> String {
        counts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
}
