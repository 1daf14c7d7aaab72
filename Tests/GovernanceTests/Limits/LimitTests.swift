import Fixtures
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Limits and reservations")
struct LimitTests {
    let rule = RuleID(high: 1, low: 1)

    private func usage(
        _ amounts: [String: Int64], at now: Timestamp = noon, by user: Subject = ada, on resource: [UInt8]? = nil
    ) throws -> Usage {
        let zone = try #require(try zones()["Europe/Berlin"])
        return Usage(at: now, zone: zone, user: user, resource: resource, amounts: amounts.mapValues { Amount($0) })
    }

    private func limit(
        _ measure: Limit.Measure, _ period: Limit.Period, _ maximum: Int64, per sharing: Limit.Sharing = .rule
    ) throws -> Limit {
        try limits([
            "measure": .string(measure == .count ? "count" : "absolute"), "param": "pct",
            "period": period == .day ? "day" : period == .isoWeek ? "iso_week" : "rolling", "max": .integer(maximum),
            "per": .string(sharing.rawValue),
        ])[0]
    }

    private func limits(_ documents: AttributeValue...) throws -> [Limit] {
        try Rule.read(["id": "r", "effect": "allow", "limits": .list(documents)]).limits
    }

    private func ledger(_ commands: [(LimitCommand, Timestamp)], under limits: [Limit]) throws -> LimitLedger {
        var ledger = LimitLedger(rule: rule)
        for (command, now) in commands {
            for event in try ledger.decide(command, under: limits, now: now) {
                ledger = try LimitLedger.applying(Recorded(event, at: now, actor: admin), to: ledger)
            }
        }
        return ledger
    }

    @Test("S3-17 S3-24 counters rise by what was executed, without its sign, and +2 % and +3 % do not fit under 3 %")
    func sum() throws {
        let day = try [limit(.absolute("pct"), .day, 3)]
        let after = try ledger([(.execute(try usage(["pct": -2])), noon)], under: day)
        #expect(after.headroom(day[0], for: try usage(["pct": 1]), at: noon) == Amount(1))
        #expect(after.admits(try usage(["pct": 1]), under: day, at: noon))
        expect(.limitExceeded(rule)) { () throws(GovernanceError) in
            let usage = Usage(at: noon, zone: .utc, user: ada, resource: nil, amounts: ["pct": Amount(3)])
            return try after.decide(.execute(usage), under: day, now: noon)
        }
        // Plain evaluation writes nothing.
        #expect(after.executions.count == 1 && after.version == 1)
    }

    @Test("equal ledgers are equal bytes, whatever way they came to be", arguments: 1...8 as ClosedRange<UInt64>)
    func bytes(seed: UInt64) throws {
        var generator = Seeded(seed)
        var events: [Recorded<LimitEvent>] = []
        for number in 0..<60 as Range<UInt64> {
            let user = Subject.person(PersonID(high: 7, low: UInt64.random(in: 1...5, using: &generator)))
            let usage = try usage(
                ["pct": 1, "qty": Int64(number)], at: noon + .hours(Int(number)), by: user,
                on: number % 3 == 0 ? [UInt8(number % 5)] : nil)
            let id = ReservationID(high: 1, low: number)
            let event: LimitEvent =
                number % 2 == 0 ? .executed(rule, usage) : .reserved(rule, id, usage, expiresAt: noon + .days(9))
            events.append(Recorded(event, at: noon + .hours(Int(number)), actor: admin))
        }
        func encoded(_ ledger: LimitLedger?) throws -> Data {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return try encoder.encode(ledger)
        }
        let aggregate = LimitLedger.aggregate
        let live = try encoded(aggregate.fold(nil, events))
        for cut in stride(from: 1, to: events.count, by: 9) {
            let early = try encoded(aggregate.fold(nil, events.prefix(cut)))
            let snapshot = try JSONDecoder().decode(LimitLedger.self, from: early)
            #expect(try encoded(snapshot) == early)
            #expect(try encoded(aggregate.fold(snapshot, events.dropFirst(cut))) == live)
        }
    }

    @Test("two parallel +2 % under 3 % cannot both pass: the second is decided on a version that is gone")
    func parallel() throws {
        let day = try [limit(.absolute("pct"), .day, 3)]
        let start = LimitLedger(rule: rule)
        let first = try start.decide(
            .reserve(id(1), try usage(["pct": 2]), timeToLive: .seconds(60)), under: day, now: noon)
        let after = try LimitLedger.applying(Recorded(first[0], at: noon, actor: admin), to: start)
        #expect(after.version == start.version + 1)
        #expect(!after.admits(try usage(["pct": 2]), under: day, at: noon))
        // Let go, it is free again; held too long, too.
        let released = try LimitLedger.applying(Recorded(.released(id(1)), at: noon, actor: admin), to: after)
        #expect(released.admits(try usage(["pct": 2]), under: day, at: noon))
        #expect(after.admits(try usage(["pct": 2]), under: day, at: noon + .seconds(60)))
    }

    @Test("a reservation is committed in time, once, or lapses by itself")
    func reservations() throws {
        let day = try [limit(.absolute("pct"), .day, 3)]
        let reserve = LimitCommand.reserve(id(1), try usage(["pct": 2]), timeToLive: .seconds(60))
        let held = try ledger([(reserve, noon)], under: day)
        #expect(try held.decide(reserve, under: day, now: noon).isEmpty)
        expect(.alreadyExists(resource: "reservation", id: "\(ReservationID(high: 0x1000, low: 1))")) {
            () throws(GovernanceError) in
            let other = Usage(at: noon, zone: .utc, user: ada, resource: nil, amounts: [:])
            return try held.decide(.reserve(id(1), other, timeToLive: .seconds(60)), under: day, now: noon)
        }
        #expect(held.due(at: noon + .seconds(59)) == [] && held.due(at: noon + .seconds(60)) == [.expired(id(1))])
        expect(.reservationExpired(id(1))) { () throws(GovernanceError) in
            try held.decide(.commit(id(1)), under: day, now: noon + .seconds(60))
        }
        expect(.reservationNotFound(id(2))) { () throws(GovernanceError) in
            try held.decide(.release(id(2)), under: day, now: noon)
        }
        let committed = try ledger([(reserve, noon), (.commit(id(1)), noon + .seconds(9))], under: day)
        #expect(committed.executions.count == 1 && committed.reservations.isEmpty)
        for wait in [Duration.zero, .hours(24) + .microseconds(1)] {
            #expect(throws: GovernanceError.self) {
                try LimitLedger(rule: rule).decide(
                    .reserve(id(1), usage(["pct": 1]), timeToLive: wait), under: day, now: noon)
            }
        }
    }

    @Test("S3-06 a day and an ISO week end at midnight in the rule's zone")
    func calendar() throws {
        let evening = try #require(Timestamp(rfc3339: "2026-11-22T22:59:59Z"))  // Sunday 23:59:59 in Berlin
        let monday = evening + .seconds(1)
        for period in [Limit.Period.day, .isoWeek] {
            let limits = try [limit(.absolute("pct"), period, 3)]
            let full = try ledger([(.execute(try usage(["pct": 3], at: evening)), evening)], under: limits)
            #expect(!full.admits(try usage(["pct": 1], at: evening), under: limits, at: evening))
            #expect(full.admits(try usage(["pct": 3], at: monday), under: limits, at: monday))
        }
        let week = try [limit(.absolute("pct"), .isoWeek, 7)]
        let days = try (0..<3).map { day in
            let at = monday + .days(day)
            return (LimitCommand.execute(try usage(["pct": day == 2 ? 1 : 3], at: at)), at)
        }
        let full = try ledger(days, under: week)
        #expect(!full.admits(try usage(["pct": 1], at: monday + .days(5)), under: week, at: monday + .days(5)))
        #expect(full.admits(try usage(["pct": 1], at: monday + .days(7)), under: week, at: monday + .days(7)))
    }

    @Test("S3-42 rolling: twenty-four hours back, to the microsecond")
    func rolling() throws {
        let limits = try [limit(.count, .rollingDay, 1)]
        let used = try ledger([(.execute(try usage([:])), noon)], under: limits)
        let almost = noon + .days(1) - .microseconds(1)
        #expect(!used.admits(try usage([:], at: almost), under: limits, at: almost))
        #expect(used.admits(try usage([:], at: noon + .days(1)), under: limits, at: noon + .days(1)))
    }

    @Test("S3-43 S3-44 per user and per article, each has its own")
    func sharing() throws {
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        let perUser = try [limit(.count, .day, 1, per: .user)], perThing = try [limit(.count, .day, 1, per: .resource)]
        let used = try ledger([(.execute(try usage([:], on: [1])), noon)], under: [])
        #expect(!used.admits(try usage([:], on: [2]), under: perUser, at: noon))
        #expect(used.admits(try usage([:], by: bob, on: [1]), under: perUser, at: noon))
        #expect(!used.admits(try usage([:], by: bob, on: [1]), under: perThing, at: noon))
        #expect(used.admits(try usage([:], on: [2]), under: perThing, at: noon))
        // Without an article a limit per article lets nothing through.
        #expect(!used.admits(try usage([:]), under: perThing, at: noon))
    }

    @Test("S3-45 a maximum may depend on the severity or on the context")
    func dynamic() throws {
        let bySeverity = try limits(["measure": "count", "period": "day", "max": ["crit": 2]])
        let byContext = try limits([
            "measure": "quantity", "param": "qty", "period": "day",
            "max": ["attribute": "context.stock", "otherwise": 1],
        ])
        let empty = LimitLedger(rule: rule)
        let two = try usage(["qty": 2])
        #expect(empty.admits(two, under: bySeverity, LimitContext(severity: .crit), at: noon))
        #expect(!empty.admits(two, under: bySeverity, LimitContext(severity: .warn), at: noon))
        #expect(!empty.admits(two, under: bySeverity, at: noon))
        #expect(empty.admits(two, under: byContext, LimitContext(attributes: ["stock": 2]), at: noon))
        #expect(!empty.admits(two, under: byContext, at: noon))
        #expect(!empty.admits(try usage(["qty": -1]), under: byContext, at: noon))
        #expect(!empty.admits(try usage([:]), under: byContext, at: noon))
    }

    @Test("the fold of a ledger comes out alike through the journal's form, and forgets what no limit can see")
    func replay() throws {
        var generator = Seeded(9)
        var state: LimitLedger?
        var events: [Recorded<LimitEvent>] = []
        let limits = try [limit(.absolute("pct"), .isoWeek, 40)]
        for step in 0..<400 {
            let now = noon + .hours(step)
            let usage = try usage(["pct": Int64.random(in: -3...3, using: &generator)], at: now, on: [UInt8(step % 3)])
            let id: ReservationID = id(UInt64.random(in: 1...9, using: &generator))
            let command: LimitCommand =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: .reserve(id, usage, timeToLive: .hours(3))
                case 1: .commit(id)
                case 2: .release(id)
                default: .execute(usage)
                }
            let ledger = state ?? LimitLedger(rule: rule)
            let decided = ledger.due(at: now) + ((try? ledger.decide(command, under: limits, now: now)) ?? [])
            for event in decided {
                guard let next = try? LimitLedger.applying(Recorded(event, at: now, actor: admin), to: state) else {
                    continue
                }
                state = next
                events.append(Recorded(event, at: now, actor: admin))
            }
        }
        let aggregate = LimitLedger.aggregate
        let read = try events.map {
            Recorded(try aggregate.decode(aggregate.encode($0.event)), at: $0.at, actor: $0.actor)
        }
        #expect(events.count > 100 && read == events)
        #expect(try aggregate.fold(nil, read) == state)
        let early = try aggregate.fold(nil, events.prefix(150))
        let bytes = try JSONEncoder().encode(try #require(early))
        #expect(try aggregate.fold(JSONDecoder().decode(LimitLedger.self, from: bytes), events.dropFirst(150)) == state)
        let oldest = try #require(state?.executions.first?.at)
        let newest = try #require(events.last { ["LimitExecuted", "LimitCommitted"].contains($0.event.name) }?.at)
        #expect(oldest >= newest - .days(10))
    }

    @Test("amounts are exact to the millionth, and what overflows stays above every limit")
    func amounts() {
        #expect(Amount(.number(0.1))! + Amount(.number(0.2))! == Amount(.number(0.3))!)
        #expect(Amount(.number(.nan)) == nil && Amount(.number(.infinity)) == nil && Amount("3") == nil)
        #expect(Amount(.integer(9_000_000_000_001)) == nil)
        #expect(Amount(.max) + Amount(.max) > Amount(9_000_000_000_000))
        #expect(Amount(millionths: 1_500_000).description == "1.5" && Amount(-2).description == "-2")
    }

    @Test("the counters of days and weeks agree with adding up what was executed", arguments: 0..<20)
    func counters(seed: UInt64) throws {
        var generator = Seeded(seed)
        let people = [ada, .person(PersonID(high: 0xB, low: 0xB))]
        var ledger: LimitLedger?
        var all: [Usage] = []
        for step in 0..<120 {
            let now = noon + .hours(step * 5)
            let usage = try usage(
                ["pct": Int64.random(in: -3...3, using: &generator)], at: now,
                by: people[Int.random(in: 0...1, using: &generator)],
                on: step % 4 == 0 ? nil : [UInt8.random(in: 0...1, using: &generator)])
            ledger = try LimitLedger.applying(Recorded(.executed(rule, usage), at: now, actor: admin), to: ledger)
            all.append(usage)
            for sharing in Limit.Sharing.allCases where sharing != .resource || usage.resource != nil {
                for period in [Limit.Period.day, .isoWeek] {
                    let limit = try limit(.absolute("pct"), period, 1_000, per: sharing)
                    let expected = all.filter { earlier in
                        (period == .day ? earlier.day == usage.day : earlier.week == usage.week)
                            && (sharing != .user || earlier.user == usage.user)
                            && (sharing != .resource || earlier.resource == usage.resource)
                    }.reduce(Amount.zero) { $0 + ($1.amounts["pct"] ?? .zero).magnitude }
                    #expect(ledger?.headroom(limit, for: usage, at: now) == Amount(1_000) - expected)
                }
            }
        }
    }
}
