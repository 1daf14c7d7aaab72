import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("Risk over HTTP")
struct RiskAPITests {
    private typealias House = EntitlementHouse

    /// Gives a person one entitlement of each level and lets them break so many rules.
    private static func burden(_ house: House, _ levels: [String], violations: Int) async throws {
        var ids: [String] = []
        for (number, level) in levels.enumerated() {
            let id = try await house.entitlement("\(level) \(number)", level)
            #expect(try await house.assign(id, to: "ada").status == 201)
            ids.append(id)
        }
        for number in 0..<violations {
            _ = try await house.rule(Array(ids.prefix(2)), ["name": .string("rule \(number)")])
        }
    }

    @Test("S1-57 S1-58 S1-59 the document's example: {low, medium, high} and one violation are 34, medium")
    func example() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let seed = try #require(house.seed["example"])
            #expect(try await house.get("risk/scores?person=bob").body?["score"] == 0)
            let levels = (seed["entitlements"]?.list ?? []).compactMap(\.string)
            try await Self.burden(house, levels, violations: Int(seed["violations"]?.integer ?? 0))
            let score = try #require(try await house.get("risk/scores?person=ada").body)
            #expect(score["score"] == seed["score"] && score["level"] == seed["level"])
            #expect(score["user_id"] == .string(try await house.person("ada")) && score["calculated_at"] != nil)
            let factors = score["factors"]?.list ?? []
            #expect(factors.compactMap { $0["name"]?.string } == ["entitlements", "sod_violations"])
            #expect(factors.allSatisfy { $0["description"]?.string != nil })
            for (factor, name) in zip(factors, ["entitlement", "sod"]) {
                #expect(factor["raw_value"]?.integer == seed["\(name)_factor"]?.integer)
                #expect(factor["contribution"]?.integer == seed["\(name)_contribution"]?.integer)
                #expect(factor["weight"] == house.seed["weights"]?[factor["name"]?.string ?? ""])
            }
        }
    }

    @Test("S1-57 violations count up to four, and exempted ones do not")
    func violations() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            try await Self.burden(house, ["critical", "critical"], violations: 0)
            #expect(try await house.get("risk/scores?person=ada").body?["score"] == 60)
            let ids = try await house.items("entitlements").compactMap { $0["id"]?.string }
            var expected: [Int64] = [70, 80, 90, 100, 100]
            var last = ""
            for number in 0..<5 {
                last = try await house.rule(ids, ["name": .string("r\(number)")])
                #expect(try await house.get("risk/scores?person=ada").body?["score"] == .integer(expected[number]))
            }
            expected = [100, 90]
            for number in 0..<2 {
                let grant: AttributeValue = [
                    "exemption_id": .string(PersonID.random(at: .epoch).description), "sod_rule_id": .string(last),
                    "entity_type": "person", "entity_id": .string(try await house.person("ada")),
                    "reason": house.seed["exemption"]?["justification"] ?? .null,
                ]
                #expect(try await house.api.send(.post, House.base + "commands/grant_exemption", grant).status == 200)
                #expect(try await house.get("risk/scores?person=ada").body?["score"] == .integer(expected[number]))
                last = try #require(try await house.items("sod/rules").first?["id"]?.string)
            }
        }
    }

    @Test(
        "S1-60 S1-61 S1-62 S1-65 thresholds are chosen per tenant, include their bounds, and make sense or are refused")
    func thresholds() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serveHouse { house in
            let path = House.base + "risk/settings"
            func bounds(_ name: String) -> AttributeValue { house.seed[name] ?? .null }
            let standard = try #require(try await house.get("risk/settings").body)
            for name in ["low_max", "medium_max", "high_max"] { #expect(standard[name] == bounds("thresholds")[name]) }
            #expect(standard["model"] == "average" && standard["version"] == 0)
            try await Self.burden(house, ["low", "medium", "high"], violations: 1)
            let custom = try await house.api.send(.put, path, bounds("custom_thresholds"))
            #expect(custom.status == 200 && custom.body?["high_max"] == bounds("custom_thresholds")["high_max"])
            #expect(try await house.get("risk/scores?person=ada").body?["level"] == "medium")
            // 34 is the bound itself.
            _ = try await house.api.send(.put, path, ["low_max": 34])
            #expect(try await house.get("risk/scores?person=ada").body?["level"] == "low")
            _ = try await house.api.send(.put, path, ["low_max": 33, "medium_max": 34])
            #expect(try await house.get("risk/scores?person=ada").body?["level"] == "medium")
            _ = try await house.api.send(.put, path, ["low_max": 32, "medium_max": 33, "high_max": 34])
            #expect(try await house.get("risk/scores?person=ada").body?["level"] == "high")
            _ = try await house.api.send(.put, path, ["low_max": 31, "medium_max": 32, "high_max": 33])
            #expect(try await house.get("risk/scores?person=ada").body?["level"] == "critical")
            for (low, medium, high): (Int64, Int64, Int64) in [(0, 50, 75), (25, 25, 75), (25, 50, 50), (25, 50, 100)] {
                let refused = try await house.api.send(
                    .put, path, ["low_max": .integer(low), "medium_max": .integer(medium), "high_max": .integer(high)])
                #expect(refused.status == 400 && house.code(refused) == "risk.threshold_invalid")
            }
            let theirs = try await house.api.send(.get, "/t/other" + path, token: other)
            #expect(theirs.body?["low_max"] == bounds("thresholds")["low_max"])
        }
    }

    @Test("the second model never falls when something harmless is added; the first does, as its document has it")
    func models() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            func score() async throws -> Int64 {
                try #require(try await house.get("risk/scores?person=ada").body?["score"]?.integer)
            }
            try await Self.burden(house, ["critical"], violations: 0)
            let before = try await score()
            _ = try await house.assign(try await house.entitlement("harmless"), to: "ada")
            let diluted = try await score()
            #expect(before == 60 && diluted == 33)
            let chosen = try await house.api.send(.put, House.base + "risk/settings", ["model": "cumulative"])
            #expect(chosen.body?["model"] == "cumulative")
            let first = try await score()
            _ = try await house.assign(try await house.entitlement("harmless too"), to: "ada")
            #expect(first == 36)
            #expect(try await score() >= first)
        }
    }

    @Test("S1-63 S1-64 scores are recorded, and a trend since a moment ascends")
    func history() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            func record() async throws -> AttributeValue? {
                let made = try await house.api.send(.post, House.base + "risk/scores", ["person": "ada"])
                #expect(made.status == 201)
                return made.body?["score"]
            }
            #expect(try await record() == 0)
            try await Self.burden(house, ["low", "medium", "high"], violations: 1)
            let moment = SystemClock.now()
            #expect(try await record() == house.seed["example"]?["score"])
            let days = Int(try #require(house.seed["trend_days"]?.integer))
            let since = (SystemClock.now() - .days(days)).rfc3339
            let trend = try await house.items("risk/history?person=ada&since=\(since)")
            #expect(trend.compactMap { $0["score"]?.integer } == [0, 34])
            #expect(trend.compactMap { $0["level"]?.string } == ["low", "medium"])
            #expect(trend.allSatisfy { $0["recorded_at"]?.string != nil })
            #expect(try await house.items("risk/history?person=ada") == trend)
            #expect(try await house.items("risk/history?person=ada&since=\(moment.rfc3339)").count == 1)
            #expect(try await house.items("risk/history?person=bob") == [])
            #expect(try await house.get("risk/history?person=ada&since=yesterday").status == 400)
        }
    }
}
