import Vocabulary

/// Where the store lives and what bounds it.
public struct StoreConfiguration: Sendable {
    /// Data directory; made (mode 0700) when absent.
    public var directory: String
    /// This process, as events name it.
    public var node: NodeID
    /// Connections for reading, 1 to 64.
    public var readers = 4
    /// Bodies that may wait in one lane; one more is refused with `storage.overloaded`.
    public var laneLimit = 4_096
    /// How long one transaction may collect bodies.
    public var batchBudget: Duration = .milliseconds(20)
    public var busyTimeout: Duration = .seconds(5)
    /// Where signed heads go to; nil is for tests and tools.
    public var headSink: (any HeadSink)?
    /// Where erasures are noted outside the database; nil is for tests and tools.
    public var erasureLog: ErasureLog?
    public var migrations: [Migration] = Migration.all

    public init(directory: String, node: NodeID, headSink: (any HeadSink)? = nil) {
        self.directory = directory
        self.node = node
        self.headSink = headSink
    }

    /// The one file that holds rows, journal and wrapped keys.
    public var databasePath: String { directory + "/gatehouse.db" }
}
