import Testing
import Vocabulary

@testable import Identity

@Suite struct AttemptLimitTests {
    @Test func `three codes may be tried in a step, the fourth waits for the next`() {
        var attempts = CodeAttempts()
        for second: Int64 in [60, 61, 62] { #expect(attempts.admit(at: Timestamp(seconds: second)) == .allowed) }
        #expect(attempts.admit(at: Timestamp(seconds: 70)) == .retryAfter(.seconds(20)))
        // A clock that steps back gives no new tries.
        #expect(attempts.admit(at: Timestamp(seconds: 40)) == .retryAfter(.seconds(50)))
        #expect(attempts.admit(at: Timestamp(seconds: 90)) == .allowed)
        attempts.succeeded()
        for _ in 0..<3 { #expect(attempts.admit(at: Timestamp(seconds: 91)) == .allowed) }
        #expect(attempts.admit(at: Timestamp(seconds: 91)) != .allowed)
    }

    @Test func `two failures are left to the directory, and one always passes`() {
        #expect(UpstreamBindBudget.limit(directoryThreshold: 5) == 3)
        #expect(UpstreamBindBudget.limit(directoryThreshold: 3) == 1)
        #expect(UpstreamBindBudget.limit(directoryThreshold: 1) == 1)
        #expect(UpstreamBindBudget.limit(directoryThreshold: 0) == nil)
        #expect(UpstreamBindBudget.limit(directoryThreshold: nil) == nil)
    }

    @Test func `a spent budget opens only after a whole window without a bind`() {
        var budget = UpstreamBindBudget()
        func reserve(_ second: Int64) -> UpstreamBindBudget.Decision {
            budget.reserve(limit: 2, window: .seconds(100), at: Timestamp(seconds: second))
        }
        #expect(reserve(0) == .allowed)
        #expect(reserve(90) == .allowed)
        // The first is older than the window by now, but the directory still counts it.
        #expect(reserve(150) == .retryAfter(.seconds(40)))
        #expect(reserve(190) == .allowed)
    }

    @Test func `a bind that was not answered is given back, and a success forgets the failures`() {
        var budget = UpstreamBindBudget()
        func reserve() -> UpstreamBindBudget.Decision {
            budget.reserve(limit: 1, window: .seconds(100), at: Timestamp(seconds: 5))
        }
        #expect(reserve() == .allowed)
        #expect(reserve() == .retryAfter(.seconds(100)))
        budget.refund()
        #expect(reserve() == .allowed)
        budget.succeeded()
        #expect(reserve() == .allowed)
    }

    @Test func `a success leaves the binds that may arrive after it taken`() {
        var budget = UpstreamBindBudget()
        func reserve() -> UpstreamBindBudget.Decision {
            budget.reserve(limit: 3, window: .seconds(100), at: Timestamp(seconds: 5))
        }
        for _ in 0..<3 { #expect(reserve() == .allowed) }
        budget.succeeded(leaving: 2)
        #expect(reserve() == .allowed)
        #expect(reserve() != .allowed)
        budget.succeeded(leaving: 9)
        #expect(reserve() != .allowed, "a success never takes more than was taken")
    }
}
