import Gateway
import Governance
import Vocabulary

extension DecisionRecord {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "sequence": .integer(sequence), "at": at.json, "subject": subject?.json,
            "caller": caller?.json,
            "credential": credential.map { ["type": .string($0.kind), "id": .string($0.id)] },
            "provider": provider?.json, "acr": .string(acr), "amr": .list(amr.map(AttributeValue.string)),
            "auth_time": authenticatedAt?.json, "outcome": .string(outcome), "enforcement": .string(enforcement),
            "reason": .string(reason), "rules": .list(rules.map(AttributeValue.string)),
            "erred": .list(erred.map { ["rule": .string($0.rule), "code": .string($0.code)] }),
            "obligations": .list(obligations.map(AttributeValue.string)), "origin": .string(origin),
            "batch": batch?.json, "request": request.map(AttributeValue.string),
            "trace": trace.map(AttributeValue.string), "as_of": .integer(asOf), "engine": .string(engine),
            "subject_version": subjectVersion > 0 ? .integer(subjectVersion) : nil,
            "policy_digest": Self.hexadecimal(policyDigest), "role_digest": Self.hexadecimal(roleDigest),
            "mapping_digest": Self.hexadecimal(mappingDigest),
            "configuration_digest": Self.hexadecimal(configurationDigest), "time_zones": .string(timeZones),
            "exemption": exemption.map(AttributeValue.string), "approval": approval.map(AttributeValue.string),
            "count": .integer(count),
            "last_at": lastAt.json, "question": question?.json, "withheld": withheld.map(AttributeValue.string),
        ])
    }

    private static func hexadecimal(_ digest: [UInt8]) -> AttributeValue {
        .string(
            digest.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined())
    }
}

extension DecisionRecord.Question {
    fileprivate var json: AttributeValue {
        [
            "action": .string(action), "resource_type": .string(resourceType), "resource": .string(resourceID),
            "reads": .list(
                reads.map {
                    HTTPAPI.json(["name": .string($0.name), "source": .string($0.source), "value": $0.value])
                }),
        ]
    }
}

enum DecisionSchema {
    static let answer = JSONSchema.object([
        "decision": .boolean,
        "context": .map(.any).described("The decision's id, reasons, rules, obligations and what governed rules say."),
    ])

    static let record = JSONSchema.object(
        [
            "id": .uuid, "sequence": .integer(minimum: 1).described("Its place in the record."), "at": .time,
            "subject": .reference("Subject"), "caller": .reference("Subject"),
            "credential": .object(["type": .words(["session", "application_session", "api_key"]), "id": .uuid]),
            "provider": .uuid, "acr": .string(), "amr": APISchemas.texts, "auth_time": .time,
            "outcome": .words(DecisionFilter.outcomes),
            "enforcement": .words(["advisory", "recommended", "mandatory", "critical"]), "reason": .string(),
            "rules": APISchemas.texts, "erred": .array(.object(["rule": .string(), "code": .string()])),
            "obligations": APISchemas.texts, "origin": .string(), "batch": .uuid, "request": .string(),
            "trace": .string(), "as_of": .integer(minimum: 0).described("The journal position of its facts."),
            "engine": .string().described("The version that decided."),
            "subject_version": .integer(minimum: 1).described("Of the person or service account, as it was used."),
            "policy_digest": .string(), "role_digest": .string().described("Of the graph of roles."),
            "mapping_digest": .string(),
            "configuration_digest": .string().described("As `configuration.applied` in the journal has it."),
            "time_zones": .string().described("The version of the time-zone data; `none` where no rule needed any."),
            "exemption": .string(), "approval": .string(),
            "count": .integer(minimum: 1).described("Identical allows that this record stands for."),
            "last_at": .time,
            "question": .object([
                "action": .string(), "resource_type": .string(), "resource": .string(),
                "reads": .array(
                    .object(["name": .string(), "source": .string(), "value": .any], optional: ["value"])),
            ]),
            "withheld": .words(["unreadable", "not_sealed", "too_large"])
                .described("Why there is no question; `unreadable` after the person was erased."),
        ],
        optional: [
            "subject", "caller", "credential", "provider", "auth_time", "batch", "request", "trace", "question",
            "withheld", "subject_version", "exemption", "approval",
        ])

    private static let group = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "upstream_key": .string(), "direct": .boolean,
            "since_position": .integer(minimum: 0), "brought_by": .string(), "command": .uuid,
        ], optional: ["upstream_key", "since_position", "brought_by", "command"])

    private static let rule = JSONSchema.object([
        "rule": .string(), "name": .string(), "effect": .string(), "verdict": .string(),
        "role_chain": APISchemas.texts, "comparisons": comparisons,
    ])

    private static let comparisons = JSONSchema.array(
        .object(["comparison": .string(), "result": .string(), "found": .any], optional: ["found"]))

    private static let governedRule = JSONSchema.object(
        [
            "rule": .string(), "name": .string(), "policy": .string().described("By name."), "policy_id": .uuid,
            "version": APISchemas.version, "effect": .words(Rule.Effect.allCases.map(\.rawValue)),
            "enforcement": .string(), "verdict": .words(GovernedTrace.Verdict.allCases.map(\.rawValue)),
            "determining": .boolean.described("Whether it is one of those that made the decision."),
            "comparisons": comparisons, "windows": APISchemas.texts.described("When it applies; empty is always."),
            "limits": .array(limit).described("How its limits stand, where it matches."),
            "approval": .object(["roles": APISchemas.texts, "workflow": .uuid], optional: ["workflow"])
                .described("Whom it asks, where it asks for an approval."),
            "sets": .array(.uuid).described("The policy sets in which its policy votes."),
            "notes": .array(.object(["note": .string(), "by": .string()], optional: ["by"]))
                .described("What became of it beside, by which exemption, approval, set or severity."),
        ], optional: ["approval"])

    private static let limit = JSONSchema.object(
        [
            "limit": .string().described("In words."), "asked": .number.described("Absent where it was not said."),
            "used": .number.described("Executed and held back."), "max": .number, "left": .number,
            "outcome": .words(LimitTrace.Outcome.allCases.map(\.rawValue)),
        ], optional: ["asked"])

    private static let authentication = JSONSchema.object(
        [
            "type": .words(["session", "application_session", "api_key"]), "id": .uuid,
            "provider": .string().described("By name, as below."), "application": .string(), "acr": .string(),
            "auth_time": .time,
            "proofs": .array(
                .object(["method": .string(), "provider": .string(), "at": .time], optional: ["provider"])),
            "scopes": APISchemas.texts,
            "anomalies": APISchemas.anomalies,
        ], optional: ["provider", "application", "auth_time", "scopes"]
    ).described("The session or key that was named, and what its bearer had proven; absent where none was.")

    static let explanation = JSONSchema.object(
        [
            "decision": .boolean, "as_of": .integer(minimum: 0), "authentication": authentication,
            "subject": .object([
                "type": .words(["person", "service_account"]), "id": .uuid, "login": .string(), "active": .boolean,
            ]),
            "identities": .array(
                .object(["provider": .string(), "subject_key": .string(), "login": .string(), "linked_at": .time])),
            "groups": .array(group),
            "roles": .array(
                .object(
                    [
                        "id": .uuid, "name": .string(), "mappings": .array(.uuid), "assignment": .uuid,
                        "because": APISchemas.texts.described("What the mappings look at, in words."),
                        "held_back": .boolean.described("It does not count until a second factor was given."),
                    ],
                    optional: ["assignment"])),
            "reasons": APISchemas.texts, "sentences": APISchemas.texts.described("The reasons, for the person."),
            "missing": APISchemas.texts.described("What would have to be so for a permit, the nearest way."),
            "blocking": .array(.object(["rule": .string(), "unmet": APISchemas.texts]))
                .described("Rules that forbid it, and what would have to be otherwise."),
            "rules": .array(rule),
            "policy": .any.described("What governed rules came to; null when none of them looked at the question."),
            "governed_rules": .array(governedRule),
        ], optional: ["authentication"])
}
