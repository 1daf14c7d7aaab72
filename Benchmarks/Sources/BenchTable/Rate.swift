/// How often a piece of work is done per second by this many at a time, over some seconds.
public func rate(
    workers: Int, seconds: Double, _ work: @escaping @Sendable (_ worker: Int, _ round: Int) async throws -> Void
) async throws -> Double {
    let start = ContinuousClock.now, end = start + .seconds(seconds)
    let done = try await withThrowingTaskGroup(of: Int.self) { group in
        for worker in 0..<workers {
            group.addTask {
                var round = 0
                while ContinuousClock.now < end {
                    try await work(worker, round)
                    round += 1
                }
                return round
            }
        }
        return try await group.reduce(0, +)
    }
    return Double(done) / ((ContinuousClock.now - start) / .seconds(1))
}
