import Vocabulary

/// Who did it, for whom and because of what: the part of an event that a whole command shares.
public struct EventContext: Sendable, Hashable {
    public var tenant: TenantID
    public var actor: Actor
    public var onBehalfOf: Subject?
    public var command: CommandID
    public var causation: EventID?
    /// W3C trace id, at most 64 bytes.
    public var trace: String?

    public init(
        tenant: TenantID, actor: Actor, onBehalfOf: Subject? = nil, command: CommandID, causation: EventID? = nil,
        trace: String? = nil
    ) {
        self.tenant = tenant
        self.actor = actor
        self.onBehalfOf = onBehalfOf
        self.command = command
        self.causation = causation
        self.trace = trace
    }
}

/// A kind of aggregate, such as `person` or `sync_run`: 1 to 64 bytes of `[a-z0-9_.:-]`.
public struct StreamKind: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
}

/// The aggregate an event belongs to: its kind and surrogate id.
public struct Stream: Hashable, Sendable {
    public let kind: StreamKind
    /// Sixteen bytes.
    public let id: [UInt8]

    public init(kind: StreamKind, id: [UInt8]) {
        self.kind = kind
        self.id = id
    }

    public init<Kind>(_ kind: StreamKind, _ id: Identifier<Kind>) { self.init(kind: kind, id: id.bytes) }
}

/// Personal data or free text of an event, sealed under that person's key; the leaf holds only a commitment to it.
public struct PersonalSection: Sendable, CustomStringConvertible {
    public let person: PersonID
    public let name: String
    /// JSON, at most 64 KiB.
    public let plaintext: [UInt8]
    public init(person: PersonID, name: String, plaintext: [UInt8]) {
        self.person = person
        self.name = name
        self.plaintext = plaintext
    }
    public var description: String { "section \(name) of \(person)" }
}

/// An event about to be appended.
public struct NewEvent: Sendable {
    public var context: EventContext
    public var stream: Stream
    /// Dot-separated, past tense: `person.disabled`.
    public var type: String
    public var facts: [Fact]
    public var sections: [PersonalSection]
    /// The stream's version the caller decided on (0 for a new stream); nil when no decision rests on it.
    public var expectedVersion: Int64?

    public init(
        context: EventContext, stream: Stream, type: String, facts: [Fact] = [], sections: [PersonalSection] = [],
        expectedVersion: Int64? = nil
    ) {
        self.context = context
        self.stream = stream
        self.type = type
        self.facts = facts
        self.sections = sections
        self.expectedVersion = expectedVersion
    }
}

/// What an appended event was given.
public struct AppendedEvent: Hashable, Sendable {
    public let id: EventID
    /// From 1, without gaps, per tenant: the order of everything.
    public let position: Int64
    public let streamVersion: Int64
    public let at: Timestamp
}
