import Vocabulary

/// The lanes in front of the writer: strict order, except that a lane passed over `patience` times goes next.
struct WriterQueue<Job> {
    static var patience: Int { 64 }
    private var lanes = [[Job]](repeating: [], count: WriterLane.allCases.count)
    private var heads = [Int](repeating: 0, count: WriterLane.allCases.count)
    private var passedOver = [Int](repeating: 0, count: WriterLane.allCases.count)
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func count(_ lane: WriterLane) -> Int { lanes[lane.rawValue].count - heads[lane.rawValue] }
    var isEmpty: Bool { WriterLane.allCases.allSatisfy { count($0) == 0 } }

    /// False when the lane is full.
    mutating func push(_ job: Job, _ lane: WriterLane) -> Bool {
        guard count(lane) < limit else { return false }
        lanes[lane.rawValue].append(job)
        return true
    }

    /// The next job. With `interactiveBatch`, bulk work waits for the next transaction unless it has waited too long.
    mutating func pop(interactiveBatch: Bool) -> (WriterLane, Job)? {
        let waiting = WriterLane.allCases.filter { count($0) > 0 }
        guard let first = waiting.first else { return nil }
        let starved = waiting.first { passedOver[$0.rawValue] >= Self.patience }
        let lane = starved ?? first
        if starved == nil, interactiveBatch, !lane.isInteractive { return nil }
        for other in waiting where other != lane { passedOver[other.rawValue] += 1 }
        passedOver[lane.rawValue] = 0
        return (lane, take(lane.rawValue))
    }

    private mutating func take(_ lane: Int) -> Job {
        let job = lanes[lane][heads[lane]]
        heads[lane] += 1
        if heads[lane] == lanes[lane].count || heads[lane] >= 1_024 {
            lanes[lane].removeFirst(heads[lane])
            heads[lane] = 0
        }
        return job
    }

    mutating func drain() -> [Job] {
        defer { self = WriterQueue(limit: limit) }
        return lanes.indices.flatMap { lanes[$0][heads[$0]...] }
    }
}
