import Authorization
import Governance
import Testing
import Vocabulary

/// The three named policies of the condition style and the request of the document.
@Suite("Rules of conditions")
struct ConditionRulesTests {
    private let everything: AttributeValue = ["id": "everything", "effect": "allow"]

    private func policies() throws -> [GovernedPolicy] {
        try (try corpus("seed-004")["policies"]?.list ?? []).enumerated().map { number, tree in
            let read = try ConditionPolicy(tree)
            return try active(UInt64(number + 1), read.details, rules: read.rules)
        }
    }

    private func request(_ changes: AttributeValue?) throws -> ActionRequest {
        var request = try #require(try corpus("seed-004")["request"]?.object)
        request.merge(changes?.object ?? [:]) { _, new in new }
        return try ActionRequest(.object(request))
    }

    private func inquiry(_ changes: AttributeValue?) throws -> RuleInquiry {
        try self.request(changes).inquiry(subject: ada)
    }

    @Test(
        "S4-25 S4-26 S4-29 S4-41 S4-46 S4-48 S4-49 S4-50 the three policies answer the document's request and its neighbours"
    )
    func cases() throws {
        let allow = try active(9, rules: [everything])
        let book = try RuleBook(policies: try policies() + [allow], zones: try zones(), stamp: stamp())
        let cases = try corpus("seed-004")["cases"]?.list ?? []
        #expect(cases.count == 6)
        for one in cases {
            let name = try #require(one["name"]?.string)
            let decision = try book.decide(try inquiry(one["with"]))
            #expect(decision.isAllowed == one["allowed"]?.bool, "\(name)")
            #expect(decision.needsApproval == one["approval"]?.bool, "\(name)")
            #expect(decision.violations.map(\.name) == words(one["violations"]), "\(name)")
            #expect(decision.issues.map(\.rawValue) == words(one["issues"]), "\(name)")
        }
    }

    @Test("S4-25 S4-26 the request is read whole, and the answer has every field of the document")
    func review() throws {
        let read = try request(["requested_by": "john.doe"])
        #expect(read.requestID == "heal_12345" && read.action == "code_fix" && read.service == "user_service")
        #expect(read.requestedBy == "john.doe" && read.context["language"] == "python")
        let book = try RuleBook(
            policies: try policies() + [try active(9, rules: [everything])], zones: try zones(), stamp: stamp())
        let asked = ActionReview(try book.decide(try inquiry(["patch_content": "DROP TABLE users"])), approval: id(5))
        #expect(
            asked.document == [
                "allowed": false, "reason": "Approval required", "approval_required": true,
                "approval_request_id": .string(ApprovalID(high: 0x1000, low: 5).description),
                "workflow_instance_id": .string(ApprovalID(high: 0x1000, low: 5).description),
                "policy_violations": ["require-approval-for-db-changes"], "compliance_issues": [],
            ])
        let denied = ActionReview(try book.decide(try inquiry(["patch_content": "password = 'x'"])), approval: id(5))
        #expect(!denied.allowed && !denied.approvalRequired && denied.approval == nil)
        #expect(ActionReview(try book.decide(try inquiry(nil))).allowed)
        for change: AttributeValue in [["action_type": 3], ["error_context": "x"], ["service_name": ""], ["more": 1]] {
            #expect(throws: GovernanceError.self) { try request(change) }
        }
    }

    @Test("S4-27 the switch for production asks for an approval there, and only there")
    func production() throws {
        let policy = try active(1, rules: [Rule.productionApproval(), everything])
        let book = try RuleBook(policies: [policy], zones: try zones(), stamp: stamp())
        #expect(try book.decide(try inquiry(nil)).needsApproval)
        #expect(try !book.decide(try inquiry(["environment": "staging"])).needsApproval)
        let nowhere = try RuleInquiry(action: "x", resourceType: "y", subject: ada)
        #expect(try !book.decide(nowhere).needsApproval && book.decide(nowhere).isAllowed)
    }

    @Test("without a rule the answer is deny; the older behaviour takes an explicit allow")
    func noRule() throws {
        let book = try RuleBook(policies: try policies(), zones: try zones(), stamp: stamp())
        let decision = try book.decide(try inquiry(nil))
        #expect(!decision.isAllowed && decision.reason == .noMatchingRule)
    }

    @Test("S4-28 with enforcement off, everything is only noted")
    func logOnly() throws {
        let book = try RuleBook(policies: try policies(), zones: try zones(), mode: .logOnly, stamp: stamp())
        let decision = try book.decide(try inquiry(["patch_content": "password = 'hunter2'"]))
        #expect(decision.isAllowed && decision.notes.map(\.kind) == [.logged])
        #expect(decision.violations.map(\.name) == ["check-for-passwords"])
    }

    @Test(
        "S4-30 S4-40 every operator, negated and without regard to case",
        arguments: [
            ("equals", "Prod", "prod", false), ("equals", "Prod", "Prod", true), ("not_equals", "a", "b", true),
            ("contains", "cd", "abcde", true), ("starts_with", "ab", "abc", true), ("ends_with", "bc", "abc", true),
            ("regex", "^a.c$", "abc", true), ("regex", "^a.c$", "ABC", false),
        ] as [(String, String, String, Bool)])
    func operators(name: String, value: String, held: String, expected: Bool) throws {
        func outcome(_ extra: [String: AttributeValue]) throws -> Bool {
            var condition: [String: AttributeValue] = [
                "field": "a.b", "operator": .string(name), "value": .string(value),
            ]
            condition.merge(extra) { _, new in new }
            let read = try ConditionPolicy([
                "name": "n", "type": "security",
                "rules": [["name": "r", "conditions": [.object(condition)], "action": "deny"]],
            ])
            let policy = try active(1, read.details, rules: read.rules)
            let book = try RuleBook(
                policies: [policy, try active(2, rules: [everything])], zones: try zones(), stamp: stamp())
            let inquiry = try RuleInquiry(
                action: "x", resourceType: "service", context: ["a": ["b": .string(held)]], subject: ada)
            return try !book.decide(inquiry).isAllowed
        }
        #expect(try outcome([:]) == expected)
        #expect(try outcome(["negate": true]) == !expected)
        let folded = value.lowercased() == value && held.lowercased() == held
        #expect(try outcome(["case_sensitive": false]) == (folded ? expected : true))
    }

    @Test("the characters of a pattern stand for themselves where case does not matter")
    func escaping() throws {
        let read = try ConditionPolicy([
            "name": "n", "type": "security",
            "rules": [
                [
                    "name": "r", "action": "deny",
                    "conditions": [
                        ["field": "f", "operator": "in", "value": ["a.c", "(x"], "case_sensitive": false]
                    ],
                ]
            ],
        ])
        let book = try RuleBook(
            policies: [try active(1, read.details, rules: read.rules), try active(2, rules: [everything])],
            zones: try zones(), stamp: stamp())
        for (text, allowed) in [("A.C", false), ("abc", true), ("(X", false)] {
            let inquiry = try RuleInquiry(
                action: "x", resourceType: "service", context: ["f": .string(text)], subject: ada)
            #expect(try book.decide(inquiry).isAllowed == allowed, "\(text)")
        }
    }

    @Test("what a request leaves out matches nothing, is no way around what looks for everything else, and none in")
    func leftOut() throws {
        func isDenied(_ effect: String, _ condition: AttributeValue) throws -> Bool {
            let read = try ConditionPolicy([
                "name": "n", "type": "security",
                "rules": [["name": "r", "conditions": [condition], "action": .string(effect)]],
            ])
            let others = effect == "deny" ? [try active(2, rules: [everything])] : []
            let book = try RuleBook(
                policies: [try active(1, read.details, rules: read.rules)] + others, zones: try zones(),
                stamp: stamp())
            return try !book.decide(try RuleInquiry(action: "x", resourceType: "service", subject: ada)).isAllowed
        }
        let equal: AttributeValue = ["field": "f", "operator": "equals", "value": "a"]
        let other: AttributeValue = ["field": "f", "operator": "not_equals", "value": "a"]
        let negated: AttributeValue = ["field": "f", "operator": "equals", "value": "a", "negate": true]
        #expect(try !isDenied("deny", equal))
        #expect(try isDenied("deny", other) && isDenied("deny", negated))
        #expect(try isDenied("allow", equal) && isDenied("allow", other) && isDenied("allow", negated))
    }

    @Test("a policy of this style says nothing of what is no review of an action")
    func elsewhere() throws {
        let book = try RuleBook(
            policies: try policies() + [try active(9, rules: [everything])], zones: try zones(), stamp: stamp())
        let inquiry = try RuleInquiry(
            action: "x", resourceType: "page", context: ["patch_content": "password = 'x'"], subject: ada)
        #expect(try book.decide(inquiry).isAllowed)
    }

    @Test("a deny that cannot be evaluated counts as matched, an allow is skipped, and both are named")
    func errors() throws {
        let deny: AttributeValue = ["id": "d", "effect": "deny", "when": ["equals": ["context.missing": 1]]]
        let allow: AttributeValue = ["id": "a", "effect": "allow", "when": ["equals": ["context.missing": 1]]]
        let inquiry = try RuleInquiry(action: "x", resourceType: "y", subject: ada)
        let denied = try RuleBook(
            policies: [try active(1, rules: [deny, everything])], zones: try zones(), stamp: stamp()
        ).decide(inquiry)
        #expect(!denied.isAllowed && denied.reason == .denied && denied.notes.map(\.kind) == [.erred])
        let skipped = try RuleBook(policies: [try active(1, rules: [allow])], zones: try zones(), stamp: stamp())
            .decide(inquiry)
        #expect(skipped.reason == .noMatchingRule && skipped.notes.map(\.kind) == [.erred])
    }

    @Test("S4-25 S4-29 S4-48 S4-49 S4-50 the policies and the request are read with every word they were written with")
    func literals() throws {
        let trees = try corpus("seed-004")["policies"]?.list ?? []
        let read = try trees.map { try ConditionPolicy($0) }
        #expect(
            read.map(\.details.name) == ["No Hardcoded Secrets", "Production Database Protection", "PHI Protection"])
        #expect(read.map(\.details.description) == ["Prevent patches with hardcoded credentials", "", ""])
        #expect(read.map(\.details.type) == [.security, .operational, .compliance])
        #expect(
            read.flatMap(\.rules).compactMap { $0["effect"]?.string } == [
                "deny", "require_approval", "require_approval",
            ])
        let conditions = read.flatMap(\.rules).map { $0["when"] ?? .null }
        let secrets = #"password\s*=\s*["\'][^"\']+["\']"#
        /// A condition holds only where the request says something.
        func held(_ field: String, _ condition: AttributeValue) -> AttributeValue {
            ["all": [["exists": .string("context." + field)], condition]]
        }
        #expect(read.flatMap(\.rules).allSatisfy { $0["resources"] == ["types": ["service"]] })
        #expect(
            conditions == [
                ["all": [held("patch_content", ["regex": ["context.patch_content": .string(secrets)]])]],
                [
                    "all": [
                        held("environment", ["equals": ["context.environment": "production"]]),
                        held("patch_content", ["regex": ["context.patch_content": "(ALTER|DROP|DELETE)"]]),
                    ]
                ],
                [
                    "all": [
                        held("service_name", ["in": ["context.service_name": ["patient_service", "medical_records"]]]),
                        held("patch_content", ["regex": ["context.patch_content": "(ssn|patient|medical|diagnosis)"]]),
                    ]
                ],
            ])
        #expect(
            try request(nil).context == [
                "request_id": "heal_12345", "action_type": "code_fix",
                "error_context": ["error_type": "AttributeError", "message": "NoneType has no attribute foo"],
                "patch_content": "if obj is not None:\n    obj.foo()", "environment": "production",
                "service_name": "user_service", "language": "python",
            ])
    }
}
