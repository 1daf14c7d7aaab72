import Governance
import JOSE
import Storage
import Vocabulary

/// What a stream says of one event: enough to fold it, and nothing that is about a person but ids.
struct EventMessage: Sendable {
    /// What it says happened.
    enum Content: Sendable {
        case event(EventRecord)
        /// The state as JSON after the version of the message; nil for something that has ended.
        case snapshot([UInt8]?)
    }

    /// The form of these messages: raised when a reader of the form before would fold something else.
    static let form: Int64 = 1

    /// Its place in the journal.
    let position: Int64
    let event: EventID
    let kind: String
    let id: [UInt8]
    /// The version of the thing after it.
    let version: Int64
    let at: Timestamp
    let actor: Actor
    let command: CommandID
    let content: Content

    /// What it is called in its subject.
    var name: String {
        switch content {
        case .event(let record): EventName.of(record.type)
        case .snapshot: EventName.snapshot
        }
    }

    static func malformed(_ what: String) -> Fault {
        Fault("event_stream.malformed", .peer, "\(what) of the stream cannot be read.")
    }
}

// MARK: Writing

extension EventMessage {
    /// As a message that a relay publishes.
    func relayed(_ subjects: MessagingSubjects) -> (subject: String, payload: [UInt8]) {
        let id = Identifier<Void>(bytes: id)?.description ?? ""
        var object = JSONObject()
        object["form"] = .integer(Self.form)
        object["position"] = .integer(position)
        object["event_id"] = .string(event.description)
        object["name"] = .string(name)
        object["kind"] = .string(kind)
        object["aggregate_id"] = .string(id)
        object["version"] = .integer(version)
        object["at"] = .string(at.rfc3339)
        object["actor"] = .string(actor.description)
        object["command_id"] = .string(command.description)
        switch content {
        case .event(let record):
            object["type"] = .string(record.type)
            object["facts"] = .object(EventFacts.json(record.facts))
            let texts = Dictionary(
                record.texts.filter { $0.holder == .tenant }.map { ($0.name, JSONValue($0.value)) },
                uniquingKeysWith: { first, _ in first })
            if !texts.isEmpty { object["texts"] = .object(JSONObject(sorting: texts)) }
        case .snapshot(let state):
            // As a text, so that its bytes stay what they are.
            object["state"] = state.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
        }
        return (subjects.event(kind, id: id, name: name), object.serialized)
    }
}

// MARK: Reading

extension EventMessage {
    /// Reads a message of a stream.
    ///
    /// - Throws: `event_stream.malformed`; `event_stream.form` for one of a later version.
    init(_ payload: [UInt8]) throws {
        guard let object = try? JSONObject(parsingOwn: payload) else { throw Self.malformed("A message") }
        guard object["form"]?.integer == Self.form else {
            throw Fault(
                "event_stream.form", .peer, "A message of the stream is of a form that is not known here.",
                remedy: "Read it with the version that wrote it, or a later one.")
        }
        func text(_ name: String) throws -> String {
            guard let text = object[name]?.text else { throw Self.malformed("`\(name)` of a message") }
            return text
        }
        func number(_ name: String) throws -> Int64 {
            guard let number = object[name]?.integer, number > 0 else { throw Self.malformed("`\(name)` of a message") }
            return number
        }
        guard let event = EventID(try text("event_id")), let id = Identifier<Void>(try text("aggregate_id")),
            let at = Timestamp(rfc3339: try text("at")), let actor = Actor(described: try text("actor")),
            let command = CommandID(try text("command_id"))
        else { throw Self.malformed("A message") }
        let content: Content
        if try text("name") == EventName.snapshot {
            content = .snapshot(object["state"]?.text.map { Array($0.utf8) })
        } else {
            content = .event(
                EventRecord(
                    try text("type"), facts: try EventFacts.read(object["facts"]?.object ?? [:]),
                    texts: (object["texts"]?.object ?? [:]).entries.map {
                        EventText($0.name, .tenant, AttributeValue($0.value))
                    }))
        }
        self.init(
            position: try number("position"), event: event, kind: try text("kind"), id: id.bytes,
            version: try number("version"), at: at, actor: actor, command: command, content: content)
    }
}

// MARK: Out of the journal

extension EventMessage {
    /// An event of the journal as the stream is to say it.
    ///
    /// - Parameter state: the state of a thing as its first events left it, for what is published of it.
    init(
        _ stored: GovernedEvent, state: (_ kind: String, _ id: [UInt8], _ version: Int64) throws -> [UInt8]?
    ) throws {
        let envelope = stored.envelope
        let stream = envelope.stream
        let content: Content
        var version = envelope.streamVersion
        if let kind = stream.snapshotKind {
            version = try Self.version(of: envelope)
            content = .snapshot(try state(kind, stream.id, version))
        } else {
            content = .event(
                EventRecord(
                    envelope.type, facts: envelope.facts, texts: try stored.texts.compactMap(EventText.init)))
        }
        self.init(
            position: stored.position, event: envelope.event, kind: stream.snapshotKind ?? stream.governedKind ?? "",
            id: stream.id, version: version, at: envelope.at, actor: envelope.actor, command: envelope.command,
            content: content)
    }

    /// Which version of the thing a published state is of.
    static func version(of envelope: EventEnvelope) throws -> Int64 {
        guard case .integer(let version)? = envelope.facts.first(where: { $0.name == "version" })?.value else {
            throw Fault("storage.corrupt", .ourselves, "A published state does not say its version.")
        }
        return version
    }
}
