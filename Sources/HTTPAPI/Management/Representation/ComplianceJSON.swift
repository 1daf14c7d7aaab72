import Foundation
import Gateway
import Governance
import Vocabulary

extension Assessment {
    /// The document as it is signed and kept.
    var json: AttributeValue {
        get throws { try StrictJSON.parse([UInt8](try JSONEncoder().encode(self))) }
    }

    /// What a list of frameworks shows.
    func framework(_ gateway: Gateway) -> AttributeValue {
        let file = try? gateway.compliance.catalogues.file(framework)
        return HTTPAPI.json([
            "framework": .string(framework), "name": .string(name), "edition": .string(edition),
            "retention_days": (file?.catalogue.retentionDays).map { .integer(Int64($0)) },
            "catalogue_digest": .string(basis.catalogueDigest), "position": .integer(basis.position),
            "moment": basis.moment.json, "controls": .integer(Int64(controls.count)),
            "satisfied": .integer(Int64(count(.satisfied))), "not_satisfied": .integer(Int64(count(.notSatisfied))),
            "no_evidence": .integer(Int64(count(.noEvidence))),
        ])
    }
}

extension AssessmentEntry {
    var json: AttributeValue {
        func count(_ status: ControlStatus) -> AttributeValue { .integer(Int64(counts[status] ?? 0)) }
        return [
            "id": id.json, "framework": .string(framework), "position": .integer(position), "moment": moment.json,
            "made_at": madeAt.json, "satisfied": count(.satisfied), "not_satisfied": count(.notSatisfied),
            "no_evidence": count(.noEvidence), "digest": .string(digest), "key": key.json,
        ]
    }
}

extension SignedAssessment {
    var json: AttributeValue {
        [
            "payloadType": .string(payloadType), "payload": .string(payload),
            "signatures": .list(
                signatures.map {
                    ["keyid": .string($0.keyid), "sig": .string($0.sig), "publicKey": .string($0.publicKey)]
                }),
        ]
    }
}

enum ComplianceSchema {
    private static let count = JSONSchema.integer(minimum: 0)
    private static let status = JSONSchema.words(ControlStatus.allCases.map(\.rawValue))
    private static let counts = JSONSchema.array(.object(["name": .string(), "value": .integer()]))
    private static let tally: [String: JSONSchema] = [
        "satisfied": count, "not_satisfied": count, "no_evidence": count, "position": count, "moment": .time,
        "framework": .string(),
    ]

    static let framework = JSONSchema.object(
        tally.merging([
            "name": .string(), "edition": .string(), "retention_days": count, "catalogue_digest": .string(),
            "controls": count,
        ]) { $1 })
    static let entry = JSONSchema.object(
        tally.merging(["id": .uuid, "made_at": .time, "digest": .string(), "key": .uuid]) { $1 })
    static let made = JSONSchema.object(["items": .array(.reference("AssessmentEntry"))])

    static let wish = JSONSchema.change([
        "frameworks": .array(.string(minLength: 1, maxLength: 64), minimum: 1, maximum: 64),
        "position": count.described("The last event to take into account; the newest without it."),
        "moment": .time.described("As of when; not before that event."),
    ])

    static let backup = JSONSchema.object(
        [
            "manifest": .map(.any).described("As `gatehouse db backup` wrote it beside the backup."),
            "proven": .boolean.described("It was shown to restore; without it, it was made."),
        ], optional: ["proven"])

    static let assessment = JSONSchema.object([
        "version": .integer(minimum: 1), "framework": .string(), "name": .string(), "edition": .string(),
        "basis": .object([
            "tenant": .uuid, "tenant_name": .string(), "epoch": count, "position": count, "root": .string(),
            "catalogue_digest": .string(), "moment": .time,
        ]), "controls": .array(control),
    ])

    private static let control = JSONSchema.object([
        "id": .string(), "title": .string(), "status": status, "gaps": APISchemas.texts,
        "evidence": .array(evidence),
    ])

    private static let evidence = JSONSchema.object([
        "kind": .words(EvidenceKind.allCases.map(\.rawValue)), "required": counts,
        "verdict": .words(Evidence.Verdict.allCases.map(\.rawValue)), "reason": .string(), "counts": counts,
        "samples": .array(.object(["what": .string(), "id": .uuid, "position": count])),
        "positions": .array(.integer(minimum: 1)), "basis": count,
    ])

    static let signed = JSONSchema.object([
        "payloadType": .words([SignedAssessment.payloadType]), "payload": .string(),
        "signatures": .array(.object(["keyid": .uuid, "sig": .string(), "publicKey": .string()])),
    ])
}
