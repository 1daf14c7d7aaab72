import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// Prints how long a backtest takes. The bound asserted is wide: this runs in debug builds, beside other tests.
@Suite(.serialized) struct BacktestSpeedTests {
    private static let count = 10_000

    /// Made as everybody is: what they are asked about is sealed under a key of their own.
    private func people(_ bench: GovernedBench) async throws -> [PersonID] {
        var people: [PersonID] = []
        for number in 0..<100 { people.append(try await bench.gateway.addPerson("person-\(number)")) }
        return people
    }

    @Test(
        "S3-47 ten thousand recorded decisions are replayed in seconds, within bounded memory, and nothing is written")
    func speed() async throws {
        let bench = try await GovernedBench(at: SystemClock.now())
        let everybody = try await people(bench)
        try await bench.openEverything()
        try await bench.enforce(
            1, [["id": "closed", "effect": "deny", "actions": ["a3"], "when": ["equals": ["context.network": "home"]]]])
        for number in 0..<Self.count {
            _ = try await bench.decide(
                everybody[number % 100], "a\(number % 10)", context: ["network": number % 3 == 0 ? "home" : "corp"])
        }
        let position = try await bench.gateway.store.read { [tenant = bench.tenant] in
            try $0.journalPosition(of: tenant)
        }
        let draft: AttributeValue = [
            "name": "Draft",
            "rules": [
                [
                    "id": "home", "effect": "deny", "actions": ["a3", "a6"],
                    "when": ["equals": ["context.network": "home"]],
                ]
            ],
        ]
        let period = try BacktestPeriod(from: bench.now - .days(1), to: bench.now + .days(1))
        let workbench = bench.gateway.workbench
        let start = ContinuousClock.now
        var trial = try await workbench.backtest(.document(draft), over: period, by: bench.caller())
        for _ in 0..<2_400 where trial.state == .running || trial.seen == 0 {
            try await Task.sleep(for: .milliseconds(50))
            trial = try workbench.trial(trial.id, in: bench.tenant)
        }
        let taken = ContinuousClock.now - start
        let result = try #require(trial.result)
        print("backtest: \(trial.seen) recorded decisions, \(result.questions) questions in \(taken)")
        #expect(trial.state == .done && taken < .seconds(120))
        #expect(
            result.questions + (result.skipped[.inputNotRecorded] ?? 0) == Int64(Self.count), "\(result.skipped)")
        #expect(result.drifted == 0)
        let after = try await bench.gateway.store.read { [tenant = bench.tenant] in
            try $0.journalPosition(of: tenant)
        }
        #expect(after == position, "a trial writes nothing")
        try await bench.gateway.close()
    }
}
