import Vocabulary

/// An event as it is stored and hashed.
public struct EventEnvelope: Hashable, Sendable {
    public var tenant: TenantID
    public var event: EventID
    public var stream: Stream
    public var streamVersion: Int64
    public var type: String
    public var at: Timestamp
    public var actor: Actor
    public var onBehalfOf: Subject?
    public var command: CommandID
    public var causation: EventID?
    public var trace: String?
    public var node: NodeID
    public var facts: [Fact]
    public var commitments: [Commitment]
}

/// What the leaf holds of a personal section: HMAC-SHA-256 of the plaintext under its own salt, which is sealed with
/// it.
public struct Commitment: Hashable, Sendable {
    public let person: PersonID
    public let name: String
    public let key: KeyID
    /// 32 bytes.
    public let tag: [UInt8]
}

/// The journal's own binary form, version 1: a version byte, then fields in a fixed order, each text and list
/// preceded by its length. Records are hashed as stored and never re-encoded; reading checks every bound.
public enum EnvelopeCodec {
    /// No record is longer.
    public static let limit = 1 << 20
    static let version: UInt8 = 1

    /// Throws `journal.invalid` when a word, count or length is outside its bounds.
    public static func encode(_ envelope: EventEnvelope) throws -> [UInt8] {
        var writer = EnvelopeWriter()
        writer.bytes.append(version)
        writer.bytes.append(envelope.tenant)
        writer.bytes.append(envelope.event)
        try writer.word(envelope.stream.kind.rawValue)
        try writer.fixed(envelope.stream.id, 16)
        writer.bytes.append(bigEndian: envelope.streamVersion)
        try writer.word(envelope.type)
        writer.bytes.append(bigEndian: envelope.at.microseconds)
        try writer.actor(envelope.actor)
        writer.subject(envelope.onBehalfOf)
        writer.bytes.append(envelope.command)
        writer.optional(envelope.causation)
        try writer.text(envelope.trace ?? "")
        writer.bytes.append(envelope.node)
        try writer.facts(envelope.facts)
        try writer.commitments(envelope.commitments)
        guard writer.bytes.count <= limit else {
            throw EnvelopeWriter.invalid("A record has more than \(limit) bytes.")
        }
        return writer.bytes
    }

    /// Reads any known version, older ones through their upcaster. Throws `journal.malformed`.
    public static func decode(_ bytes: [UInt8]) throws -> EventEnvelope {
        guard bytes.count <= limit, let first = bytes.first else { throw EnvelopeReader.malformed }
        guard let read = readers[first] else {
            throw Fault("journal.version", .ourselves, "A record has schema version \(first), which is not known here.")
        }
        return try read(bytes)
    }

    // One entry per schema version ever written; an older one ends in a conversion to today's envelope.
    private static let readers: [UInt8: @Sendable ([UInt8]) throws -> EventEnvelope] = [1: decodeVersion1]

    @Sendable private static func decodeVersion1(_ bytes: [UInt8]) throws -> EventEnvelope {
        var reader = EnvelopeReader(bytes, from: 1)
        let envelope = EventEnvelope(
            tenant: try reader.id(), event: try reader.id(),
            stream: Stream(kind: StreamKind(rawValue: try reader.word()), id: try reader.fixed(16)),
            streamVersion: try reader.integer(), type: try reader.word(),
            at: Timestamp(microseconds: try reader.integer()), actor: try reader.actor(),
            onBehalfOf: try reader.subject(), command: try reader.id(), causation: try reader.optionalID(),
            trace: try reader.trace(), node: try reader.id(), facts: try reader.facts(),
            commitments: try reader.commitments())
        guard reader.isAtEnd else { throw EnvelopeReader.malformed }
        return envelope
    }
}
