import LDAP

/// How a directory's servers answered lately.
public enum DirectoryState: String, Sendable, CaseIterable {
    /// The first server of the list works, or nobody has asked yet.
    case up
    /// The first server is being left alone; another one answers for it.
    case failedOver = "failed_over"
    /// Every server is being left alone; each is tried again after its pause.
    case down
}

extension LDAPDirectory {
    /// What the last operations learned of the servers; asks none of them.
    public var state: DirectoryState {
        guard let preferred = client.servers.preferred else { return .down }
        return preferred == client.servers.configurations.first?.endpoint ? .up : .failedOver
    }
}

/// How busy a directory's connections are and where each of its servers stands, read at one moment.
public struct DirectoryReading: Sendable {
    /// Connections of one kind.
    public struct Pool: Sendable {
        /// `search` or `bind`.
        public let name: String
        public let busy: Int
        public let idle: Int
        /// Callers that wait for one.
        public let waiting: Int
        /// Callers refused so far because none came free.
        public let refused: Int
    }

    /// One server of the list.
    public struct Server: Sendable {
        public let endpoint: String
        /// One of `circuitStates`.
        public let circuit: String
    }

    /// Where a circuit can stand: `closed` while the server works, `open` while it is left alone, `trial` while one
    /// caller tries it.
    public static let circuitStates = CircuitBreaker.Condition.allCases.map(\.rawValue)

    public let pools: [Pool]
    /// In the order of the configuration.
    public let servers: [Server]
}

extension LDAPDirectory {
    /// What the connections and circuits are at now; asks no server.
    public var reading: DirectoryReading {
        let pools = [("search", client.searches.load), ("bind", client.binds.load)].map { name, load in
            DirectoryReading.Pool(
                name: name, busy: load.inUse, idle: load.resting, waiting: load.waiting, refused: load.refused)
        }
        let servers = client.servers.conditions.map {
            DirectoryReading.Server(endpoint: $0.endpoint.description, circuit: $0.condition.rawValue)
        }
        return DirectoryReading(pools: pools, servers: servers)
    }
}
