import Crypto
import Gateway
import Governance
import Vocabulary

/// An assessment as OSCAL 1.1 assessment results (NIST). Every id in it is made of what it names (UUID version 5), so that
/// the same assessment is the same document.
struct AssessmentOSCAL {
    static let version = "1.1.3"

    let assessment: Assessment
    /// The stored assessment; its own id is the root of every other one.
    let entry: AssessmentEntry

    init(_ kept: KeptAssessment) { (assessment, entry) = (kept.assessment, kept.entry) }

    var document: AttributeValue {
        [
            "assessment-results": [
                "uuid": uuid("document"), "metadata": metadata,
                // OSCAL demands a plan; ours is the catalogue, which stands with the document.
                "import-ap": ["href": .string("#\(Self.text(uuid("catalogue")))")],
                "results": [result],
                "back-matter": [
                    "resources": [
                        [
                            "uuid": uuid("catalogue"), "title": .string("\(assessment.name), \(assessment.edition)"),
                            "description": .string(
                                "The catalogue of controls, and the evidence that each is mapped to; SHA-256"
                                    + " \(assessment.basis.catalogueDigest)."),
                        ]
                    ]
                ],
            ]
        ]
    }

    private var metadata: AttributeValue {
        [
            "title": .string("Assessment of \(assessment.basis.tenantName) by \(assessment.name)"),
            "last-modified": .string(Self.time(entry.madeAt)), "version": .string(String(assessment.basis.position)),
            "oscal-version": .string(Self.version),
            "props": .list([
                Self.property("tenant", assessment.basis.tenant.description),
                Self.property("journal-epoch", String(assessment.basis.epoch)),
                Self.property("journal-position", String(assessment.basis.position)),
                Self.property("journal-root", assessment.basis.root),
                Self.property("document-sha256", entry.digest),
            ]),
        ]
    }

    private var result: AttributeValue {
        [
            "uuid": uuid("result"), "title": .string("\(assessment.name), position \(assessment.basis.position)"),
            "description": .string(
                "Judged by the events of the gateway's journal up to position \(assessment.basis.position), as of"
                    + " \(assessment.basis.moment.rfc3339). A control that nothing recorded shows is not satisfied here."
            ),
            "start": .string(Self.time(assessment.basis.moment)), "end": .string(Self.time(assessment.basis.moment)),
            "reviewed-controls": [
                "control-selections": [
                    [
                        "include-controls": .list(
                            assessment.controls.map { ["control-id": .string(token($0.id))] })
                    ]
                ]
            ],
            "observations": .list(assessment.controls.flatMap(observations)),
            "findings": .list(assessment.controls.map(finding)),
        ]
    }

    // MARK: Controls

    private func observations(_ control: ControlResult) -> [AttributeValue] {
        // A finding rests on an observation; that nothing is recorded is one too.
        guard !control.evidence.isEmpty else { return [observation(control, 0, "nothing", control.gaps, [])] }
        return control.evidence.enumerated().map { place, evidence in
            let positions = evidence.positions.map { Self.property("journal-position", String($0)) }
            let counts = evidence.counts.map { Self.property($0.name, String($0.value)) }
            return observation(
                control, place, evidence.kind.rawValue, [evidence.reason],
                [Self.property("verdict", evidence.verdict.rawValue)] + counts + positions)
        }
    }

    private func observation(
        _ control: ControlResult, _ place: Int, _ title: String, _ sentences: [String], _ properties: [AttributeValue]
    ) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "uuid": uuid("observation:\(control.id):\(place)"), "title": .string(title),
            "description": .string(sentences.joined(separator: " ")), "methods": ["EXAMINE"],
            "types": ["control-objective"],
            "collected": .string(Self.time(assessment.basis.moment)),
        ]
        if !properties.isEmpty { members["props"] = .list(properties) }
        return .object(members)
    }

    /// OSCAL knows two states. What keeps a control from being satisfied is named, and that nothing was recorded is a
    /// reason of its own.
    private func finding(_ control: ControlResult) -> AttributeValue {
        let isMet = control.status == .satisfied
        var status: [String: AttributeValue] = [
            "state": isMet ? "satisfied" : "not-satisfied",
            "reason": isMet ? "pass" : control.status == .noEvidence ? "other" : "fail",
        ]
        if !isMet { status["remarks"] = .string(control.gaps.joined(separator: " ")) }
        let count = max(1, control.evidence.count)
        return [
            "uuid": uuid("finding:\(control.id)"), "title": .string(control.id), "description": .string(control.title),
            "props": .list([Self.property("status", control.status.rawValue)]),
            "target": [
                "type": "objective-id", "target-id": .string(token(control.id)), "status": .object(status),
            ],
            "related-observations": .list(
                (0..<count).map { ["observation-uuid": uuid("observation:\(control.id):\($0)")] }),
        ]
    }

    // MARK: Words of the format

    private static func property(_ name: String, _ value: String) -> AttributeValue {
        ["name": .string(name), "ns": "https://gatehouse.invalid/ns/oscal", "value": .string(value)]
    }

    /// A control's id as an OSCAL token: letters, digits, hyphens, full stops and underscores, and no digit first.
    private func token(_ id: String) -> String {
        let kept = id.lowercased().unicodeScalars.map { scalar -> Character in
            let isKept = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "."
            return isKept ? Character(scalar) : "-"
        }
        let parts = String(kept).split(separator: "-")
        return "\(assessment.framework)_" + parts.joined(separator: "-")
    }

    /// OSCAL wants a zone; RFC 3339 in UTC has one.
    private static func time(_ moment: Timestamp) -> String { moment.rfc3339 }

    private static func text(_ value: AttributeValue) -> String { value.string ?? "" }

    /// A UUID of version 5 (RFC 9562 §5.5) under the assessment's own id.
    private func uuid(_ name: String) -> AttributeValue {
        var bytes = Array(Insecure.SHA1.hash(data: entry.id.bytes + Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        return .string(Identifier<Void>(bytes: bytes)?.description ?? "")
    }
}
