import Testing

@testable import LDAP

@Suite struct CircuitBreakerTests {
    @Test func opensAfterTheThresholdAndPermitsOneTrialAfterThePause() {
        var breaker = CircuitBreaker(failureThreshold: 2, firstPause: .seconds(1), longestPause: .seconds(4))
        func permits(at now: Duration) -> Bool { breaker.permits(at: now) }
        breaker.failed(at: .zero)
        #expect(permits(at: .zero))
        breaker.failed(at: .zero)
        #expect(!permits(at: .milliseconds(999)))
        #expect(permits(at: .seconds(1)))
        #expect(!permits(at: .seconds(1)))
        breaker.failed(at: .seconds(1))
        #expect(!permits(at: .milliseconds(2_999)))
        #expect(permits(at: .seconds(3)))
        breaker.succeeded()
        #expect(breaker.isClosed && permits(at: .seconds(3)))
    }

    @Test func aTrialThatIsNeverReportedDoesNotBlockForGood() {
        var breaker = CircuitBreaker(firstPause: .seconds(1), longestPause: .seconds(4))
        func permits(at now: Duration) -> Bool { breaker.permits(at: now) }
        breaker.failed(at: .zero)
        #expect(permits(at: .seconds(1)))
        #expect(!permits(at: .milliseconds(4_999)))
        #expect(permits(at: .seconds(5)))
    }
}
