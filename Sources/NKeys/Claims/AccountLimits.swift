/// How much an account may have; the operator sets it, by signing the account.
public struct AccountLimits: Sendable, Equatable {
    /// Connections at a time.
    public var connections: Limit
    /// Leaf nodes among them.
    public var leafNodes: Limit
    /// Subscriptions of a connection.
    public var subscriptions: Limit
    /// Bytes; servers do not hold accounts to it yet.
    public var data: Limit
    /// Bytes of a message.
    public var payload: Limit
    public var imports: Limit
    public var exports: Limit
    /// Whether exports may have wildcards.
    public var wildcardExports: Bool
    /// Whether tokens of its users that need no seed are refused.
    public var refusesBearerTokens: Bool
    public var jetStream: JetStream

    /// What an account may keep.
    public enum JetStream: Sendable, Equatable {
        case disabled
        case limited(JetStreamLimits)
        /// By the number of replicas, `R1` and `R3`.
        case tiers([String: JetStreamLimits])
    }

    /// Without limits, and without JetStream.
    public init(jetStream: JetStream = .disabled) {
        connections = .unlimited
        leafNodes = .unlimited
        subscriptions = .unlimited
        data = .unlimited
        payload = .unlimited
        imports = .unlimited
        exports = .unlimited
        wildcardExports = true
        refusesBearerTokens = false
        self.jetStream = jetStream
    }

    func faults(_ place: String) -> [NATSFault] {
        let narrow: [(String, Limit)] = [
            ("conn", connections), ("leaf", leafNodes), ("subs", subscriptions), ("payload", payload),
        ]
        let wide: [(String, Limit)] = [("data", data), ("imports", imports), ("exports", exports)]
        return narrow.flatMap { $0.1.faults("\(place).\($0.0)", bits: 32) }
            + wide.flatMap { $0.1.faults("\(place).\($0.0)") } + jetStream.faults(place)
    }
}

/// What an account may keep, or a tier of it.
public struct JetStreamLimits: Sendable, Equatable {
    /// Bytes in memory and on disk. Where both are 0 there is no JetStream.
    public var memory: Limit
    public var disk: Limit
    public var streams: Limit
    public var consumers: Limit
    /// Messages that a consumer may leave unacknowledged; 0 and -1 are no limit.
    public var pendingAcknowledgements: Limit
    /// Bytes of one stream in memory, and of one on disk; 0 and -1 are no limit.
    public var memoryPerStream: Limit
    public var diskPerStream: Limit
    /// Whether every stream has to say how much it may have.
    public var streamsNeedBounds: Bool

    /// So many bytes, and as many streams and consumers as one likes.
    public init(memory: Limit, disk: Limit, streams: Limit = .unlimited, consumers: Limit = .unlimited) {
        self.memory = memory
        self.disk = disk
        self.streams = streams
        self.consumers = consumers
        pendingAcknowledgements = .nothing
        memoryPerStream = .nothing
        diskPerStream = .nothing
        streamsNeedBounds = false
    }

    func faults(_ place: String) -> [NATSFault] {
        let limits: [(String, Limit)] = [
            ("mem_storage", memory), ("disk_storage", disk), ("streams", streams), ("consumer", consumers),
            ("max_ack_pending", pendingAcknowledgements), ("mem_max_stream_bytes", memoryPerStream),
            ("disk_max_stream_bytes", diskPerStream),
        ]
        return limits.flatMap { $0.1.faults("\(place).\($0.0)") }
    }
}

extension AccountLimits.JetStream {
    fileprivate func faults(_ place: String) -> [NATSFault] {
        switch self {
        case .disabled: return []
        case .limited(let limits): return limits.faults(place)
        case .tiers(let tiers):
            let inner = tiers.sorted { $0.key < $1.key }.flatMap { $0.value.faults("\(place).tiered_limits.\($0.key)") }
            guard tiers.isEmpty || tiers.keys.contains("") else { return inner }
            return inner + [
                NATSFault(
                    .invalidLimit, place + ".tiered_limits", "has no name for a tier",
                    "Tiers are called R1 and R3, by their replicas.")
            ]
        }
    }
}
