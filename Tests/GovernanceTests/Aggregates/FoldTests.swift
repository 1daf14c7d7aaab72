import Authorization
import Fixtures
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("State is a fold of events")
struct FoldTests {
    /// Commands drawn at random; those that are refused change nothing.
    private func walk(_ seed: UInt64, steps: Int) throws -> (GovernedPolicy?, [Recorded<PolicyEvent>]) {
        var generator = Seeded(seed)
        var state: GovernedPolicy?
        var events: [Recorded<PolicyEvent>] = []
        for step in 0..<steps {
            let command = try Self.command(&generator)
            let before = state
            let decided = (try? GovernedPolicy.decide(command, on: state)) ?? []
            #expect(state == before)
            for event in decided {
                let recorded = Recorded(event, at: noon + .seconds(step), actor: admin)
                state = try GovernedPolicy.applying(recorded, to: state)
                events.append(recorded)
            }
        }
        return (state, events)
    }

    private static func command(_ generator: inout Seeded) throws -> PolicyCommand {
        let number = UInt64.random(in: 1...6, using: &generator)
        let rule = RuleID(high: 1, low: number)
        let document: AttributeValue = [
            "id": .string("r\(number)"), "effect": number % 2 == 0 ? "allow" : "deny",
            "when": ["greater_than": ["context.risk": 10.5]], "priority": .number(Double(number)),
        ]
        let why = ChangeReason(by: admin, text: "because")
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...1: return .create(PolicyID(high: 1, low: 1), details())
        case 2: return .approve(why)
        case 3:
            return .activate(try #require(EffectivePeriod(from: noon, until: number > 3 ? noon + .days(9) : nil)), why)
        case 4: return .suspend()
        case 5: return .resume(why)
        case 6: return .revoke()
        case 7: return .archive()
        case 8: return .update(details("n\(number)", frameworks: [.soc2], zone: "Europe/Berlin"), why)
        case 9: return .submitForReview()
        case 10...14: return .addRule(rule, document)
        case 15...16: return .updateRule(rule, document)
        case 17: return .removeRule(rule)
        default: return .reorderRules((1...6).map { RuleID(high: 1, low: $0) })
        }
    }

    @Test(
        "S0-67 S0-68 S0-70 replay equals the live state, with and without snapshots, through the journal's form",
        arguments: 0..<40)
    func replay(seed: UInt64) throws {
        let (live, events) = try walk(seed, steps: 120)
        let aggregate = GovernedPolicy.aggregate
        let read = try events.map {
            Recorded(try aggregate.decode(aggregate.encode($0.event)), at: $0.at, actor: $0.actor)
        }
        #expect(read == events)
        #expect(try aggregate.fold(nil, read) == live)
        guard let live else { return }
        #expect(live.version == Int64(events.count))
        for cut in stride(from: 1, through: events.count, by: 7) {
            let early = try #require(try aggregate.fold(nil, events.prefix(cut)))
            let snapshot = try JSONDecoder().decode(GovernedPolicy.self, from: try JSONEncoder().encode(early))
            #expect(snapshot == early)
            #expect(try aggregate.fold(snapshot, events.dropFirst(cut)) == live)
        }
    }

    @Test("the personal words of a change do not reach the state")
    func erasedReplay() throws {
        let (live, events) = try walk(3, steps: 120)
        let aggregate = GovernedPolicy.aggregate
        let erased = try events.map { recorded in
            let record = aggregate.encode(recorded.event)
            let texts = record.texts.filter { $0.holder == .tenant }
            let event = try aggregate.decode(EventRecord(record.type, facts: record.facts, texts: texts))
            return Recorded(event, at: recorded.at, actor: recorded.actor)
        }
        #expect(erased != events)
        #expect(try aggregate.fold(nil, erased) == live)
    }

    @Test("S0-69 the first event has to be a creation, and a creation stands nowhere else")
    func firstEvent() throws {
        expect(.invalidSequence(kind: "policy", event: "PolicyApproved")) { () throws(GovernanceError) in
            try GovernedPolicy.aggregate.fold(nil, [Recorded(.approved(nil), at: noon, actor: admin)])
        }
        let created = try live([.create(id(1), details())]).events
        expect(.invalidSequence(kind: "policy", event: "PolicyCreated")) { () throws(GovernanceError) in
            try GovernedPolicy.aggregate.fold(nil, created + created)
        }
        expect(.invalidSequence(kind: "policy set", event: "PolicyAddedToSet")) { () throws(GovernanceError) in
            try PolicySet.aggregate.fold(nil, [Recorded(.policyAdded(id(1)), at: noon, actor: admin)])
        }
        expect(.invalidSequence(kind: "exemption", event: "PolicyExemptionExpired")) { () throws(GovernanceError) in
            try Exemption.aggregate.fold(nil, [Recorded(.expired, at: noon, actor: admin)])
        }
        let reservation = ReservationID(high: 1, low: 1)
        expect(.invalidSequence(kind: "limit", event: "LimitReleased")) { () throws(GovernanceError) in
            try LimitLedger.aggregate.fold(nil, [Recorded(.released(reservation), at: noon, actor: admin)])
        }
    }

    @Test("S0-70 a snapshot is due every hundred events, or as often as was said")
    func cadence() throws {
        #expect(SnapshotCadence.standard.every == (try corpus("seed-000")["snapshot_frequency"]?.integer))
        #expect(!SnapshotCadence.standard.isDue(from: 98, to: 99))
        #expect(SnapshotCadence.standard.isDue(from: 99, to: 100))
        #expect(SnapshotCadence.standard.isDue(from: 95, to: 103))
        #expect(!SnapshotCadence.standard.isDue(from: 100, to: 101))
        #expect(SnapshotCadence(every: 0) == nil && SnapshotCadence(every: 1_000_001) == nil)
        #expect(try #require(SnapshotCadence(every: 1)).isDue(from: 4, to: 5))
    }

    @Test(
        "S0-34 S0-35 S0-36 S0-37 S0-38 S0-39 S0-40 S0-41 S0-42 S0-43 S0-44 S0-45 S0-46 S0-47 S0-48 S0-49 S0-50 the seventeen events have their names, and no other text stands in the clear"
    )
    func eventNames() throws {
        let period = try #require(EffectivePeriod(from: noon))
        let rule = RuleID(high: 1, low: 1)
        let policy: [PolicyEvent] =
            try live([.create(id(1), details())]).events.map(\.event) + [
                .updated(details(), submitted: false, reason: nil), .approved(nil), .activated(period, nil),
                .suspended(nil),
                .revoked(nil), .archived(nil), .ruleAdded(rule, "x"), .ruleUpdated(rule, "x"), .ruleRemoved(rule),
                .ruleReordered([rule]),
            ]
        let set: [PolicySetEvent] = [
            .created(id(1), name: "n", description: "", .all), .policyAdded(id(1)), .policyRemoved(id(1)),
        ]
        let grant = ExemptionCommand.grant(
            .init(id: id(1), target: .policy(id(1)), entity: .subject(ada), reason: "long enough for all"))
        let exemption: [ExemptionEvent] =
            try Exemption.decide(grant, on: nil, ground: .policy(.active), now: noon) + [.revoked(nil), .expired]
        let names = policy.map(\.name) + set.map(\.name) + exemption.map(\.name)
        #expect(names.count == 17)
        #expect(Set(names) == Set(words(try corpus("seed-000")["events"])))
        let records =
            policy.map(GovernedPolicy.aggregate.encode) + set.map(PolicySet.aggregate.encode)
            + exemption.map(Exemption.aggregate.encode)
        #expect(Set(records.map(\.type)).count == 17)
        for record in records {
            #expect(record.facts.allSatisfy { Self.isPlain($0.value) }, "\(record.type)")
            #expect(record.type.wholeMatch(of: #/[a-z0-9_]+\.[a-z0-9_]+/#) != nil)
        }
    }

    private static func isPlain(_ value: FactValue) -> Bool {
        switch value {
        case .word(let word): word.wholeMatch(of: #/[a-z0-9_.:-]{1,64}/#) != nil
        case .list(let items): items.allSatisfy(isPlain)
        case .id(let bytes, _): bytes.count == 16
        case .digest(let bytes): bytes.count <= 64
        case .integer, .bool, .time: true
        }
    }
}
