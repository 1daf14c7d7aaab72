import Vocabulary

/// Runs one transaction with many bodies in it. Used by the writer's thread alone.
final class BatchRunner: @unchecked Sendable {
    // @unchecked Sendable: handed to the writer's thread at its start and touched by nothing else afterwards.
    private struct Done {
        let job: Writer.Job
        let error: (any Error)?
        let transaction: Transaction
    }

    private let pool: SQLitePool
    private let keys: KeyRing
    private let node: NodeID
    private let budget: Duration
    private let refusal: Fault?
    private let clock: @Sendable () -> Timestamp
    private var journal = JournalState()
    /// What a commit of bulk work takes, smoothed: it comes out of the time such work has.
    private var bulkCommit: Duration = .milliseconds(4)
    private var workUntil = ContinuousClock.now
    private(set) var logNeedsTruncation = false
    private var failure: Fault?

    init(
        pool: SQLitePool, keys: KeyRing, node: NodeID, budget: Duration, refusal: Fault?,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.pool = pool
        self.keys = keys
        self.node = node
        self.budget = budget
        self.refusal = refusal
        self.clock = clock
    }

    /// Answers what was committed, nil when nothing could be. What stood against writing is noted before anybody hears
    /// of it; a body that was merely refused is no such thing.
    func runBatch(_ next: (Bool) -> (WriterLane, Writer.Job)?, noting note: (Fault) -> Void) -> BatchMeasure? {
        failure = nil
        var done: [Done] = []
        var measure: BatchMeasure?
        let begin = ContinuousClock.now
        let earlier = journal
        do {
            let stored = try pool.write { connection in
                try connection.execute("BEGIN IMMEDIATE")
                workUntil = ContinuousClock.now + bulkTime
                do {
                    try collect(connection, next, &done)
                    let isBulk = ContinuousClock.now > workUntil
                    try journal.store(connection)
                    let stored = try keys.storeFresh(connection)
                    // Last, so that every key is under the master key that is in force once this commits.
                    let master = done.filter { $0.error == nil }.compactMap(\.transaction.newMaster).last
                    if let master { try keys.rewrap(under: master, connection) }
                    let start = ContinuousClock.now
                    try connection.execute("COMMIT")
                    let end = ContinuousClock.now
                    if isBulk { bulkCommit = (bulkCommit * 3 + (end - start)) / 4 }
                    measure = BatchMeasure(bodies: done.count, commit: end - start, held: end - begin)
                    return stored
                } catch {
                    if connection.isInsideTransaction { _ = try? connection.execute("ROLLBACK") }
                    throw error
                }
            }
            keys.confirmStored(stored)
            if let failure { note(failure) }
            finish(done)
        } catch {
            // Nothing of the batch is durable: nothing of it may be believed.
            journal = earlier
            if let fault = error as? Fault { note(fault) }
            for item in done { item.job.finish(item.error ?? error) }
            if done.isEmpty, let (_, job) = next(false) { job.finish(error) }
        }
        return measure
    }

    /// Never so little that a slow disk stops a directory job altogether.
    private var bulkTime: Duration { max(budget / 5, budget - bulkCommit * 5 / 4) }

    /// Empties the log of erased bytes, unless a reader still needs it; then it is asked for again.
    func truncateLogIfNeeded() {
        if logNeedsTruncation { logNeedsTruncation = (try? pool.truncateLog()) != true }
    }

    private func collect(
        _ connection: SQLiteConnection, _ next: (Bool) -> (WriterLane, Writer.Job)?, _ done: inout [Done]
    ) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + budget
        var isInteractive = false
        while done.isEmpty || clock.now < deadline, let (lane, job) = next(isInteractive) {
            isInteractive = isInteractive || lane.isInteractive
            if done.isEmpty, !lane.isInteractive {
                try runFirstBulk(job, connection, &done)
            } else {
                try runOne(job, connection, &done)
            }
        }
    }

    private func makeTransaction(_ connection: SQLiteConnection) -> Transaction {
        Transaction(
            sql: connection, now: clock(), keys: keys, node: node, refusal: refusal, journal: journal,
            workUntil: workUntil)
    }

    /// A bulk body that begins a transaction needs no savepoint, which would copy every page it touches: if it fails,
    /// there is nothing else to keep.
    private func runFirstBulk(_ job: Writer.Job, _ connection: SQLiteConnection, _ done: inout [Done]) throws {
        let transaction = makeTransaction(connection)
        do {
            try job.run(transaction)
            journal = transaction.journal
            done.append(Done(job: job, error: nil, transaction: transaction))
        } catch {
            note(error)
            done.append(Done(job: job, error: error, transaction: transaction))
            if connection.isInsideTransaction { try connection.execute("ROLLBACK") }
            try connection.execute("BEGIN IMMEDIATE")
        }
    }

    private func runOne(_ job: Writer.Job, _ connection: SQLiteConnection, _ done: inout [Done]) throws {
        let transaction = makeTransaction(connection)
        do {
            try connection.execute("SAVEPOINT body")
            try job.run(transaction)
            try connection.execute("RELEASE body")
            journal = transaction.journal
            done.append(Done(job: job, error: nil, transaction: transaction))
        } catch {
            note(error)
            done.append(Done(job: job, error: error, transaction: transaction))
            // A full disk rolls the whole transaction back by itself; then there is no savepoint to return to.
            guard connection.isInsideTransaction else { throw error }
            try connection.execute("ROLLBACK TO body")
            try connection.execute("RELEASE body")
        }
    }

    private func note(_ error: any Error) {
        if let fault = error as? Fault, Store.deviceFaults.contains(fault.code) { failure = fault }
    }

    private func finish(_ done: [Done]) {
        for item in done {
            guard item.error == nil else {
                item.job.finish(item.error)
                continue
            }
            if item.transaction.erasedSomebody {
                keys.people.removeAll()
                logNeedsTruncation = true
            }
            for (name, key) in item.transaction.madeKeys { keys.people[name.tenant, name.person] = key }
            for closure in item.transaction.closures { closure() }
        }
        // Erased bytes must leave the log too before the caller hears that they are gone.
        truncateLogIfNeeded()
        for item in done where item.error == nil { item.job.finish(nil) }
    }
}
