import Gateway
import Governance
import Vocabulary

/// How the workbench speaks.
public enum WorkbenchJSON {
    /// A made-up question of a list. Throws 400 with every fault of it, each with its place.
    static func question(_ tree: AttributeValue, _ number: Int) throws -> DraftQuestion {
        do { return try DraftQuestion(tree, at: "questions[\(number)]") } catch { throw error.fault }
    }

    /// How cases went, as it is answered.
    public static func results(_ results: [DraftTest.Result]) -> AttributeValue {
        [
            "passed": .bool(results.allSatisfy { $0.failure == nil }),
            "cases": .list(
                results.map { result in
                    HTTPAPI.json([
                        "name": .string(result.name), "expected": .string(result.expected),
                        "found": .string(result.found), "rule": result.rule.map { .string($0) },
                        "failure": result.failure.map { .string($0) },
                    ])
                }),
        ]
    }

    /// Totals of the most concerned, so that an answer stays of a size.
    static let shownTotals = 200
}

extension APIRequest {
    /// What is tried, or held against: the rules in force where the body does not say.
    func candidate(_ name: String) throws -> PolicyCandidate {
        guard let tree = body?[name], tree != .null else { return .current }
        func id(_ member: String) throws -> PolicyID? {
            guard let text = tree[member]?.string else { return nil }
            guard let id = PolicyID(text) else { throw Self.invalid("\(name).\(member)", "an id") }
            return id
        }
        let policy = try id("policy_id")
        if let without = try id("without") { return .without(without) }
        if let document = tree["document"] {
            return .document(document, inPlaceOf: policy, name: tree["name"]?.string)
        }
        if let policy { return .stored(policy, version: tree["version"]?.integer) }
        throw Self.invalid(name, "a policy_id, a document or `without`")
    }
}

extension PolicyReviewResult {
    /// As it is answered.
    public var json: AttributeValue {
        HTTPAPI.json([
            "style": style.map { .string($0.rawValue) }, "usable": .bool(isUsable),
            "findings": .list(
                findings.map { placed in
                    let finding = placed.finding
                    return HTTPAPI.json([
                        "gravity": .string(finding.gravity.rawValue), "path": .string(finding.path),
                        "line": placed.line.map { .integer(Int64($0)) },
                        "column": placed.column.map { .integer(Int64($0)) }, "code": .string(finding.code),
                        "message": .string(finding.message), "remedy": .string(finding.remedy),
                    ])
                }),
        ])
    }
}

extension Backtest.Verdict {
    var json: AttributeValue {
        [
            "outcome": .string(outcome.rawValue), "reason": .string(reason),
            "rules": .list(rules.map { .string($0) }),
        ]
    }
}

extension SimulatedAnswer {
    var json: AttributeValue {
        HTTPAPI.json([
            "before": before.json, "after": after.json, "flip": .bool(isFlip),
            "policy": governed?.json(isPrivileged: true),
            "governed_rules": .list(traces.map(\.json)),
        ])
    }
}

extension Backtest.Flip {
    var json: AttributeValue {
        HTTPAPI.json([
            "subject_type": .string(question.subject.kind), "subject": .string(question.subject.id),
            "action": .string(question.action), "resource_type": .string(question.resourceType),
            "resource": .string(question.resourceID), "at": question.at.json, "decision": question.decision?.json,
            "count": .integer(question.count), "change": .string(isLoss ? "loss" : "gain"), "before": before.json,
            "after": after.json,
        ])
    }
}

extension PolicyTrial {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "kind": .string(kind.rawValue), "state": .string(state.rawValue),
            "started_at": startedAt.json, "started_by": .string(startedBy.description), "ended_at": endedAt?.json,
            "seen": .integer(seen), "progress": .number(progress), "error": fault.map { .string($0.description) },
            "result": result?.json,
        ])
    }
}

extension Backtest {
    fileprivate var json: AttributeValue {
        [
            "questions": .integer(questions), "flips": .integer(flipCount), "drifted": .integer(drifted),
            "limits_taken_as_unused": .integer(limited), "partial": .bool(isCut), "totals": .list(totalsJSON),
            "skipped": .object(
                Dictionary(skipped.map { ($0.key.rawValue, .integer($0.value)) }, uniquingKeysWith: { $1 })),
            "not_recorded": .list(
                missing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(WorkbenchJSON.shownTotals).map {
                    ["attribute": .string($0.key), "count": .integer($0.value)]
                }),
            "by_subject": .list(
                Self.most(bySubject) { ($0.kind, $0.id) < ($1.kind, $1.id) }.map { subject, total in
                    [
                        "subject_type": .string(subject.kind), "subject": .string(subject.id),
                        "gains": .integer(total.gains), "losses": .integer(total.losses),
                    ]
                }),
            "by_resource": .list(
                Self.most(byResource, <).map { resource, total in
                    [
                        "resource_type": .string(resource.type), "resource": .string(resource.id),
                        "gains": .integer(total.gains), "losses": .integer(total.losses),
                    ]
                }),
            "subjects": .integer(Int64(bySubject.count)), "resources": .integer(Int64(byResource.count)),
            "not_totalled": ["subjects": .integer(uncountedBySubject), "resources": .integer(uncountedByResource)],
        ]
    }

    private var totalsJSON: [AttributeValue] {
        Outcome.allCases.flatMap { before in
            Outcome.allCases.compactMap { after in
                totals[before]?[after].map {
                    [
                        "before": .string(before.rawValue), "after": .string(after.rawValue), "count": .integer($0),
                    ]
                }
            }
        }
    }

    /// Those with the most flips, the most first.
    private static func most<Key>(
        _ totals: [Key: Total], _ isBefore: (Key, Key) -> Bool
    ) -> ArraySlice<(Key, Total)> {
        totals.map { ($0.key, $0.value) }.sorted { left, right in
            let (a, b) = (left.1.gains + left.1.losses, right.1.gains + right.1.losses)
            return a != b ? a > b : isBefore(left.0, right.0)
        }.prefix(WorkbenchJSON.shownTotals)
    }
}

extension RuleAnalysis {
    /// As it is answered.
    public var json: AttributeValue {
        [
            "rules": .integer(Int64(rules)), "requests": .integer(Int64(requests)),
            "findings": .list(
                findings.map { finding in
                    HTTPAPI.json([
                        "kind": .string(finding.kind.rawValue), "rule": .string(finding.rule.description),
                        "other": finding.other.map { .string($0.description) }, "message": .string(finding.message),
                        "witness": finding.witness,
                    ])
                }),
        ]
    }
}
