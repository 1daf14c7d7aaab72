import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// What is remembered of tries is written as the general encoder would write it.
@Suite struct AttemptRecordTests {
    @Test func `fresh, failing and locked`() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        var attempts = AccountAttempts()
        for _ in 0..<4 {
            #expect(try JSONColumn.encode(attempts) == .text(JSONText.text(of: attempts)))
            #expect(try JSONColumn.encode(attempts.budget) == .text(JSONText.text(of: attempts.budget)))
            _ = attempts.budget.reserve(limit: 2, window: .minutes(1), lock: .minutes(2), at: now)
            attempts.lock.failed(at: now)
        }
    }
}
