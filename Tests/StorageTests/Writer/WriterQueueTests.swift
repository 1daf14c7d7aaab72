import Testing

@testable import Storage

@Suite("Lanes are served in order, and none waits for ever")
struct WriterQueueTests {
    @Test func higherLanesGoFirst() {
        var queue = WriterQueue<String>(limit: 8)
        for lane in WriterLane.allCases.reversed() { _ = queue.push("\(lane)", lane) }
        var order: [String] = []
        while let (_, job) = queue.pop(interactiveBatch: false) { order.append(job) }
        #expect(order == ["revocation", "login", "administration", "sync", "spool"])
    }

    @Test func aLowLaneIsServedAfterWaitingLongEnough() {
        var queue = WriterQueue<Int>(limit: 1_000)
        _ = queue.push(-1, .spool)
        var turns = 0
        while true {
            _ = queue.push(turns, .login)
            guard let (lane, _) = queue.pop(interactiveBatch: true) else { break }
            if lane == .spool { break }
            turns += 1
            if turns > 1_000 { break }
        }
        #expect(turns == WriterQueue<Int>.patience)
    }

    @Test func bulkWorkDoesNotJoinATransactionThatSomebodyWaitsFor() {
        var queue = WriterQueue<Int>(limit: 8)
        _ = queue.push(1, .sync)
        let joined = queue.pop(interactiveBatch: true)?.1
        let alone = queue.pop(interactiveBatch: false)?.1
        #expect(joined == nil && alone == 1)
    }

    @Test func oneMoreThanALaneHoldsIsRefusedAndOtherLanesAreOpen() {
        var queue = WriterQueue<Int>(limit: 2)
        let taken = [queue.push(1, .sync), queue.push(2, .sync), queue.push(3, .sync), queue.push(4, .revocation)]
        #expect(taken == [true, true, false, true])
    }

    @Test func longQueuesKeepTheirOrder() {
        var queue = WriterQueue<Int>(limit: 5_000)
        for value in 0..<4_000 { _ = queue.push(value, .login) }
        let order = (0..<4_000).map { _ in queue.pop(interactiveBatch: true)?.1 }
        #expect(order == (0..<4_000).map { $0 })
        #expect(queue.isEmpty)
    }
}
