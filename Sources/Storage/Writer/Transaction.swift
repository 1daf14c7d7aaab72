import Vocabulary

/// One body's turn at the writer: its statements, its events and what to do once they are durable.
/// Belongs to the writer's thread and must not outlive the body.
public final class Transaction {
    public let sql: any SQLConnection
    /// The moment of this transaction; every event in it has this time.
    public let now: Timestamp
    public let keys: KeyRing
    /// Until when bulk work may go on before it makes room, so that the writer is held for 20 ms, commit included.
    public let workUntil: ContinuousClock.Instant
    let node: NodeID
    let refusal: Fault?
    var journal: JournalState
    var madeKeys: [PersonKeyCache.Name: PersonKey] = [:]
    var erasedSomebody = false
    /// The master key that this transaction wraps everything under, when it changes it.
    var newMaster: MasterKey?
    private(set) var closures: [@Sendable () -> Void] = []

    init(
        sql: any SQLConnection, now: Timestamp, keys: KeyRing, node: NodeID, refusal: Fault?, journal: JournalState,
        workUntil: ContinuousClock.Instant
    ) {
        self.sql = sql
        self.now = now
        self.keys = keys
        self.node = node
        self.refusal = refusal
        self.journal = journal
        self.workUntil = workUntil
    }

    /// Runs after this transaction is durable, in commit order, before its caller is resumed. Must be quick: the
    /// writer waits for it.
    public func afterCommit(_ closure: @escaping @Sendable () -> Void) { closures.append(closure) }
}
