/// What keeps a relay from going on. It tries again in every case.
public enum RelayTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no connection, or it ended.
    case disconnected
    /// An acknowledgement did not come in time.
    case unacknowledged
    /// The stream is further than we thought: another relay works, or somebody else published.
    case overtaken
    /// The stream is behind what it had acknowledged, or has other messages there: it lost its end.
    case outOfStep
    /// The stream cannot be asked, made or written to.
    case stream(StreamFault)
    /// The event at this position cannot be published as it is. Nothing after it is published either.
    case event(position: Int64, MessagingError)
    /// The log cannot be read, or its events are not in order.
    case log(String)
    /// More messages of others than are looked behind stand after the last event of ours.
    case foreignMessages

    init(_ fault: StreamFault) {
        switch fault {
        case .unanswered(.notConnected), .unanswered(.connectionLost), .unanswered(.closed): self = .disconnected
        default: self = .stream(fault)
        }
    }

    public var description: String {
        switch self {
        case .disconnected: "there is no connection"
        case .unacknowledged: "the stream does not acknowledge"
        case .overtaken: "somebody else published to the stream"
        case .outOfStep: "the stream lost its end"
        case .stream(let fault): "the stream: \(fault)"
        case .event(let position, let error): "the event at \(position): \(error)"
        case .log(let text): "the log: \(text)"
        case .foreignMessages: "too many messages of others stand after the last event"
        }
    }
}

/// How a relay is at one moment.
public enum RelayStatus: Sendable, Hashable {
    /// Not running, or finding out where the stream is.
    case starting
    /// Publishing.
    case running
    /// All of the log is acknowledged.
    case upToDate
    /// Waiting to try again.
    case waiting(RelayTrouble)
    /// Its task was cancelled.
    case stopped
}

/// Counts of a relay since it was made.
public struct RelayMetrics: Sendable, Hashable {
    /// Events handed to the connection, again ones among them.
    public internal(set) var published = 0
    /// Events that the stream has acknowledged to us; those that it was found to have after trouble are not among them.
    public internal(set) var acknowledged = 0
    /// Events that were sent again.
    public internal(set) var retried = 0
    /// Events that a server refused.
    public internal(set) var refused = 0
    /// Events of which a server said that it has them already, at the place where they belong: another relay was faster.
    public internal(set) var duplicates = 0
    /// How often the stream was asked where to go on.
    public internal(set) var resumed = 0
    /// Messages of others, and copies, that stood after the last event of ours at those times.
    public internal(set) var foreign = 0
    /// How often the stream was made.
    public internal(set) var streamsMade = 0
    /// The last position acknowledged.
    public internal(set) var position: Int64 = 0
    /// The last position known to be in the log.
    public internal(set) var head: Int64 = 0
    /// Where the stream differs from its definition and was left so.
    public internal(set) var differences: [StreamDifference] = []

    /// How far the stream is behind the log, in positions.
    public var lag: Int64 { max(0, head - position) }
}
