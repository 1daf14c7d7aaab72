import Fixtures
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Approvals")
struct ApprovalTests {
    let digest = Array(repeating: UInt8(7), count: 32)
    /// The rule that asks, in the version that does.
    let asking = [RuleOrigin(policy: id(9), version: 3, rule: id(5), name: "two of security")]

    private func person(_ number: UInt64) -> Approver { .subject(.person(PersonID(high: 0xC, low: number))) }

    private func template() throws -> WorkflowTemplate.Details {
        try WorkflowTemplate.Details(document: try corpus("seed-004")["workflow"] ?? .null)
    }

    private func start(
        _ details: WorkflowTemplate.Details? = nil, risk: RiskLevel = .high, context: [String: AttributeValue] = [:]
    ) throws -> Approval {
        let request = ApprovalRequest(
            id: id(1), requester: ada, rules: asking, requestDigest: digest,
            circumstances: StageCircumstances(risk: risk, context: context), reason: "a fix that cannot wait")
        let events = try Approval.request(request, along: try details ?? template(), zones: try zones(), now: noon)
        return try #require(try Approval.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) }))
    }

    private func carry(_ approval: Approval, _ command: ApprovalCommand, at now: Timestamp = noon) throws -> Approval {
        let events = try approval.decide(command, now: now)
        return try #require(
            try Approval.aggregate.fold(approval, events.map { Recorded($0, at: now, actor: admin) }))
    }

    private func refused(
        _ expected: GovernanceError, _ approval: Approval, _ command: ApprovalCommand, at now: Timestamp = noon
    ) {
        expect(expected) { () throws(GovernanceError) in try approval.decide(command, now: now) }
    }

    @Test(
        "S4-16 S4-17 S4-18 the document's two stages in turn: two of security within four hours, then one of management within eight"
    )
    func stages() throws {
        var approval = try start()
        #expect(approval.stages.map(\.name) == ["Security Team Review", "Management Approval"])
        #expect(approval.approverRoles == ["security_reviewer"] && approval.deadline == noon + .hours(4))
        approval = try carry(approval, .approve(by: person(1), roles: ["security_reviewer"]))
        #expect(approval.state == .pending && approval.stage == 0)
        approval = try carry(approval, .approve(by: person(2), roles: ["security_reviewer"]), at: noon + .hours(1))
        #expect(approval.stage == 1 && approval.deadline == noon + .hours(9) && approval.grant(for: asking) == nil)
        #expect(approval.approverRoles == ["manager", "director"])
        approval = try carry(approval, .approve(by: person(3), roles: ["director"]), at: noon + .hours(2))
        #expect(approval.state == .approved && approval.endedAt == noon + .hours(2))
        #expect(approval.grant(for: asking)?.rules == [id(5)])
        #expect(approval.permits(digest) && !approval.permits(Array(repeating: 8, count: 32)))
        refused(.approvalClosed(state: "approved"), approval, .approve(by: person(4), roles: ["director"]))
    }

    @Test("S4-19 the second stage is passed through by risk only", arguments: RiskLevel.allCases)
    func routing(risk: RiskLevel) throws {
        var approval = try start(risk: risk)
        #expect(approval.terms.skipped == (risk >= .high ? [] : [1]))
        for number in 1...2 {
            approval = try carry(approval, .approve(by: person(UInt64(number)), roles: ["security_reviewer"]))
        }
        #expect(approval.state == (risk >= .high ? .pending : .approved))
    }

    @Test("approvers are distinct, over all stages, hold the role, and are never the requester")
    func fourEyes() throws {
        var approval = try start()
        refused(.requesterMayNotApprove, approval, .approve(by: .subject(ada), roles: ["security_reviewer"]))
        refused(.requesterMayNotApprove, approval, .reject(by: .subject(ada), roles: ["security_reviewer"]))
        refused(.notAnApprover, approval, .approve(by: person(1), roles: ["manager"]))
        approval = try carry(approval, .approve(by: person(1), roles: ["security_reviewer"]))
        refused(.alreadyDecided, approval, .approve(by: person(1), roles: ["security_reviewer"]))
        approval = try carry(approval, .approve(by: person(2), roles: ["security_reviewer"]))
        refused(.alreadyDecided, approval, .approve(by: person(1), roles: ["manager"]))
    }

    @Test("S3-39 one rejection ends it, unless it is escalated; whoever rejected has had their word")
    func rejection() throws {
        let ended = try carry(start(), .reject(by: person(1), roles: ["security_reviewer"], comment: "no"))
        #expect(ended.state == .rejected && ended.grant(for: asking) == nil && !ended.permits(digest))
        var details = try template()
        details.escalations = [Escalation(on: .rejection, to: ["ciso"])]
        let risen = try carry(start(details), .reject(by: person(1), roles: ["security_reviewer"]))
        #expect(risen.state == .pending && risen.approverRoles == ["security_reviewer", "ciso"])
        refused(.alreadyDecided, risen, .approve(by: person(1), roles: ["security_reviewer"]))
        #expect(try carry(risen, .reject(by: person(2), roles: ["ciso"])).state == .rejected)
    }

    @Test(
        "S4-20 S4-21 a deadline reminds, escalates once and then ends it, without a caller; high risk and people escalate too"
    )
    func timers() throws {
        var details = try template()
        details.escalations = [
            Escalation(on: .slaBreach, to: ["ciso"]), Escalation(on: .manual, to: ["duty"]),
            Escalation(on: .highRisk, to: ["board"]),
        ]
        var approval = try start(details)
        #expect(approval.approverRoles == ["security_reviewer", "board"])
        #expect(try start(details, risk: .low).approverRoles == ["security_reviewer"])
        #expect(approval.due(at: noon + .hours(3) - .microseconds(1)).isEmpty)
        #expect(approval.due(at: noon + .hours(3)) == [.reminded])
        func pass(_ now: Timestamp) throws {
            let events = approval.due(at: now).map { Recorded($0, at: now, actor: .system("scheduler")) }
            approval = try #require(try Approval.aggregate.fold(approval, events))
        }
        try pass(noon + .hours(3))
        #expect(approval.due(at: noon + .hours(3) + .seconds(1)).isEmpty)
        for stranger in [
            ApprovalCommand.escalate(by: person(1), roles: ["guest"]), .escalate(by: .subject(ada), roles: ["board"]),
        ] {
            refused(.notAnApprover, approval, stranger, at: noon + .hours(3))
        }
        #expect(try !approval.decide(.escalate(by: person(1), roles: [], isPermitted: true), now: noon).isEmpty)
        approval = try carry(approval, .escalate(by: person(1), roles: ["board"]), at: noon + .hours(3))
        #expect(
            approval.approverRoles == ["security_reviewer", "board", "duty"] && approval.deadline == noon + .hours(7))
        #expect(throws: GovernanceError.self) {
            try approval.decide(.escalate(by: person(1), roles: ["board"]), now: noon)
        }
        try pass(noon + .hours(7))
        #expect(
            approval.state == .pending && approval.approverRoles.last == "ciso"
                && approval.deadline == noon + .hours(11))
        try pass(noon + .hours(11))
        #expect(approval.state == .expired && approval.due(at: noon + .hours(99)).isEmpty)
        let plain = try start(Approval.plainStage(["manager"]))
        #expect(plain.due(at: noon + .hours(24)) == [.closed(.expired)] && plain.deadline == noon + .hours(24))
    }

    @Test("S4-24 a delegate votes in another's place, once for both, while it lasts, and never the requester")
    func delegation() throws {
        let start = try start(Approval.plainStage(["manager"]))
        let until = noon + .days(2)
        var approval = try carry(start, .delegate(from: person(1), roles: ["manager"], to: person(2), until: until))
        refused(.notAnApprover, approval, .approve(by: person(3), roles: []))
        refused(
            .notAnApprover, approval, .approve(by: person(2), roles: [], delegators: [person(1): ["manager"]]),
            at: until)
        refused(.notAnApprover, approval, .delegate(from: person(2), roles: [], to: person(3), until: until))
        refused(
            .requesterMayNotApprove, start,
            .delegate(from: person(1), roles: ["manager"], to: .subject(ada), until: until))
        // Whoever has lost the role, or is no longer active, has nobody who votes for them.
        refused(.notAnApprover, approval, .approve(by: person(2), roles: []))
        refused(.notAnApprover, approval, .approve(by: person(2), roles: [], delegators: [person(1): ["guest"]]))
        refused(.notAnApprover, approval, .reject(by: person(2), roles: [], delegators: [person(3): ["manager"]]))
        approval = try carry(approval, .approve(by: person(2), roles: [], delegators: [person(1): ["manager"]]))
        #expect(approval.state == .approved && approval.votes.map(\.onBehalfOf) == [person(1)])
        var two = Approval.plainStage(["manager"])
        two.stages = [WorkflowStage(name: "s", approverRoles: ["manager"], minApprovals: 2)]
        var shared = try carry(
            self.start(two), .delegate(from: person(1), roles: ["manager"], to: person(2), until: until))
        shared = try carry(shared, .approve(by: person(2), roles: [], delegators: [person(1): ["manager"]]))
        refused(.alreadyDecided, shared, .approve(by: person(1), roles: ["manager"]))
        refused(.alreadyDecided, shared, .approve(by: person(2), roles: ["manager"]))
    }

    @Test("S4-24 a delegation ends with its stage, and stands in for one who has not voted")
    func delegationOfOneStage() throws {
        let until = noon + .days(2)
        var details = Approval.plainStage(["security"])
        details.stages = [
            WorkflowStage(name: "first", approverRoles: ["security"]),
            WorkflowStage(name: "second", approverRoles: ["security"], minApprovals: 2),
        ]
        let lent: [Approver: Set<String>] = [person(1): ["security"], person(4): ["security"]]
        var approval = try carry(
            start(details), .delegate(from: person(1), roles: ["security"], to: person(2), until: until))
        approval = try carry(approval, .approve(by: person(3), roles: ["security"]))
        #expect(approval.stage == 1)
        refused(.notAnApprover, approval, .approve(by: person(2), roles: [], delegators: lent))
        refused(.notAnApprover, approval, .reject(by: person(2), roles: [], delegators: lent))
        for from in [person(1), person(4)] {
            approval = try carry(approval, .delegate(from: from, roles: ["security"], to: person(2), until: until))
        }
        approval = try carry(approval, .approve(by: person(1), roles: ["security"]))
        approval = try carry(approval, .approve(by: person(2), roles: [], delegators: lent))
        #expect(approval.state == .approved && approval.votes.last?.onBehalfOf == person(4))
    }

    @Test("S4-23 neither who began an override nor who carried it out alone reviews it")
    func overrideOfTwo() throws {
        let why = "the site is down"
        let begun = try carry(start(), .override(by: person(1), reason: why))
        let done = try carry(begun, .overrideAlone(by: person(2), reason: why))
        #expect(done.needsReview && done.overrideBegunBy == person(1) && done.overriddenBy == person(2))
        for author in 1...2 { refused(.requesterMayNotApprove, done, .review(by: person(UInt64(author)))) }
        #expect(try !carry(done, .review(by: person(3))).needsReview)
    }

    @Test("two rules ask for two signatures, and an escalation counts at the stages of its own workflow only")
    func joined() throws {
        var first = Approval.plainStage(["legal"])
        first.escalations = [Escalation(on: .highRisk, to: ["board"]), Escalation(on: .manual, to: ["duty"])]
        let details = Approval.joinedStages(
            [["manager", "director"], ["security"], ["director", "manager"], []],
            [first, Approval.plainStage(["audit"])])
        var approval = try start(details)
        #expect(
            approval.stages.map(\.approverRoles) == [["manager", "director"], ["security"], ["legal"], ["audit"]])
        let everything: Set<String> = ["manager", "security", "legal", "audit"]
        for number in 1...2 {
            #expect(approval.escalations.isEmpty)
            refused(.notAnApprover, approval, .approve(by: person(9), roles: ["duty", "board"]))
            approval = try carry(approval, .approve(by: person(UInt64(number)), roles: everything))
            refused(.alreadyDecided, approval, .approve(by: person(1), roles: everything))
        }
        #expect(approval.stage == 2 && approval.approverRoles == ["legal", "board"])
        approval = try carry(approval, .approve(by: person(3), roles: ["board"]))
        #expect(approval.stage == 3 && approval.approverRoles == ["audit"] && approval.grant(for: asking) == nil)
        #expect(approval.due(at: noon + .days(2)) == [.closed(.expired)])
        #expect(try carry(approval, .approve(by: person(4), roles: everything)).state == .approved)
        #expect(try WorkflowTemplate.Details(document: details.document) == details)
    }

    @Test("S4-23 an emergency override takes two people, or one and a review after the fact, and always alarms")
    func override() throws {
        let approval = try start()
        let why = "the site is down"
        refused(.exemptionReasonTooShort(5), approval, .override(by: person(1), reason: " short "))
        refused(.requesterMayNotApprove, approval, .override(by: .subject(ada), reason: why))
        let begun = try carry(approval, .override(by: person(1), reason: why))
        #expect(begun.state == .pending && begun.isAlarming && begun.grant(for: asking) == nil)
        refused(.alreadyDecided, begun, .override(by: person(1), reason: why))
        let done = try carry(begun, .override(by: person(2), reason: why))
        #expect(
            done.state == .overridden && done.isAlarming && !done.needsReview
                && done.grant(for: asking)?.rules == [id(5)])
        let alone = try carry(approval, .overrideAlone(by: person(1), reason: why))
        #expect(alone.state == .overridden && alone.needsReview && alone.permits(digest))
        refused(.requesterMayNotApprove, alone, .review(by: person(1)))
        refused(.requesterMayNotApprove, alone, .review(by: .subject(ada)))
        #expect(try !carry(alone, .review(by: person(2))).needsReview)
        refused(
            .invalidState(current: "overridden", expected: "overridden without review"), done, .review(by: person(3)))
    }

    @Test("only the requester takes a request back")
    func cancelling() throws {
        let approval = try start()
        refused(.notAnApprover, approval, .cancel(by: .person(PersonID(high: 0xC, low: 1))))
        #expect(try carry(approval, .cancel(by: ada)).state == .cancelled)
    }

    @Test("a request that no stage would look at, or without a digest, is refused")
    func empty() throws {
        var details = Approval.plainStage(["manager"])
        details.stages = [WorkflowStage(name: "s", approverRoles: ["manager"], condition: .riskLevels([.critical]))]
        #expect(throws: GovernanceError.self) { try start(details, risk: .low) }
        #expect(try start(details, risk: .critical).state == .pending)
        let request = ApprovalRequest(
            id: id(1), requester: ada, rules: [], requestDigest: [1],
            circumstances: StageCircumstances(risk: .low, context: [:]))
        #expect(throws: GovernanceError.self) {
            try Approval.request(request, along: Approval.plainStage(["manager"]), zones: zones(), now: noon)
        }
    }

    @Test(
        "no order of commands breaks the invariants, and the fold survives the journal and erasure", arguments: 0..<40)
    func invariants(seed: UInt64) throws {
        var generator = Seeded(seed)
        var details = try template()
        details.escalations = [Escalation(on: .rejection, to: ["ciso"]), Escalation(on: .slaBreach, to: ["ciso"])]
        let request = ApprovalRequest(
            id: id(1), requester: ada, rules: asking, requestDigest: digest,
            circumstances: StageCircumstances(risk: .critical, context: [:]), reason: "why")
        var events = try Approval.request(request, along: details, zones: try zones(), now: noon)
            .map { Recorded($0, at: noon, actor: admin) }
        var approval = try #require(try Approval.aggregate.fold(nil, events))
        for step in 1...60 {
            let now = noon + .minutes(step * 20)
            let by =
                Int.random(in: 0..<6, using: &generator) == 0
                ? .subject(ada) : person(UInt64.random(in: 1...5, using: &generator))
            let roles: Set<String> = [
                ["security_reviewer", "manager", "ciso", "guest"].randomElement(using: &generator) ?? "guest"
            ]
            let command: ApprovalCommand =
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: .reject(by: by, roles: roles, comment: "no")
                case 1:
                    .delegate(
                        from: by, roles: roles, to: person(UInt64.random(in: 1...5, using: &generator)),
                        until: now + .hours(2))
                case 2: .override(by: by, reason: "the site is down")
                case 3: .escalate(by: by, roles: roles)
                default: .approve(by: by, roles: roles, comment: "fine")
                }
            let decided = approval.due(at: now) + ((try? approval.decide(command, now: now)) ?? [])
            guard approval.due(at: now).isEmpty || approval.state == .pending else { break }
            for event in approval.due(at: now).isEmpty ? decided : approval.due(at: now) {
                let recorded = Recorded(event, at: now, actor: admin)
                approval = try Approval.applying(recorded, to: approval)
                events.append(recorded)
            }
            let voices = approval.votes.flatMap { [$0.by] + ($0.onBehalfOf.map { [$0] } ?? []) }
            #expect(!voices.contains(.subject(ada)) && Set(voices).count == voices.count)
            if approval.state == .approved {
                for (number, stage) in approval.stages.enumerated() where !approval.terms.skipped.contains(number) {
                    #expect(approval.votes.count { $0.stage == number } == stage.minApprovals)
                }
            }
        }
        let aggregate = Approval.aggregate
        let read = try events.map {
            Recorded(try aggregate.decode(aggregate.encode($0.event)), at: $0.at, actor: $0.actor)
        }
        #expect(read == events)
        #expect(try aggregate.fold(nil, read) == approval)
        let erased = try events.map { recorded in
            let record = aggregate.encode(recorded.event)
            let event = try aggregate.decode(
                EventRecord(record.type, facts: record.facts, texts: record.texts.filter { $0.holder == .tenant }))
            return Recorded(event, at: recorded.at, actor: recorded.actor)
        }
        #expect(try aggregate.fold(nil, erased) == approval)
        #expect(try JSONDecoder().decode(Approval.self, from: JSONEncoder().encode(approval)) == approval)
    }
}
