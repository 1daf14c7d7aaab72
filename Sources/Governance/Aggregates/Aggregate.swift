import Vocabulary

/// An event with the part of its envelope that the fold may read: when it happened and by whom.
public struct Recorded<Event: Sendable & Hashable>: Sendable, Hashable {
    public let event: Event
    public let at: Timestamp
    public let actor: Actor

    /// An event as it came, or will come, out of the journal.
    public init(_ event: Event, at: Timestamp, actor: Actor) {
        self.event = event
        self.at = at
        self.actor = actor
    }
}

/// How one kind of governed thing is folded from its events and how those are written: values, not a protocol, so that
/// the store holds a list of them and knows nothing else.
public struct Aggregate<State: Sendable & Hashable & Codable, Event: Sendable & Hashable>: Sendable {
    /// The journal's stream kind, such as `policy`.
    public let kind: String
    /// Folds one event into the state before it (nil before the first), in place, so that a long history costs no
    /// copies. A throw leaves the state as it was.
    public let apply: @Sendable (inout State?, Recorded<Event>) throws(GovernanceError) -> Void
    /// The event as it is written.
    public let encode: @Sendable (Event) -> EventRecord
    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    public let decode: @Sendable (EventRecord) throws -> Event

    /// An aggregate of one kind, by its three functions.
    public init(
        kind: String, apply: @escaping @Sendable (inout State?, Recorded<Event>) throws(GovernanceError) -> Void,
        encode: @escaping @Sendable (Event) -> EventRecord, decode: @escaping @Sendable (EventRecord) throws -> Event
    ) {
        self.kind = kind
        self.apply = apply
        self.encode = encode
        self.decode = decode
    }

    /// Folds events onto a snapshot's state, or onto nothing. The first event of all has to be a creation, else
    /// `GovernanceError.invalidSequence`.
    public func fold(_ state: State? = nil, _ events: some Sequence<Recorded<Event>>) throws(GovernanceError) -> State?
    {
        var state = state
        for event in events { try apply(&state, event) }
        return state
    }
}

/// How often a snapshot is taken: a state as of a stream version, so that loading need not start from the first event.
public struct SnapshotCadence: Sendable, Hashable {
    /// Events between two snapshots.
    public let every: Int64

    /// Between 1 and 1,000,000; nil outside. Low numbers load faster, high ones store less.
    public init?(every: Int64) {
        guard (1...1_000_000).contains(every) else { return nil }
        self.every = every
    }

    private init(unchecked every: Int64) { self.every = every }

    /// Every 100 events.
    public static let standard = SnapshotCadence(unchecked: 100)

    /// Whether appending events `from + 1 ... to` makes a snapshot due.
    public func isDue(from: Int64, to: Int64) -> Bool { to / every > from / every }
}
