import Fixtures
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Risk")
struct RiskTests {
    let tenant = TenantID(high: 7, low: 7)

    private func score(
        _ levels: [RiskLevel], _ violations: Int, _ model: RiskModel = .average,
        _ thresholds: RiskThresholds = .standard
    ) throws -> RiskScore {
        try model.score(
            ada, in: tenant, entitlements: levels, violations: violations, thresholds: thresholds, now: noon)
    }

    @Test("S1-57 S1-58 S1-59 the document's example: {low, medium, high} and one violation are 34, medium")
    func example() throws {
        let example = try #require(try corpus("seed-001")["example"])
        let levels = words(example["entitlements"]).compactMap(RiskLevel.init)
        let found = try score(levels, Int(try #require(example["violations"]?.integer)))
        #expect(found.score == 34 && Int64(found.score) == example["score"]?.integer)
        #expect(found.level.rawValue == example["level"]?.string)
        #expect(found.factors.map(\.name) == ["entitlements", "sod_violations"])
        #expect(found.factors.map(\.weight) == [0.6, 0.4])
        #expect(Amount(.number(found.factors[0].rawValue)) == example["entitlement_factor"].flatMap(Amount.init))
        #expect(
            Amount(.number(found.factors[0].contribution)) == example["entitlement_contribution"].flatMap(Amount.init))
        #expect(Amount(.number(found.factors[1].rawValue)) == example["sod_factor"].flatMap(Amount.init))
        #expect(Amount(.number(found.factors[1].contribution)) == example["sod_contribution"].flatMap(Amount.init))
        #expect(found.factors.allSatisfy { $0.description != nil } && found.calculatedAt == noon)
    }

    @Test("S1-57 the formula over its range: none is 0, violations count up to four, everything critical is 100")
    func formula() throws {
        let points = try corpus("seed-001")["risk_points"]
        for level in RiskLevel.allCases {
            #expect(Int64(level.points) == points?[level.rawValue]?.integer)
            #expect(try score([level], 0).score == Int((0.6 * Double(level.points)).rounded()))
        }
        #expect(try score([], 0).score == 0 && score([], 0).level == .low)
        #expect(try (0...6).map { try score([], $0).score } == [0, 10, 20, 30, 40, 40, 40])
        #expect(try score([.critical], 4).score == 100)
        // 0.6 · (10 + 40) / 2 = 15, and 0.6 · (10 + 10 + 40) / 3 = 12: rounded to the nearest.
        #expect(try score([.low, .medium], 0).score == 15 && score([.low, .low, .medium], 0).score == 12)
        #expect(try score([.low, .low, .low, .low, .medium, .medium, .high], 0).score == 16)
        expect(.riskCalculationFailed(reason: "There are fewer than no violations.")) { () throws(GovernanceError) in
            try RiskModel.average.score(ada, in: tenant, entitlements: [], violations: -1, now: noon)
        }
        expect(.tenantRequired) { () throws(GovernanceError) in
            try RiskModel.average.score(ada, in: TenantID(high: 0, low: 0), entitlements: [], violations: 0, now: noon)
        }
    }

    @Test("S1-60 S1-62 S1-65 thresholds include their bounds, standard and custom")
    func thresholds() throws {
        for (name, expected) in [
            ("thresholds", RiskThresholds.standard),
            ("custom_thresholds", try RiskThresholds(lowMax: 30, mediumMax: 60, highMax: 85)),
        ] {
            let corpus = try corpus("seed-001")[name]
            let read = try RiskThresholds(
                lowMax: Int(try #require(corpus?["low_max"]?.integer)),
                mediumMax: Int(try #require(corpus?["medium_max"]?.integer)),
                highMax: Int(try #require(corpus?["high_max"]?.integer)))
            #expect(read == expected)
            #expect(read.level(of: 0) == .low && read.level(of: read.lowMax) == .low)
            #expect(read.level(of: read.lowMax + 1) == .medium && read.level(of: read.mediumMax) == .medium)
            #expect(read.level(of: read.mediumMax + 1) == .high && read.level(of: read.highMax) == .high)
            #expect(read.level(of: read.highMax + 1) == .critical && read.level(of: 100) == .critical)
        }
        #expect(
            try score([.low, .medium, .high], 1, .average, try RiskThresholds(lowMax: 34, mediumMax: 60, highMax: 85))
                .level == .low)
    }

    @Test(
        "S1-61 0 < low < medium < high < 100, else refused",
        arguments: [[0, 50, 75], [25, 25, 75], [25, 50, 50], [25, 50, 100], [-1, 2, 3]])
    func invalid(values: [Int]) {
        let error = #expect(throws: GovernanceError.self) {
            try RiskThresholds(lowMax: values[0], mediumMax: values[1], highMax: values[2])
        }
        #expect(error?.code == "risk.threshold_invalid")
    }

    @Test("the second model never falls when something is added; the first does", arguments: 0..<30)
    func cumulative(seed: UInt64) throws {
        var generator = Seeded(seed)
        var levels: [RiskLevel] = []
        var last = 0
        for _ in 0..<30 {
            levels.append(RiskLevel.allCases.randomElement(using: &generator) ?? .low)
            let next = try score(levels, 0, .cumulative).score
            #expect(next >= last && next <= 60)
            last = next
        }
        #expect(
            try score([.critical] + Array(repeating: .low, count: 9), 0, .average).score
                < score([.critical], 0, .average).score)
    }

    @Test("S1-63 S1-64 history is kept, and a trend since a moment ascends")
    func history() throws {
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        let history = try #require(try Self.history([(0, 10), (40, 30), (20, 20)].map { (noon + .days($0), $1) }))
        #expect(history.trend(since: noon).map(\.score) == [10, 20, 30])
        #expect(history.trend(since: noon + .days(20)).map(\.score) == [20, 30])
        #expect(history.trend(since: noon + .days(41)).isEmpty)
        #expect(throws: GovernanceError.self) {
            try RiskHistory.aggregate.fold(
                history, [Recorded(.recorded(bob, score: 99, .critical), at: noon, actor: .system("risk"))])
        }
        #expect(
            try RiskHistory.aggregate.decode(RiskHistory.aggregate.encode(.recorded(ada, score: 3, .low)))
                == .recorded(ada, score: 3, .low))
        #expect(try JSONDecoder().decode(RiskHistory.self, from: JSONEncoder().encode(history)) == history)
    }

    @Test("S1-60 S1-62 a tenant chooses its thresholds and its model, and choosing the same again is no event")
    func settings() throws {
        let (thresholds, aggregate) = (
            try RiskThresholds(lowMax: 30, mediumMax: 60, highMax: 85), RiskSettings.aggregate
        )
        let events = RiskSettings().configure(.cumulative, thresholds)
        #expect(events == [.configured(.cumulative, thresholds)])
        let settings = try #require(
            try aggregate.fold(
                nil, events.map { Recorded(try aggregate.decode(aggregate.encode($0)), at: noon, actor: admin) }))
        #expect(settings.thresholds == thresholds && settings.model == .cumulative)
        #expect(
            settings.configure(.cumulative, thresholds).isEmpty && RiskSettings().configure(.average, .standard).isEmpty
        )
    }

    private static func history(_ scores: [(Timestamp, Int)]) throws -> RiskHistory? {
        try RiskHistory.aggregate.fold(
            nil, scores.map { Recorded(.recorded(ada, score: $1, .low), at: $0, actor: .system("risk")) })
    }

    @Test("S1-57 S1-59 S1-64 weights, points and the example are the document's own numbers")
    func literals() throws {
        let seed = try corpus("seed-001")
        let example = try #require(seed["example"])
        #expect(words(example["entitlements"]) == ["low", "medium", "high"] && example["violations"] == 1)
        let found = try score([.low, .medium, .high], 1)
        for factor in found.factors {
            #expect(Amount(.number(factor.weight)) == (seed["weights"]?[factor.name]).flatMap(Amount.init))
        }
        #expect(Amount(.number(found.factors[1].rawValue)) == seed["points_per_violation"].flatMap(Amount.init))
        let days = Int(try #require(seed["trend_days"]?.integer))
        let history = try #require(try Self.history([1, 29, 30, 31].map { (noon - .days($0), $0) }))
        #expect(history.trend(since: noon - .days(days)).map(\.score).sorted() == [1, 29, 30])
    }
}
