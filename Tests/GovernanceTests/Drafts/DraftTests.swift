import Authorization
import Governance
import Testing
import Vocabulary

@Suite("Drafts of governed policies")
struct DraftTests {
    /// The severity document with its scenarios as cases, word for word.
    static func alerts() throws -> AttributeValue {
        let seed = try corpus("seed-003")
        guard case .object(var document) = seed["policy"] ?? .null else { return .null }
        document["tests"] = .list(
            (seed["scenarios"]?.list ?? []).map { scenario in
                var one: [String: AttributeValue] = [
                    "name": scenario["name"] ?? .null, "at": scenario["at"] ?? .null,
                    "subject": ["id": "jochen", "roles": scenario["roles"] ?? .null],
                    "resource": ["type": "alert", "id": scenario["kpi"] ?? .null],
                    "context": ["kpi_id": scenario["kpi"] ?? .null, "severity": scenario["severity"] ?? .null],
                    "params": scenario["params"] ?? .null, "badge": scenario["badge"] ?? .null,
                ]
                one["executed"] = scenario["executedToday"]
                one["rule"] = scenario["rule"]
                one["approvers"] = scenario["approverRoles"]
                let isAllowed = scenario["allowed"]?.bool == true
                one["expect"] =
                    !isAllowed
                    ? "deny"
                    : scenario["needsApproval"] == true
                        ? "approval" : scenario["execute"] == true ? "execute" : "permit"
                return .object(one)
            })
        return .object(document)
    }

    @Test(
        "S3-35 S4-47 the document's scenarios are cases of a table, and each holds; with a literal changed, one does not"
    )
    func scenarios() throws {
        let tree = try Self.alerts()
        let draft = try PolicyDraft(tree)
        let results = try draft.run(draft.tests, zones: try zones(), now: noon)
        #expect(results.count == 7)
        #expect(results.compactMap(\.failure).isEmpty, "\(results.compactMap(\.failure))")
        guard case .object(var changed) = tree, var rules = changed["rules"]?.list, case .object(var rule) = rules[0]
        else { return }
        rule["limits"] = ["maxDailyPct": 6, "maxWeeklyPct": 7]
        rules[0] = .object(rule)
        changed["rules"] = .list(rules)
        let other = try PolicyDraft(.object(changed))
        let failed = try other.run(other.tests, zones: try zones(), now: noon).filter { $0.failure != nil }
        #expect(failed.map(\.name) == ["limit exceeded after +2 % today"])
        #expect(failed.first?.found == "permit (allowed_by_rule)" && failed.first?.expected == "deny")
    }

    @Test("S3-37 what is written is read as the same draft, in every style, and cases travel with it")
    func roundTrip() throws {
        let seed = try corpus("seed-004")["policies"]?.list ?? []
        for tree in seed + [try Self.alerts()] {
            let draft = try PolicyDraft(tree)
            let again = try PolicyDraft(draft.document)
            #expect(again == draft, "\(draft.details.name)")
            #expect(!draft.rules.isEmpty)
        }
        #expect(try PolicyDraft(Self.alerts()).tests.count == 7)
        let policy = try active(
            3, details("Named", .critical, zone: "Europe/Berlin"), rules: [["id": "a", "effect": "deny"]])
        let taken = PolicyDraft(policy)
        #expect(taken.details == policy.details && taken.rules == policy.rules.map(\.document))
        #expect(taken.document["created_by"] == nil && taken.document["id"] == nil)
        let placed = try taken.policy(id(4), inPlaceOf: policy)
        #expect(placed.rules.map(\.id) == policy.rules.map(\.id), "a rule that keeps its name keeps its id")
        #expect(placed.isInForce(at: noon) && placed.version > policy.version)
    }

    @Test(
        "S3-34 each fault of a draft has its place, its code and its cure",
        arguments: [
            (["name": "x", "rules": [["id": "a"]]], "rules[0].effect", "missing_key"),
            (["name": "x", "rules": [["id": "a", "effect": "alow"]]], "rules[0].effect", "unknown_word"),
            (
                ["name": "x", "rules": [["id": "a", "effect": "deny"], ["id": "a", "effect": "deny"]]], "rules[1].id",
                "duplicate"
            ),
            (["rules": []], "name", "missing_key"),
            (["name": "x", "rules": [], "code": "exit(1)"], "code", "unknown_key"),
            (["name": "x", "rules": [], "scope": "galaxy"], "scope", "unknown_word"),
            (
                ["name": "x", "rules": [["id": "a", "effect": "deny", "when": ["regex": ["context.x": "(a+"]]]]],
                "rules[0].when.regex.context.x", "bad_regex"
            ),
            (["name": "x", "rules": [], "tests": [["expect": "maybe"]]], "tests[0].expect", "unknown_word"),
            (["name": "x", "rules": [], "tests": [["expect": "deny", "at": "noon"]]], "tests[0].at", "bad_time"),
        ] as [(AttributeValue, String, String)])
    func faults(tree: AttributeValue, path: String, code: String) {
        let findings = PolicyDraft.review(tree)
        #expect(findings.contains { $0.path == path && $0.code == code && $0.gravity == .error }, "\(findings)")
        #expect(findings.allSatisfy { !$0.remedy.isEmpty })
    }

    @Test("S3-34 an unknown role, resource type, action, attribute or zone is asked about with what was probably meant")
    func spelling() {
        let known = KnownWords(
            roles: ["manager", "operator"], groups: ["finance"], actions: ["person": ["read", "update"]],
            subjectAttributes: ["department"], hasZone: { $0 == "Europe/Berlin" })
        let tree: AttributeValue = [
            "name": "x", "timezone": "Europe/Berlni",
            "rules": [
                [
                    "id": "a", "effect": "allow", "subjects": ["roles": ["manger"], "groups": ["finanse"]],
                    "actions": ["raed"], "resources": ["types": ["person"]], "roles": ["opertor"],
                    "when": ["equals": ["subject.departement": "legal"]],
                ],
                [
                    "id": "b", "effect": "deny", "actions": ["x"], "resources": ["types": ["persn"]],
                    "when": ["equals": ["context.enviroment": "p"]],
                ],
            ],
        ]
        let findings = PolicyDraft.review(tree, known: known)
        let expected = [
            ("timezone", "unknown_zone", "IANA"), ("rules[0].subjects.roles[0]", "unknown_role", "`manager`"),
            ("rules[0].subjects.groups[0]", "unknown_group", "`finance`"),
            ("rules[0].roles[0]", "unknown_role", "`operator`"),
            ("rules[0].actions[0]", "unknown_action", "`read`"),
            ("rules[0].when", "unknown_attribute", "`subject.department`"),
            ("rules[1].resources.types[0]", "unknown_type", "`person`"),
            ("rules[1].when", "unknown_attribute", "`context.environment`"),
        ]
        for (path, code, remedy) in expected {
            #expect(
                findings.contains { $0.path == path && $0.code == code && $0.remedy.contains(remedy) },
                "\(path) \(code): \(findings.map(\.description))")
        }
        #expect(findings.count == expected.count, "\(findings.map(\.description))")
    }

    @Test(
        "a restriction that stands in everybody's way, an allow of everything and an unlimited automatism are warned of"
    )
    func wide() {
        let tree: AttributeValue = [
            "name": "x",
            "rules": [
                ["id": "a", "effect": "deny", "when": ["equals": ["context.environment": "production"]]],
                [
                    "id": "b", "effect": "deny",
                    "when": ["all": [["exists": "context.environment"], ["equals": ["context.environment": "p"]]]],
                ],
                ["id": "c", "effect": "allow", "auto_execute": true],
            ],
        ]
        let findings = PolicyDraft.review(tree)
        #expect(findings.map(\.code) == ["restricts_all", "allows_everything", "unlimited"])
        #expect(findings.map(\.path) == ["rules[0].when", "rules[2].effect", "rules[2].auto_execute"])
        #expect(findings.allSatisfy { $0.gravity == .warning })
    }

    @Test("one past each limit of a draft is refused", arguments: ["rules", "tests", "pattern", "parameters"])
    func limits(kind: String) throws {
        func draft(_ rules: Int, _ tests: Int, _ rule: AttributeValue) -> AttributeValue {
            [
                "name": "x",
                "rules": .list(
                    (0..<rules).map { number in
                        guard case .object(var members) = rule else { return rule }
                        members["id"] = .string("r\(number)")
                        return .object(members)
                    }),
                "tests": .list((0..<tests).map { _ in ["expect": "deny"] }),
            ]
        }
        let deny: AttributeValue = ["effect": "deny"]
        let (good, bad): (AttributeValue, AttributeValue) =
            switch kind {
            case "rules": (draft(256, 0, deny), draft(257, 0, deny))
            case "tests": (draft(1, 1_000, deny), draft(1, 1_001, deny))
            case "pattern":
                (
                    draft(1, 0, ["effect": "deny", "when": ["regex": ["context.x": "a{255}"]]]),
                    draft(1, 0, ["effect": "deny", "when": ["regex": ["context.x": "((a{255}){255}){255}"]]])
                )
            default:
                (
                    draft(1, 0, ["effect": "allow", "params": .object(parameters(32))]),
                    draft(1, 0, ["effect": "allow", "params": .object(parameters(33))])
                )
            }
        #expect(throws: Never.self) { try PolicyDraft(good) }
        #expect(throws: GovernanceError.self) { try PolicyDraft(bad) }
    }

    private func parameters(_ count: Int) -> [String: AttributeValue] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("p\($0)", .integer(1)) })
    }

    @Test("cases are written anew as a whole, fold to the last, and what cannot be read is refused")
    func cases() throws {
        let policy: PolicyID = id(1)
        let first = try PolicyCases.setting([["expect": "deny"]], of: policy, over: nil)
        let state = try #require(
            try PolicyCases.aggregate.fold(nil, first.map { Recorded($0, at: noon, actor: admin) }))
        #expect(try state.tests().map(\.expected) == [.deny] && state.version == 1)
        #expect(try PolicyCases.setting([["expect": "deny"]], of: policy, over: state).isEmpty)
        let record = PolicyCases.aggregate.encode(try #require(first.first))
        #expect(try PolicyCases.aggregate.decode(record) == first.first)
        #expect(throws: GovernanceError.self) {
            try PolicyCases.setting([["expect": "deny", "run": "rm -rf /"]], of: policy, over: nil)
        }
    }
}
