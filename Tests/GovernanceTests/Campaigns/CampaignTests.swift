import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Certification campaigns")
struct CampaignTests {
    private let boss = Subject.person(PersonID(high: 0xC, low: 1)), chief = Subject.person(PersonID(high: 0xC, low: 2))
    private let why = "still on that project"

    private func terms(
        until deadline: Timestamp? = nil, escalatesTo: Subject? = nil, undecided: Campaign.Verdict = .revoke,
        name: String = "Q4", unused days: Int = 90
    ) -> Campaign.Terms {
        Campaign.Terms(
            name: name, scope: .application(id(7)), reviewers: .manager, reviewer: boss,
            deadline: deadline ?? noon + .days(40), escalatesTo: escalatesTo, undecided: undecided,
            unusedAfterDays: days)
    }

    private func carry(_ campaign: Campaign?, _ command: CampaignCommand, at now: Timestamp? = nil) throws -> Campaign {
        let now = now ?? noon
        let events = try Campaign.decide(command, on: campaign, now: now).map { Recorded($0, at: now, actor: admin) }
        return try #require(try Campaign.aggregate.fold(campaign, events))
    }

    private func opened(_ terms: Campaign.Terms? = nil) throws -> Campaign {
        let campaign = try carry(nil, .start(id(1), terms ?? self.terms()))
        #expect(campaign.phase == .preparing && campaign.nextDue == noon + .seconds(300))
        return try carry(campaign, .open(lines: 3, recordedSince: noon - .days(100)))
    }

    private func content(reviewer: Subject?, item: CampaignLine.Item? = nil) -> CampaignLineEvent.Opened {
        CampaignLineEvent.Opened(
            id: id(11), campaign: id(1), item: item ?? .entitlement(id(21), id(50), .direct), holder: ada,
            reviewer: reviewer, use: .none)
    }

    private func line(of campaign: Campaign, reviewer: Subject?) throws -> CampaignLine {
        let preparing = try carry(nil, .start(campaign.id, campaign.terms))
        let events = try CampaignLine.decide(.open(content(reviewer: reviewer)), on: nil, in: preparing)
        return try #require(
            try CampaignLine.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) }))
    }

    private func carry(_ line: CampaignLine, _ command: CampaignLineCommand, in campaign: Campaign) throws
        -> CampaignLine
    {
        let events = try CampaignLine.decide(command, on: line, in: campaign)
        return try #require(
            try CampaignLine.aggregate.fold(line, events.map { Recorded($0, at: noon, actor: admin) }))
    }

    @Test("S1-77 S4-73 a line is kept or revoked with a reason, and settled once its campaign closes")
    func review() throws {
        let campaign = try opened()
        var line = try self.line(of: campaign, reviewer: boss)
        #expect(line.state == "open" && line.outcome(in: campaign) == .revoke)
        line = try carry(line, .decide(.keep, by: boss, reason: why), in: campaign)
        #expect(line.verdict == .keep && line.decidedBy == boss && line.outcome(in: campaign) == .keep)
        // Minds change until it is closed; the same word twice is one.
        #expect(try CampaignLine.decide(.decide(.keep, by: boss, reason: why), on: line, in: campaign).isEmpty)
        line = try carry(line, .decide(.revoke, by: boss, reason: "left the project"), in: campaign)
        expect(.invalidState(current: "open", expected: "closing")) { () throws(GovernanceError) in
            try CampaignLine.decide(.settle(.revoked), on: line, in: campaign)
        }
        let closing = try carry(campaign, .close)
        expect(.invalidState(current: "closing", expected: "open")) { () throws(GovernanceError) in
            try CampaignLine.decide(.decide(.keep, by: boss, reason: why), on: line, in: closing)
        }
        line = try carry(line, .settle(.revoked), in: closing)
        #expect(line.state == "revoked")
        #expect(try CampaignLine.decide(.settle(.gone), on: line, in: closing).isEmpty)
        let closed = try carry(closing, .finish)
        #expect(closed.phase == .closed && closed.nextDue == nil)
        expect(.invalidState(current: "closed", expected: "open")) { () throws(GovernanceError) in
            try Campaign.decide(.close, on: closed, now: noon)
        }
    }

    @Test("the reviewer is never the holder, gives a reason, and may hand a line on")
    func reviewers() throws {
        let campaign = try opened(terms(escalatesTo: chief))
        #expect(throws: GovernanceError.holderMayNotReview) { try self.line(of: campaign, reviewer: ada) }
        let line = try self.line(of: campaign, reviewer: boss)
        func refusedOn(_ line: CampaignLine, _ expected: GovernanceError, _ command: CampaignLineCommand) {
            expect(expected) { () throws(GovernanceError) in
                try CampaignLine.decide(command, on: line, in: campaign)
            }
        }
        refusedOn(line, .holderMayNotReview, .decide(.keep, by: ada, reason: why))
        refusedOn(line, .notTheReviewer, .decide(.keep, by: chief, reason: why))
        refusedOn(
            line, .invalid(field: "reason", reason: "needs 10 characters"),
            .decide(.keep, by: boss, reason: "   fine   "))
        refusedOn(line, .holderMayNotReview, .delegate(to: ada, by: boss, isManager: false))
        refusedOn(line, .holderMayNotReview, .delegate(to: ada, by: nil, isManager: true))
        refusedOn(line, .notTheReviewer, .delegate(to: chief, by: chief, isManager: false))
        let handed = try carry(line, .delegate(to: chief, by: boss, isManager: false), in: campaign)
        #expect(try carry(handed, .decide(.keep, by: chief, reason: why), in: campaign).verdict == .keep)
        refusedOn(handed, .notTheReviewer, .decide(.keep, by: boss, reason: why))
        let nobody = try self.line(of: campaign, reviewer: nil)
        refusedOn(nobody, .notTheReviewer, .decide(.keep, by: boss, reason: why))
        #expect(try carry(nobody, .delegate(to: boss, by: nil, isManager: true), in: campaign).reviewer == boss)
    }

    @Test("it reminds, escalates and closes by itself")
    func timers() throws {
        var campaign = try opened(terms(escalatesTo: chief))
        func pass(to now: Timestamp, undecided: Int = 2) throws {
            let events = campaign.due(at: now, undecided: undecided)
            campaign = try #require(
                try Campaign.aggregate.fold(
                    campaign, events.map { Recorded($0, at: now, actor: .system("scheduler")) }))
        }
        #expect(campaign.nextDue == noon + .days(30))
        #expect(campaign.due(at: noon + .days(30) - .microseconds(1), undecided: 2).isEmpty)
        try pass(to: noon + .days(30))
        #expect(campaign.isReminded && campaign.nextDue == noon + .days(40))
        #expect(campaign.due(at: noon + .days(31), undecided: 2).isEmpty)
        try pass(to: noon + .days(40))
        #expect(campaign.isEscalated && campaign.phase == .open && campaign.nextDue == noon + .days(50))
        let mine = try self.line(of: campaign, reviewer: boss)
        #expect(try carry(mine, .decide(.keep, by: chief, reason: why), in: campaign).decidedBy == chief)
        #expect(campaign.due(at: noon + .days(50) - .microseconds(1), undecided: 1).isEmpty)
        try pass(to: noon + .days(50))
        #expect(campaign.phase == .closing && campaign.nextDue == noon + .days(50) + .seconds(300))
        #expect(try opened().due(at: noon + .days(40), undecided: 1) == [.closing])
        #expect(try opened(terms(escalatesTo: chief)).due(at: noon + .days(40), undecided: 0) == [.closing])
        expect(.invalid(field: "escalates_to", reason: "was not named when the campaign was started")) {
            () throws(GovernanceError) in try Campaign.decide(.escalate, on: try self.fold(), now: noon)
        }
    }

    private func fold() throws(GovernanceError) -> Campaign? {
        try Campaign.aggregate.fold(
            nil,
            [
                Recorded(.started(id(1), terms()), at: noon, actor: admin),
                Recorded(.opened(lines: 1, recordedSince: nil), at: noon, actor: admin),
            ])
    }

    @Test("what was not used for ninety days is known only where the record reaches back that far")
    func unused() throws {
        func isUnused(_ use: CampaignLine.Use, since: Timestamp? = nil) throws -> Bool? {
            let line = try #require(
                try CampaignLine.aggregate.fold(
                    nil,
                    [
                        Recorded(
                            .opened(
                                .init(
                                    id: id(11), campaign: id(1), item: .mappedRole(id(5)), holder: ada, reviewer: boss,
                                    use: use)), at: noon, actor: admin)
                    ]))
            return line.isUnused(for: .days(90), at: noon, recordedSince: since)
        }
        #expect(try isUnused(.last(noon - .days(90))) == true)
        #expect(try isUnused(.last(noon - .days(90) + .seconds(1))) == false)
        #expect(try isUnused(.none, since: noon - .days(90)) == true)
        #expect(try isUnused(.none, since: noon - .days(89)) == nil)
        #expect(try isUnused(.none) == nil)
        #expect(try isUnused(.unknown, since: noon - .days(900)) == nil)
    }

    @Test("its terms have bounds")
    func bounds() throws {
        for bad in [
            terms(until: noon), terms(until: noon + .days(366) + .seconds(1)), terms(escalatesTo: boss),
            terms(name: ""),
            terms(name: String(repeating: "x", count: 257)), terms(unused: 0), terms(unused: 3_651),
        ] {
            #expect(throws: GovernanceError.self) { try Campaign.decide(.start(id(1), bad), on: nil, now: noon) }
        }
        _ = try Campaign.decide(.start(id(1), terms(until: noon + .days(366), unused: 3_650)), on: nil, now: noon)
        let campaign = try carry(nil, .start(id(1), terms()))
        for lines in [0, Campaign.Limits.lines + 1] {
            #expect(throws: GovernanceError.self) {
                try Campaign.decide(.open(lines: lines, recordedSince: nil), on: campaign, now: noon)
            }
        }
        for command in [CampaignCommand.remind, .close, .escalate] {
            #expect(throws: GovernanceError.self) { try Campaign.decide(command, on: campaign, now: noon) }
        }
    }

    @Test("all comes out of the journal as it went in")
    func records() throws {
        func read<State, Event>(_ events: [Event], _ aggregate: Aggregate<State, Event>) throws -> [Event] {
            try events.map { try aggregate.decode(aggregate.encode($0)) }
        }
        let scopes: [Campaign.Scope] = [.application(id(7)), .role(id(8)), .manager(id(9)), .risk(.high)]
        var events = scopes.map { scope in
            CampaignEvent.started(
                id(1),
                Campaign.Terms(
                    name: "Q4", scope: scope, reviewers: .owner, reviewer: boss, deadline: noon + .days(1),
                    escalatesTo: chief, undecided: .keep, unusedAfterDays: 30))
        }
        events += [.opened(lines: 3, recordedSince: noon), .reminded, .escalated, .closing, .closed]
        #expect(try read(events, Campaign.aggregate) == events)
        let items: [CampaignLine.Item] = [
            .entitlement(id(2), id(3), .birthright), .role(id(4), id(5)), .mappedRole(id(6)),
        ]
        let uses: [CampaignLine.Use] = [.last(noon), .none, .unknown]
        var lines = zip(items, uses).map { item, use in
            CampaignLineEvent.opened(
                .init(id: id(11), campaign: id(1), item: item, holder: ada, reviewer: nil, use: use))
        }
        lines += [.decided(.keep, by: boss, reason: why), .delegated(to: chief)]
        lines += CampaignLine.Settlement.allCases.map { .settled($0) }
        #expect(try read(lines, CampaignLine.aggregate) == lines)
        let state = try #require(try fold())
        #expect(try JSONDecoder().decode(Campaign.self, from: JSONEncoder().encode(state)) == state)
        expect(.invalidSequence(kind: "campaign", event: "reminded")) { () throws(GovernanceError) in
            try Campaign.aggregate.fold(nil, [Recorded(.reminded, at: noon, actor: admin)])
        }
    }
}
