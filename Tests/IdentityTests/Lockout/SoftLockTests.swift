import Testing
import Vocabulary

@testable import Identity

@Suite struct SoftLockTests {
    @Test(arguments: [(1, 1), (3, 1), (4, 3), (9, 3), (10, 5), (25, 5), (26, 10), (100, 10), (101, 86_400)])
    func `the pause grows with the failures, and the 101st lasts until the day ends`(failures: Int, seconds: Int) {
        var lock = SoftLock()
        for _ in 0..<failures { lock.failed(at: .epoch) }
        #expect(lock.decide(now: .epoch) == .retryAfter(.seconds(seconds)))
        #expect(lock.decide(now: Timestamp(seconds: Int64(seconds))) == .allowed)
    }

    @Test func `success and a new day begin again, and the zone decides when the day ends`() {
        var lock = SoftLock()
        for _ in 0..<101 { lock.failed(at: .epoch, zoneOffsetSeconds: 3_600) }
        #expect(lock.decide(now: .epoch) == .retryAfter(.hours(23)))
        lock.failed(at: Timestamp(seconds: 86_400), zoneOffsetSeconds: 3_600)
        #expect(lock.failures == 1)
        lock.succeeded(at: .epoch)
        #expect(lock.decide(now: .epoch) == .allowed)
    }
}
