import Vocabulary

/// An event of the journal as evidence rests on it: the envelope and the facts in the clear. No personal text is ever
/// part of it, so that an assessment stays what it was when a person is erased.
public struct EvidenceEvent: Sendable, Hashable {
    public let position: Int64
    public let event: EventID
    public let type: String
    public let at: Timestamp
    public let actor: Actor
    public let streamKind: String
    /// Sixteen bytes.
    public let stream: [UInt8]
    public let causation: EventID?
    public let facts: [Fact]
    /// How many sealed sections it has.
    public let sections: Int

    /// An event as it stands in the journal.
    public init(
        position: Int64, event: EventID, type: String, at: Timestamp, actor: Actor, streamKind: String,
        stream: [UInt8], causation: EventID? = nil, facts: [Fact] = [], sections: Int = 0
    ) {
        (self.position, self.event, self.type, self.at) = (position, event, type, at)
        (self.actor, self.streamKind, self.stream) = (actor, streamKind, stream)
        (self.causation, self.facts, self.sections) = (causation, facts, sections)
    }
}

extension EvidenceEvent {
    var place: EvidencePlace { EvidencePlace(position: position, at: at) }

    /// The person or service account who did it, nil for the machine and its administrator.
    var subject: Subject? {
        switch actor {
        case .person(let id): .person(id)
        case .serviceAccount(let id): .serviceAccount(id)
        case .operatingSystemUser, .system, .client, .anonymous: nil
        }
    }

    private func value(_ name: String) -> FactValue? { facts.first { $0.name == name }?.value }

    func id<Kind>(_ name: String) -> Identifier<Kind>? {
        guard case .id(let bytes, _)? = value(name) else { return nil }
        return Identifier(bytes: bytes)
    }

    func ids<Kind>(_ name: String) -> [Identifier<Kind>] {
        guard case .list(let values)? = value(name) else { return [] }
        return values.compactMap { value in
            guard case .id(let bytes, _) = value else { return nil }
            return Identifier(bytes: bytes)
        }
    }

    func subject(_ name: String) -> Subject? { value(name).flatMap(RecordReader.subject) }

    func word(_ name: String) -> String? {
        guard case .word(let word)? = value(name) else { return nil }
        return word
    }

    func integer(_ name: String) -> Int64? {
        guard case .integer(let number)? = value(name) else { return nil }
        return number
    }

    func bool(_ name: String) -> Bool? {
        guard case .bool(let flag)? = value(name) else { return nil }
        return flag
    }

    func time(_ name: String) -> Timestamp? {
        guard case .time(let time)? = value(name) else { return nil }
        return time
    }

    func digest(_ name: String) -> [UInt8]? {
        guard case .digest(let bytes)? = value(name) else { return nil }
        return bytes
    }

    /// How many values a list has, 0 where it is none.
    func count(_ name: String) -> Int {
        guard case .list(let values)? = value(name) else { return 0 }
        return values.count
    }
}

/// Where and when something stands in the journal.
struct EvidencePlace: Sendable, Hashable {
    let position: Int64
    let at: Timestamp

    /// Whether it lies at most so many days before a moment.
    func isWithin(_ days: Int, of moment: Timestamp) -> Bool { moment - at <= .days(days) }
}
