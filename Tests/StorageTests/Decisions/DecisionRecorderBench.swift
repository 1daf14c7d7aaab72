import Foundation
import Storage
import Testing
import Vocabulary

/// Prints what recording costs its callers and how fast it is drained. The bound asserted is wide: this runs in debug
/// builds, beside other tests.
@Suite(.serialized) struct DecisionRecorderBench {
    @Test(arguments: [RecordedDecision.Enforcement.advisory, .mandatory])
    func `the caller's cost and the drain rate are printed`(enforcement: RecordedDecision.Enforcement) async throws {
        let fixture = DecisionFixture()
        let count = 200_000
        let recorder = try fixture.recorder {
            $0.flushInterval = .seconds(60)
            $0.shardCapacity = 2 * count + 2
            $0.shardBytes = 1 << 30
        }
        let askers = (0..<100).map { fixture.asker(PersonID(high: 2, low: UInt64($0))) }
        let decisions = (0..<1_000).map {
            fixture.decision(askers[$0 % 100], enforcement: enforcement, resource: "document-number-\($0)")
        }
        var refused = 0
        let start = ContinuousClock.now
        for number in 0..<count where recorder.record(decisions[number % 1_000]) != .recorded { refused += 1 }
        let handed = ContinuousClock.now
        await recorder.stop()
        let drained = ContinuousClock.now
        let nanoseconds = (handed - start) / count, rate = Double(count) / ((drained - handed) / .seconds(1))
        print("recording, \(enforcement): \(nanoseconds) on the caller, \(Int(rate)) drained per second")
        #expect(refused == 0 && recorder.statistics.recorded == Int64(count))
        #expect(nanoseconds < .microseconds(100))
        #expect(recorder.statistics.folded == (enforcement < .mandatory ? Int64(count) - 1_000 : 0))
    }
}
