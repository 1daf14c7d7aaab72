import Vocabulary

/// What the writer did since the store was opened, and what waits for it now.
public struct WriterStatistics: Sendable {
    /// One lane in front of the writer.
    public struct Lane: Sendable {
        /// Bodies that wait now.
        public internal(set) var waiting = 0
        /// Bodies that were refused because the lane was full.
        public internal(set) var refused = 0
        /// How long bodies waited for their turn, in seconds.
        public internal(set) var wait = Distribution.seconds
    }

    /// By the lane's place in `WriterLane.allCases`.
    public internal(set) var lanes = WriterLane.allCases.map { _ in Lane() }
    /// Bodies in one transaction.
    public internal(set) var batchSize = Distribution.sizes
    /// How long a commit took to be durable, in seconds.
    public internal(set) var commit = Distribution.seconds
    /// How long a transaction held the writer, its commit included, in seconds.
    public internal(set) var held = Distribution.seconds

    /// What is known of one lane.
    public subscript(lane: WriterLane) -> Lane { lanes[lane.rawValue] }

    mutating func note(_ batch: BatchMeasure) {
        batchSize.add(Double(batch.bodies))
        commit.add(batch.commit)
        held.add(batch.held)
    }
}

/// What one transaction came to.
struct BatchMeasure {
    let bodies: Int
    let commit: Duration
    let held: Duration
}

extension Store {
    /// The writer's queue and its work so far.
    public var writerStatistics: WriterStatistics { writer.statistics }
}
