import Gateway
import Governance
import Vocabulary

/// What the workbench is asked, and what it answers.
enum WorkbenchSchema {
    static let candidate = JSONSchema.object(
        [
            "policy_id": .uuid.described("A stored policy, or the one that `document` takes the place of."),
            "version": .integer(minimum: 1).described("Of the stored policy; the newest without it."),
            "document": .map(.any).described("A document of any style."),
            "name": .string(minLength: 1, maxLength: 128).described(
                "Of the stored policy document that a policy document takes the place of."),
            "without": .uuid.described("The rules in force without this policy."),
        ], optional: ["policy_id", "version", "document", "name", "without"])

    static let result = JSONSchema.object(
        [
            "name": .string(), "expected": .words(DraftTest.Expectation.allCases.map(\.rawValue)), "found": .string(),
            "rule": .string(), "failure": .string().described("What came instead; absent when the case holds."),
        ], optional: ["rule", "failure"])

    static let review = JSONSchema.object(
        [
            "style": .words(DraftStyle.allCases.map(\.rawValue)), "usable": .boolean,
            "findings": .array(
                .object(
                    [
                        "gravity": .words(ReviewFinding.Gravity.allCases.map(\.rawValue)), "path": .string(),
                        "line": .integer(minimum: 1), "column": .integer(minimum: 1), "code": .string(),
                        "message": .string(), "remedy": .string(),
                    ], optional: ["line", "column"])),
        ], optional: ["style"])

    private static let verdict = JSONSchema.object([
        "outcome": .words(Backtest.Outcome.allCases.map(\.rawValue)), "reason": .string(), "rules": APISchemas.texts,
    ])

    static let answer = JSONSchema.object(
        [
            "before": verdict, "after": verdict, "flip": .boolean, "policy": .map(.any),
            "governed_rules": .array(.map(.any)),
        ], optional: ["policy"])

    static let flip = JSONSchema.object(
        [
            "subject_type": .string(), "subject": .string(), "action": .string(), "resource_type": .string(),
            "resource": .string(), "at": .time, "decision": .uuid, "count": .integer(minimum: 1),
            "change": .words(["loss", "gain"]), "before": verdict, "after": verdict,
        ], optional: ["decision"])

    static let trial = JSONSchema.object(
        [
            "id": .uuid, "kind": .words(PolicyTrial.Kind.allCases.map(\.rawValue)),
            "state": .words(PolicyTrial.State.allCases.map(\.rawValue)), "started_at": .time, "started_by": .string(),
            "ended_at": .time, "seen": .integer(minimum: 0), "progress": .any.described("From 0 to 1."),
            "error": .string(), "result": outcome,
        ], optional: ["ended_at", "error", "result"])

    private static let count = JSONSchema.integer(minimum: 0)

    private static let outcome = JSONSchema.object([
        "questions": count, "flips": count,
        "drifted": count.described("Answered otherwise today than recorded: facts or rules have changed since."),
        "limits_taken_as_unused": count, "partial": .boolean,
        "totals": .array(.object(["before": .string(), "after": .string(), "count": count])),
        "skipped": .map(count).described("Questions that could not be asked again, by why."),
        "not_recorded": .array(.object(["attribute": .string(), "count": count])),
        "by_subject": .array(
            .object(["subject_type": .string(), "subject": .string(), "gains": count, "losses": count])),
        "by_resource": .array(
            .object(["resource_type": .string(), "resource": .string(), "gains": count, "losses": count])),
        "subjects": count, "resources": count,
        "not_totalled": .object(["subjects": count, "resources": count]),
    ])

    static let analysis = JSONSchema.object([
        "rules": count, "requests": count,
        "findings": .array(
            .object(
                [
                    "kind": .words(AnalysisFinding.Kind.allCases.map(\.rawValue)), "rule": .string(),
                    "other": .string(), "message": .string(),
                    "witness": .map(.any).described("A request that shows it."),
                ], optional: ["other", "witness"])),
    ])

    static let template = JSONSchema.object(
        [
            "template": .string(), "name": .string(), "description": .string(), "built_in": .boolean,
            "parameters": .array(.map(.any)), "document": .map(.any), "version": .integer(minimum: 0),
            "updated_at": .time,
        ], optional: ["updated_at"])
}
