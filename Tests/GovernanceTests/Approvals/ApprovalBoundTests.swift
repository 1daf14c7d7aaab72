import Governance
import Testing
import Vocabulary

@Suite("What an approval, an invitation and a delegation are bound to")
struct ApprovalBoundTests {
    private let digest = Array(repeating: UInt8(7), count: 32)
    private let link = Array(repeating: UInt8(1), count: 32)

    private func person(_ number: UInt64) -> Approver { .subject(.person(PersonID(high: 0xC, low: number))) }

    private func origin(rule: UInt64, version: Int64) -> RuleOrigin {
        RuleOrigin(policy: id(9), version: version, rule: id(rule), name: "rule \(rule)")
    }

    private func start(_ details: WorkflowTemplate.Details, rules: [RuleOrigin] = []) throws -> Approval {
        let request = ApprovalRequest(
            id: id(1), requester: ada, rules: rules, requestDigest: digest,
            circumstances: StageCircumstances(risk: .low, context: [:]))
        let events = try Approval.request(request, along: details, zones: try zones(), now: noon)
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

    @Test("an approval given under one version of a policy does not serve another, nor another rule")
    func version() throws {
        let rules = [origin(rule: 5, version: 1), origin(rule: 6, version: 4)]
        let given = try carry(
            start(Approval.plainStage(["manager"]), rules: rules), .approve(by: person(1), roles: ["manager"]))
        #expect(given.grant(for: rules)?.rules == [id(5), id(6)])
        #expect(given.grant(for: [origin(rule: 5, version: 2), rules[1]])?.rules == [id(6)])
        #expect(given.grant(for: [origin(rule: 5, version: 2)]) == nil)
        #expect(given.grant(for: [origin(rule: 7, version: 1)]) == nil)
        #expect(given.grant(for: []) == nil)
        let without = try carry(
            start(Approval.plainStage(["manager"])), .approve(by: person(1), roles: ["manager"]))
        #expect(without.grant(for: rules) == nil, "what was asked for under no rule serves none")
    }

    @Test("S4-24 whoever delegated has had their word when their delegate has rejected")
    func rejectedForAnother() throws {
        var details = Approval.plainStage(["manager"])
        details.escalations = [Escalation(on: .rejection, to: ["ciso"])]
        let lent: [Approver: Set<String>] = [person(1): ["manager"]]
        var approval = try carry(
            start(details), .delegate(from: person(1), roles: ["manager"], to: person(2), until: noon + .hours(2)))
        approval = try carry(approval, .reject(by: person(2), roles: [], delegators: lent))
        #expect(approval.state == .pending && approval.rejections == [person(2), person(1)])
        refused(.alreadyDecided, approval, .approve(by: person(1), roles: ["manager"]))
        refused(.alreadyDecided, approval, .approve(by: person(2), roles: ["ciso"]))
        #expect(try carry(approval, .approve(by: person(3), roles: ["ciso"])).state == .approved)
    }

    @Test("one's own vote cannot come back to whoever asked by way of a delegate of a delegate")
    func ownRequestByDelegation() throws {
        let approval = try start(Approval.plainStage(["manager"]))
        let until = noon + .hours(2)
        refused(
            .requesterMayNotApprove, approval,
            .delegate(from: person(1), roles: ["manager"], to: .subject(ada), until: until))
        let lent = try carry(approval, .delegate(from: person(1), roles: ["manager"], to: person(2), until: until))
        refused(
            .notAnApprover, lent, .delegate(from: person(2), roles: [], to: .subject(ada), until: until))
    }

    @Test("S4-22 an outsider votes once, by the digest their link is bound to, at the stage they were invited to")
    func outsiders() throws {
        let until = noon + .hours(2)
        let details = WorkflowTemplate.Details(
            name: "two", stages: ["manager", "board"].map { WorkflowStage(name: $0, approverRoles: [$0]) })
        var approval = try start(details)
        refused(.notAnApprover, approval, .approve(by: .outsider(link), roles: ["manager"]))
        approval = try carry(approval, .invite(outsider: link, until: until))
        #expect(try approval.decide(.invite(outsider: link, until: until), now: noon).isEmpty)
        refused(.notAnApprover, approval, .approve(by: .outsider(link), roles: []), at: until)
        refused(.notAnApprover, approval, .overrideAlone(by: .outsider(link), reason: "long enough a reason"))
        let moved = try carry(approval, .approve(by: person(1), roles: ["manager"]))
        refused(.notAnApprover, moved, .approve(by: .outsider(link), roles: []))
        let voted = try carry(approval, .approve(by: .outsider(link), roles: []))
        #expect(voted.stage == 1)
        refused(.alreadyDecided, voted, .approve(by: .outsider(link), roles: []))
        refused(.alreadyDecided, voted, .reject(by: .outsider(link), roles: []))
    }

    @Test("invitations are bounded in number and time, and a digest is no shorter than sixteen bytes")
    func invitations() throws {
        var approval = try start(Approval.plainStage(["manager"]))
        func fails(_ digest: [UInt8], _ until: Timestamp) {
            #expect(throws: GovernanceError.self) {
                try approval.decide(.invite(outsider: digest, until: until), now: noon)
            }
        }
        fails([1], noon + .hours(1))
        fails(link, noon)
        fails(link, noon + Approval.longestInvitation + .microseconds(1))
        for number in 0..<Approval.outsiderLimit {
            let digest = Array(repeating: UInt8(number), count: 32)
            approval = try carry(approval, .invite(outsider: digest, until: noon + Approval.longestInvitation))
        }
        fails(Array(repeating: 255, count: 32), noon + .hours(1))
    }

    @Test("whoever chose an outsider answers for them: their word and those of everybody they invite count as one")
    func inviters() throws {
        let until = noon + .hours(2)
        let other = Array(repeating: UInt8(2), count: 32)
        var details = Approval.plainStage(["manager"])
        details.stages = [WorkflowStage(name: "s", approverRoles: ["manager"], minApprovals: 2)]
        let started = try start(details)
        refused(.requesterMayNotApprove, started, .invite(outsider: link, until: until, by: .subject(ada)))
        var invited = try carry(started, .invite(outsider: link, until: until, by: person(1)))
        invited = try carry(invited, .invite(outsider: other, until: until, by: person(1)))
        let voted = try carry(invited, .approve(by: .outsider(link), roles: []))
        #expect(voted.state == .pending && !voted.mayVote(outsider: other, now: noon))
        refused(.alreadyDecided, voted, .approve(by: .outsider(other), roles: []))
        refused(.alreadyDecided, voted, .approve(by: person(1), roles: ["manager"]))
        refused(.alreadyDecided, voted, .invite(outsider: Array(repeating: 3, count: 32), until: until, by: person(1)))
        #expect(try carry(voted, .approve(by: person(2), roles: ["manager"])).state == .approved)
        let own = try carry(invited, .approve(by: person(1), roles: ["manager"]))
        refused(.alreadyDecided, own, .approve(by: .outsider(link), roles: []))
        // Those that the gateway invites answer for themselves.
        var systems = try carry(started, .invite(outsider: link, until: until))
        systems = try carry(systems, .invite(outsider: other, until: until))
        systems = try carry(systems, .approve(by: .outsider(link), roles: []))
        #expect(try carry(systems, .approve(by: .outsider(other), roles: [])).state == .approved)
    }

    @Test("whoever asked in another's name has no say in it, nor invites anybody to it")
    func submitters() throws {
        let request = ApprovalRequest(
            id: id(1), requester: ada, submitter: .person(PersonID(high: 0xC, low: 1)), requestDigest: digest,
            circumstances: StageCircumstances(risk: .low, context: [:]))
        let events = try Approval.request(
            request, along: Approval.plainStage(["manager"]), zones: try zones(), now: noon)
        let read = try events.map { try Approval.aggregate.decode(Approval.aggregate.encode($0)) }
        #expect(read == events)
        let asked = try #require(
            try Approval.aggregate.fold(nil, read.map { Recorded($0, at: noon, actor: admin) }))
        let why = "the site is down"
        for command in [
            ApprovalCommand.approve(by: person(1), roles: ["manager"]), .reject(by: person(1), roles: ["manager"]),
            .override(by: person(1), reason: why), .overrideAlone(by: person(1), reason: why),
            .invite(outsider: link, until: noon + .hours(1), by: person(1)),
            .delegate(from: person(2), roles: ["manager"], to: person(1), until: noon + .hours(1)),
        ] { refused(.requesterMayNotApprove, asked, command) }
        let alone = try carry(asked, .overrideAlone(by: person(2), reason: why))
        refused(.requesterMayNotApprove, alone, .review(by: person(1)))
        #expect(try carry(asked, .approve(by: person(2), roles: ["manager"])).state == .approved)
        let own = ApprovalRequest(
            id: id(1), requester: ada, submitter: ada, requestDigest: digest,
            circumstances: StageCircumstances(risk: .low, context: [:]))
        #expect(own.submitter == nil)
    }

    @Test("whether somebody may vote is what a vote of theirs would come to")
    func mayVote() throws {
        let approval = try start(Approval.plainStage(["manager"]))
        func may(_ approver: Approver, _ roles: Set<String>) -> Bool {
            approval.mayVote(approver, roles: roles, delegators: [:], now: noon)
        }
        #expect(may(person(1), ["manager"]) && !may(person(1), ["guest"]) && !may(.subject(ada), ["manager"]))
        let lent = try carry(
            approval, .delegate(from: person(1), roles: ["manager"], to: person(2), until: noon + .hours(1)))
        #expect(lent.mayVote(person(2), roles: [], delegators: [person(1): ["manager"]], now: noon))
        #expect(!lent.mayVote(person(2), roles: [], delegators: [person(1): ["manager"]], now: noon + .hours(1)))
    }
}
