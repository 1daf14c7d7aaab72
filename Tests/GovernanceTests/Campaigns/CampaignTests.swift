import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Certification campaigns")
struct CampaignTests {
    let boss = Subject.person(PersonID(high: 0xC, low: 1)), chief = Subject.person(PersonID(high: 0xC, low: 2))
    let why = "still on that project"

    private func line(_ number: UInt64, used: Timestamp? = nil, reviewer: Subject? = nil) -> Campaign.Line {
        Campaign.Line(id(number), of: id(50), held: ada, reviewer: reviewer ?? boss, lastUsed: used)
    }

    private func start(
        _ lines: [Campaign.Line], escalatesTo: Subject? = nil, undecided: Campaign.Verdict = .revoke
    ) throws -> (Campaign, [Recorded<CampaignEvent>]) {
        let command = CampaignCommand.start(
            id(1), name: "Q4", deadline: noon + .days(40), escalatesTo: escalatesTo, undecided: undecided, lines)
        let events = try Campaign.decide(command, on: nil, now: noon).map { Recorded($0, at: noon, actor: admin) }
        return (try #require(try Campaign.aggregate.fold(nil, events)), events)
    }

    private func carry(_ campaign: Campaign, _ command: CampaignCommand, at now: Timestamp = noon) throws -> Campaign {
        let events = try Campaign.decide(command, on: campaign, now: now).map { Recorded($0, at: now, actor: admin) }
        return try #require(try Campaign.aggregate.fold(campaign, events))
    }

    private func pass(_ campaign: Campaign, to now: Timestamp) throws -> Campaign {
        let events = campaign.due(at: now).map { Recorded($0, at: now, actor: .system("scheduler")) }
        return try #require(try Campaign.aggregate.fold(campaign, events))
    }

    @Test("S1-77 S4-73 lines are kept or revoked with a reason, and closing revokes what was not kept")
    func review() throws {
        var (campaign, _) = try start([line(1), line(2), line(3)])
        campaign = try carry(campaign, .decide(id(1), .keep, by: boss, reason: why))
        campaign = try carry(campaign, .decide(id(2), .revoke, by: boss, reason: "left the project"))
        #expect(campaign.open.map(\.assignment) == [id(3)] && campaign.revocations.isEmpty)
        let closed = try carry(campaign, .close)
        #expect(closed.revocations == [.revoke(id(2)), .revoke(id(3))])
        let (mild, _) = try start([line(1)], undecided: .keep)
        #expect(try carry(mild, .close).revocations.isEmpty)
        expect(.invalidState(current: "closed", expected: "open")) { () throws(GovernanceError) in
            try Campaign.decide(.close, on: closed, now: noon)
        }
    }

    @Test("the reviewer is never the holder, gives a reason, and may hand a line on")
    func reviewers() throws {
        #expect(throws: GovernanceError.self) { try start([line(1, reviewer: ada)]) }
        let (campaign, _) = try start([line(1)], escalatesTo: chief)
        func refused(_ expected: GovernanceError, _ command: CampaignCommand) {
            expect(expected) { () throws(GovernanceError) in try Campaign.decide(command, on: campaign, now: noon) }
        }
        refused(.requesterMayNotApprove, .decide(id(1), .keep, by: ada, reason: why))
        refused(.notAnApprover, .decide(id(1), .keep, by: chief, reason: why))
        refused(.exemptionReasonTooShort(4), .decide(id(1), .keep, by: boss, reason: " fine "))
        refused(.assignmentNotFound(id(9)), .decide(id(9), .keep, by: boss, reason: why))
        refused(.requesterMayNotApprove, .delegate(id(1), by: boss, to: ada))
        let handed = try carry(campaign, .delegate(id(1), by: boss, to: chief))
        #expect(try carry(handed, .decide(id(1), .keep, by: chief, reason: why)).open.isEmpty)
        expect(.notAnApprover) { () throws(GovernanceError) in
            try Campaign.decide(.decide(id(1), .keep, by: boss, reason: why), on: handed, now: noon)
        }
    }

    @Test("it reminds, escalates and closes by itself")
    func timers() throws {
        var (campaign, _) = try start([line(1), line(2)], escalatesTo: chief)
        #expect(campaign.due(at: noon + .days(30) - .microseconds(1)).isEmpty)
        campaign = try pass(campaign, to: noon + .days(30))
        #expect(campaign.isReminded && campaign.due(at: noon + .days(31)).isEmpty)
        campaign = try pass(campaign, to: noon + .days(40))
        #expect(campaign.isEscalated && campaign.closedAt == nil && campaign.due(at: noon + .days(45)).isEmpty)
        campaign = try carry(campaign, .decide(id(1), .keep, by: chief, reason: why), at: noon + .days(41))
        campaign = try pass(campaign, to: noon + .days(50))
        #expect(campaign.closedAt == noon + .days(50) && campaign.revocations == [.revoke(id(2))])
        let (alone, _) = try start([line(1)])
        #expect(alone.due(at: noon + .days(40)) == [.closed])
    }

    @Test("what was not used for ninety days is known")
    func unused() {
        #expect(line(1).isUnused(for: .days(90), at: noon))
        #expect(line(1, used: noon - .days(90)).isUnused(for: .days(90), at: noon))
        #expect(!line(1, used: noon - .days(90) + .seconds(1)).isUnused(for: .days(90), at: noon))
    }

    @Test("many lines go in events of five hundred, and all comes out of the journal as it went in")
    func records() throws {
        let lines = (1...1_201).map { line($0, used: $0 % 2 == 0 ? noon : nil) }
        let (campaign, events) = try start(lines)
        #expect(events.count == 4 && campaign.lines.count == 1_201)
        let all =
            events
            + [
                .decided(id(1), .keep, by: boss, reason: why), .delegated(id(2), to: chief), .reminded, .escalated,
                .closed,
            ].map { Recorded($0, at: noon, actor: admin) }
        let aggregate = Campaign.aggregate
        let read = try all.map {
            Recorded(try aggregate.decode(aggregate.encode($0.event)), at: $0.at, actor: $0.actor)
        }
        #expect(read == all)
        let state = try #require(try aggregate.fold(nil, read))
        #expect(try JSONDecoder().decode(Campaign.self, from: JSONEncoder().encode(state)) == state)
        for bad in [[], [line(1), line(1)]] { #expect(throws: GovernanceError.self) { try start(bad) } }
        expect(.invalidSequence(kind: "campaign", event: "reminded")) { () throws(GovernanceError) in
            try aggregate.fold(nil, [Recorded(.reminded, at: noon, actor: admin)])
        }
    }
}
