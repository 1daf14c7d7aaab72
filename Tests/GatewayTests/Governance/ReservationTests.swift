import Governance
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// Amounts held back under the limits of a rule: three per cent a day.
@Suite("Reservations")
struct ReservationTests {
    private let rule: AttributeValue = [
        "id": "pricing", "effect": "allow", "actions": ["adjust"],
        "limits": [["measure": "absolute", "param": "deltaPct", "period": "day", "max": 3]],
    ]

    private func change(_ percent: Int64) -> [String: AttributeValue] { ["deltaPct": .integer(percent)] }

    @Test("S3-17 S3-24 of many that ask at once for +2 % under 3 %, one gets it, whatever their order")
    func concurrently() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [rule])
        let change = change(2)
        // Each of them would fit by itself: none has been told so yet.
        #expect(try await bench.decide(ada, "adjust", context: change).isPermitted)
        let answers = try await withThrowingTaskGroup(of: DecisionAnswer.self) { group in
            for _ in 0..<32 { group.addTask { try await bench.reserve(ada, "adjust", context: change) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.isPermitted } == 1)
        #expect(answers.count { $0.reservation != nil } == 1)
        #expect(Set(answers.filter { !$0.isPermitted }.map(\.reasons)) == [["limit_exceeded"]])
        let winner = try #require(answers.first { $0.isPermitted })
        #expect(winner.reservation?.id.description == winner.id.description)
        #expect(try await bench.record(of: winner).outcome == "permit")
        let loser = try #require(answers.first { !$0.isPermitted })
        #expect(try await bench.record(of: loser).reason == "limit_exceeded")
        try await bench.gateway.close()
    }

    @Test("plain evaluation reads the headroom and takes none of it")
    func plain() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [rule])
        for _ in 0..<5 { #expect(try await bench.decide(ada, "adjust", context: change(3)).isPermitted) }
        let tooMuch = try await bench.decide(ada, "adjust", context: change(4))
        #expect(tooMuch.reasons == ["limit_exceeded"] && tooMuch.governed?.badge.text == "Policy: Limit exceeded")
        #expect(try await bench.decide(ada, "adjust").reasons == ["limit_exceeded"], "no parameter, no headroom")
        try await bench.gateway.close()
    }

    @Test("a question about nobody holds nothing, and is recorded and counted once")
    func nobody() async throws {
        let bench = try await GovernedBench()
        try await bench.enforce(1, [rule])
        let answer = try await bench.reserve(PersonID.random(at: bench.now), "adjust", context: change(1))
        #expect(!answer.isPermitted && answer.reservation == nil && answer.reasons == ["unknown_subject"])
        #expect(bench.gateway.decisions.refusals.counts == [.unknownSubject: 1])
        try await bench.gateway.close()
    }

    @Test("what is committed counts for the day, what is released is free again, and neither ends twice")
    func ends() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [rule])
        let limits = bench.gateway.limits
        let first = try #require(try await bench.reserve(ada, "adjust", context: change(2)).reservation)
        #expect(first.expiresAt == bench.now + .minutes(5))
        try await limits.release(first.id, by: bench.caller())
        // Sent again, as after an answer that was lost, it is answered again; the opposite is a conflict.
        #expect(try await limits.release(first.id, by: bench.caller()) == first)
        #expect(await refusal { try await limits.commit(first.id, by: bench.caller()) } == "conflict")
        let second = try #require(try await bench.reserve(ada, "adjust", context: change(-2)).reservation)
        #expect(try await bench.decide(ada, "adjust", context: change(2)).isPermitted == false)
        try await limits.commit(second.id, by: bench.caller())
        #expect(try await limits.commit(second.id, by: bench.caller()) == second)
        #expect(await refusal { try await limits.release(second.id, by: bench.caller()) } == "conflict")
        #expect(try await bench.decide(ada, "adjust", context: change(2)).isPermitted == false)
        #expect(try await bench.decide(ada, "adjust", context: change(1)).isPermitted)
        bench.now = bench.now + .days(1)
        #expect(try await bench.decide(ada, "adjust", context: change(3)).isPermitted)
        try await bench.gateway.close()
    }

    @Test("a reservation is ended by who made it: to anybody else it is not there")
    func owners() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [rule])
        func caller(_ number: UInt64) -> Caller {
            let account = ServiceAccountID(high: 0xAC, low: number)
            var caller = bench.caller()
            caller.principal = Principal(
                tenant: bench.tenant, subject: .serviceAccount(account),
                credential: .apiKey(APIKeyID(high: 0xAD, low: number)), provider: nil, events: [])
            return caller
        }
        for ends in [bench.gateway.limits.commit, bench.gateway.limits.release] {
            let answer = try await bench.gateway.decisions.reserve(
                bench.question(ada, "adjust", context: change(1)), for: .minutes(5), in: bench.tenant,
                origin: DecisionOrigin(caller: nil, protocol: "api"), by: caller(1))
            let held = try #require(answer.reservation)
            #expect(await refusal { _ = try await ends(held.id, caller(2)) } == "not_found")
            #expect(try await ends(held.id, caller(1)).id == held.id)
        }
        try await bench.gateway.close()
    }

    @Test("a reservation that nobody uses ends by itself, is refused afterwards, and its end is an event")
    func expiry() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [rule])
        let held = try #require(
            try await bench.reserve(ada, "adjust", context: change(2), for: .minutes(1)).reservation)
        bench.now = held.expiresAt
        #expect(try await bench.decide(ada, "adjust", context: change(2)).isPermitted)
        #expect(
            await refusal { try await bench.gateway.limits.commit(held.id, by: bench.caller()) }
                == "limit.reservation_expired")
        #expect(try await bench.gateway.limits.endWhatIsDue(now: held.expiresAt - .microseconds(1)) == 0)
        #expect(try await bench.gateway.limits.endWhatIsDue(now: held.expiresAt) == 1)
        #expect(try await bench.gateway.limits.endWhatIsDue(now: held.expiresAt) == 0)
        let types = try await bench.gateway.store.events(of: bench.tenant, limit: 1_000).map(\.envelope.type)
        #expect(types.filter { $0.hasPrefix("limit.") } == ["limit.reserved", "limit.reservation_expired"])
        #expect(await refusal { _ = try await bench.reserve(ada, "adjust", context: change(1), for: .zero) } != nil)
        try await bench.gateway.close()
    }

    @Test("S3-17 a restart forgets neither what is held nor what was executed")
    func restart() async throws {
        let first = try await GovernedBench()
        let ada = try await first.gateway.addPerson("ada")
        try await first.enforce(1, [rule])
        let held = try #require(try await first.reserve(ada, "adjust", context: change(2)).reservation)
        let second = try await GovernedBench(folder: try await first.leave())
        #expect(try await second.reserve(ada, "adjust", context: change(2)).reasons == ["limit_exceeded"])
        try await second.gateway.limits.commit(held.id, by: second.caller())
        let third = try await GovernedBench(folder: try await second.leave())
        #expect(try await third.reserve(ada, "adjust", context: change(2)).reasons == ["limit_exceeded"])
        #expect(try await third.reserve(ada, "adjust", context: change(1)).isPermitted)
        try await third.gateway.close()
    }

    @Test("S3-43 S3-44 limits per user and per resource count each by themselves")
    func sharing() async throws {
        let bench = try await GovernedBench()
        let (ada, ben) = (try await bench.gateway.addPerson("ada"), try await bench.gateway.addPerson("ben"))
        try await bench.enforce(
            1,
            [
                [
                    "id": "orders", "effect": "allow", "actions": ["order"],
                    "limits": [["measure": "count", "period": "day", "per": "user", "max": 1]],
                ],
                [
                    "id": "moves", "effect": "allow", "actions": ["move"],
                    "limits": [["measure": "count", "period": "day", "per": "resource", "max": 1]],
                ],
            ])
        #expect(try await bench.reserve(ada, "order", context: [:]).isPermitted)
        #expect(try await bench.reserve(ada, "order", context: [:]).isPermitted == false)
        #expect(try await bench.reserve(ben, "order", context: [:]).isPermitted)
        #expect(try await bench.reserve(ada, "move", context: [:]).isPermitted)
        #expect(try await bench.reserve(ben, "move", context: [:]).isPermitted == false)
        try await bench.gateway.close()
    }
}
