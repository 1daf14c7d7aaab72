import Governance
import Testing
import Vocabulary

@Suite("Workflow templates")
struct WorkflowTests {
    private func stage(_ condition: StageCondition? = nil, approvals: Int = 1, timeout: Duration = .hours(24))
        -> WorkflowStage
    {
        WorkflowStage(
            name: "s", approverRoles: ["manager"], minApprovals: approvals, timeout: timeout, condition: condition)
    }

    private func made(_ details: WorkflowTemplate.Details) throws -> WorkflowTemplate {
        let events = try WorkflowTemplate.decide(.create(id(1), details), on: nil)
        return try #require(
            try WorkflowTemplate.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) }))
    }

    @Test("S4-16 S4-17 the document's template is read word for word, and written as it was read")
    func document() throws {
        let tree = try #require(try corpus("seed-004")["workflow"])
        let details = try WorkflowTemplate.Details(document: tree)
        #expect(details.name == "Critical Security Fix" && details.category == "security")
        #expect(details.description == "Multi-stage approval for security patches")
        #expect(
            details.stages.map(\.minApprovals) == [2, 1] && details.stages.map(\.timeout) == [.hours(4), .hours(8)])
        #expect(details.stages[1].condition == .riskLevels([.high, .critical]) && details.stages[0].condition == nil)
        #expect(details.document == tree)
        let short = try WorkflowTemplate.Details(document: [
            "name": "n", "stages": [["name": "s", "approver_roles": ["a"]]],
        ])
        #expect(short.stages[0].timeout == .hours(24) && short.stages[0].minApprovals == 1)
    }

    @Test("S4-19 every condition is written and read back, and holds when it should")
    func conditions() throws {
        let conditions: [(StageCondition, [String: AttributeValue], Bool)] = [
            (.riskLevels([.high]), [:], true), (.riskLevels([.low]), [:], false),
            (.environments(["production"]), ["environment": "production"], true),
            (.environments(["production"]), ["environment": "staging"], false),
            (.environments(["production"]), [:], true),
            (.errorTypes(["AttributeError"]), ["error_context": ["error_type": "AttributeError"]], true),
            (.errorTypes(["AttributeError"]), ["error_type": "KeyError"], false),
            (.patchSize(atLeast: 5), ["patch_content": "12345"], true),
            (.patchSize(atLeast: 5), ["patch_size": 4], false),
            (.field(["equals": ["context.service_name": "pay"]]), ["service_name": "pay"], true),
            (.field(["equals": ["context.service_name": "pay"]]), ["service_name": "shop"], false),
            (.field(["equals": ["context.service_name": "pay"]]), [:], true),
            // Noon is a Friday, 08:00:00 UTC and 09:00:00 in Berlin.
            (.outside(days: [5], start: 480, end: 1_080, zone: "Europe/Berlin"), [:], false),
            (.outside(days: [1], start: 480, end: 1_080, zone: "Europe/Berlin"), [:], true),
            (.outside(days: [5], start: 480, end: 1_080, zone: "Mars/Olympus"), [:], true),
        ]
        for (condition, context, expected) in conditions {
            let details = WorkflowTemplate.Details(name: "n", stages: [stage(), stage(condition)])
            #expect(try WorkflowTemplate.Details(document: details.document) == details)
            let request = ApprovalRequest(
                id: id(1), requester: ada, rules: [], requestDigest: Array(repeating: 1, count: 32),
                circumstances: StageCircumstances(risk: .high, context: context))
            let events = try Approval.request(request, along: details, zones: try zones(), now: noon)
            let approval = try Approval.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) })
            #expect(approval?.terms.skipped == (expected ? [] : [1]), "\(condition) with \(context)")
        }
    }

    @Test("one past each bound is refused")
    func bounds() throws {
        let good = WorkflowTemplate.Details(name: "n", stages: Array(repeating: stage(), count: 16))
        #expect(try made(good).details.stages.count == 16)
        let bad: [WorkflowTemplate.Details] = [
            .init(name: "", stages: [stage()]), .init(name: "n", stages: []),
            .init(name: "n", stages: Array(repeating: stage(), count: 17)),
            .init(name: "n", stages: [stage(approvals: 0)]),
            .init(name: "n", stages: [stage(approvals: 33)]), .init(name: "n", stages: [stage(timeout: .zero)]),
            .init(name: "n", stages: [stage(timeout: .seconds(1))]),
            .init(name: "n", stages: [stage(timeout: .hours(8_761))]),
            .init(name: "n", stages: [WorkflowStage(name: "s", approverRoles: [])]),
            .init(name: "n", stages: [stage(.field(["sometimes": 1]))]),
            .init(name: "n", stages: [stage(.outside(days: [9], start: 0, end: 1, zone: "UTC"))]),
            .init(name: "n", stages: [stage()], escalations: [.init(on: .manual, to: [])]),
            .init(
                name: "n", stages: [stage()],
                escalations: [.init(on: .manual, to: ["a"]), .init(on: .manual, to: ["b"])]),
        ]
        for details in bad { #expect(throws: GovernanceError.self, "\(details)") { try made(details) } }
        for document: AttributeValue in [
            [:], ["name": "n", "stages": [["name": "s"]]],
            ["name": "n", "stages": [["name": "s", "approver_roles": ["a"], "condition": "risk_level"]]],
            [
                "name": "n",
                "stages": [["name": "s", "approver_roles": ["a"], "condition": "weather", "condition_params": [:]]],
            ],
            ["name": "n", "stages": [["name": "s", "approver_roles": ["a"], "timeout_hours": 0]]],
        ] {
            #expect(throws: GovernanceError.self) { try WorkflowTemplate.Details(document: document) }
        }
    }

    @Test("a template changes and retires; requests under way keep their stages")
    func life() throws {
        let details = WorkflowTemplate.Details(name: "n", stages: [stage()])
        var template = try made(details)
        let other = WorkflowTemplate.Details(name: "m", stages: [stage(), stage()])
        for command: WorkflowCommand in [.update(other), .retire] {
            for event in try WorkflowTemplate.decide(command, on: template) {
                template = try WorkflowTemplate.applying(Recorded(event, at: noon, actor: admin), to: template)
                let aggregate = WorkflowTemplate.aggregate
                #expect(try aggregate.decode(aggregate.encode(event)) == event)
            }
        }
        #expect(template.details == other && template.isRetired && template.version == 3)
        let retired = template
        expect(.invalidState(current: "retired", expected: "in use")) { () throws(GovernanceError) in
            try WorkflowTemplate.decide(.update(details), on: retired)
        }
        #expect(try WorkflowTemplate.decide(.update(details), on: made(details)).isEmpty)
    }
}
