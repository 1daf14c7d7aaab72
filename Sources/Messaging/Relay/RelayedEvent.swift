/// An event of a log, as it is to stand in the stream.
public struct RelayedEvent: Sendable, Hashable {
    /// Where it stands in the log: above 0, and above that of the event before.
    public let position: Int64
    public let subject: String
    /// Its own for ever: nobody guesses that of an event to come.
    public let messageID: String
    public let payload: [UInt8]
    public let headers: [Header]

    /// A further header field; names that begin with `Nats-` tell servers what to do, and are refused.
    public struct Header: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(position: Int64, subject: String, messageID: String, payload: [UInt8], headers: [Header] = []) {
        self.position = position
        self.subject = subject
        self.messageID = messageID
        self.payload = payload
        self.headers = headers
    }

    /// The header in which an event says its position.
    public static let positionHeader = "Gatehouse-Position"

    /// The message that a server takes only as the next after a sequence, and after a message of that id.
    func message(after sequence: UInt64, _ previousID: String?) throws(MessagingError) -> OutgoingMessage {
        guard !messageID.isEmpty else { throw .invalidMessage("the event has no id") }
        var fields: [(name: String, value: String)] = [
            ("Nats-Msg-Id", messageID), ("Nats-Expected-Last-Sequence", "\(sequence)"),
            (Self.positionHeader, "\(position)"),
        ]
        if let previousID { fields.append(("Nats-Expected-Last-Msg-Id", previousID)) }
        for header in headers {
            let name = header.name.lowercased()
            guard !name.hasPrefix("nats-"), name != Self.positionHeader.lowercased() else {
                throw .invalidMessage("the header \(safe(header.name)) is not an event's to set")
            }
            fields.append((header.name, header.value))
        }
        return try OutgoingMessage(subject, payload, MessageHeaders(fields))
    }
}

/// The last event that a stream acknowledged.
public struct RelayCursor: Sendable, Hashable, Codable {
    /// Its position in the log; 0 for none.
    public var position: Int64
    /// Its sequence in the stream.
    public var sequence: UInt64
    /// When that stream was made; of another stream it says nothing.
    public var streamCreated: String

    public init(position: Int64, sequence: UInt64, streamCreated: String) {
        self.position = position
        self.sequence = sequence
        self.streamCreated = streamCreated
    }
}

/// Where a relay gets events, and keeps how far it is.
public struct RelaySource: Sendable {
    /// The events after a position, in order, `limit` of them at most; none when there is none yet.
    public var next: @Sendable (_ after: Int64, _ limit: Int) async throws -> [RelayedEvent]
    /// The cursor that was saved last. It is looked at when the stream holds none of our events any more, and to tell an
    /// event of ours from a copy of it that somebody else published.
    public var load: @Sendable () async throws -> RelayCursor?
    /// Keeps a cursor: now and then, and whenever all is acknowledged.
    public var save: @Sendable (RelayCursor) async throws -> Void

    public init(
        next: @escaping @Sendable (_ after: Int64, _ limit: Int) async throws -> [RelayedEvent],
        load: @escaping @Sendable () async throws -> RelayCursor? = { nil },
        save: @escaping @Sendable (RelayCursor) async throws -> Void = { _ in }
    ) {
        self.next = next
        self.load = load
        self.save = save
    }
}

/// How a relay works.
public struct RelayConfiguration: Sendable {
    /// Events that are sent and not acknowledged.
    public var inFlightLimit = 250
    /// Events that are fetched at once.
    public var batchLimit = 500
    /// For a server to acknowledge an event.
    public var acknowledgementTimeout: Duration = .seconds(10)
    /// The log is looked at this often, even when nobody wakes the relay.
    public var pollInterval: Duration = .seconds(5)
    /// Waits after trouble.
    public var retryWait: ClosedRange<Duration> = .milliseconds(50) ... .seconds(5)
    /// Messages of others that are looked behind for the last event of ours.
    public var lookBackLimit = 100_000
    /// A cursor is saved after so many acknowledged events, and whenever all are.
    public var saveInterval = 1_000

    public init() {}
}
