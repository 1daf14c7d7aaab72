import Governance
import Storage
import Vocabulary

/// A state and the stream version it holds for, 0 and nil before the first event.
public struct Loaded<State: Sendable & Hashable & Codable>: Sendable, Hashable {
    /// Nil before the first event, and after one that ended the thing for good.
    public var state: State?
    /// The stream version of the last event that is folded in.
    public var version: Int64
    /// The position of the last event read or written; 0 when all of it came from a snapshot.
    var position: Int64 = 0

    init(state: State?, version: Int64) { (self.state, self.version) = (state, version) }

    /// Before the first event.
    public init() { self.init(state: nil, version: 0) }

    /// Alike when state and version are, wherever they were read.
    public static func == (left: Self, right: Self) -> Bool {
        left.version == right.version && left.state == right.state
    }

    /// By state and version.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(version)
        hasher.combine(state)
    }
}

/// The stream of one governed thing: its events in the journal, and the state that they fold to.
public struct GovernedStream<State: Sendable & Hashable & Codable, Event: Sendable & Hashable>: Sendable {
    /// The form of today's snapshots: raised whenever a state's JSON changes, so that older ones are folded anew.
    static var snapshotFormat: Int64 { 5 }

    let aggregate: Aggregate<State, Event>
    /// Where its events stand.
    public let stream: Stream

    /// The stream of the thing with this id.
    public init<Kind>(_ aggregate: Aggregate<State, Event>, _ id: Identifier<Kind>) {
        self.aggregate = aggregate
        stream = Stream(.governed(aggregate.kind), id)
    }

    /// The state now: the newest snapshot and what came after it, or everything from the first event. Throws
    /// `keys.refused` for a snapshot that was not sealed for this stream, and `storage.corrupt` or
    /// `governance.broken_stream` for a journal that cannot be folded.
    public func load(
        _ sql: any SQLConnection, in tenant: TenantID, keys: KeyRing, fromSnapshot: Bool = true
    ) throws -> Loaded<State> {
        var loaded = Loaded<State>()
        if fromSnapshot,
            let kept = try sql.snapshot(of: stream, in: tenant, format: Self.snapshotFormat, keys: keys)
        {
            let text = String(decoding: kept.state, as: UTF8.self)
            loaded = Loaded(state: try JSONColumn.decode(State.self, text), version: kept.version)
        }
        try forEach(sql, in: tenant, after: loaded.version, keys: keys) { event, stored in
            try fold(event, &loaded.state)
            (loaded.version, loaded.position) = (stored.version, stored.position)
        }
        return loaded
    }

    /// Every event after a version, oldest first.
    func forEach(
        _ sql: any SQLConnection, in tenant: TenantID, after version: Int64 = 0, keys: KeyRing,
        _ body: (Recorded<Event>, StreamEvent) throws -> Void
    ) throws {
        var version = version
        while true {
            let page = try sql.streamEvents(stream, in: tenant, after: version, limit: Store.pageLimit, keys: keys)
            for stored in page {
                try body(
                    Recorded(try aggregate.decode(EventRecord(stored)), at: stored.at, actor: stored.actor), stored)
                version = stored.version
            }
            guard page.count == Store.pageLimit else { return }
        }
    }

    /// Appends what was decided on a loaded state, and a snapshot where one is due. Throws `storage.conflict` when the
    /// stream has moved on since it was loaded.
    public func append(
        _ events: [Event], to loaded: Loaded<State>, by caller: Caller, cadence: SnapshotCadence, _ tx: Transaction
    ) throws -> Loaded<State> {
        var after = loaded
        for event in events {
            let record = aggregate.encode(event)
            let appended = try tx.append(
                caller.event(
                    record.type, stream, facts: record.facts, sections: try record.texts.map { try $0.section() },
                    expectedVersion: after.version))
            try fold(Recorded(event, at: appended.at, actor: caller.actor), &after.state)
            (after.version, after.position) = (appended.streamVersion, appended.position)
        }
        if cadence.isDue(from: loaded.version, to: after.version), let state = after.state {
            let json = try JSONColumn.text(of: state)
            try tx.keep(
                StoredSnapshot(version: after.version, state: Array(json.utf8)), of: stream, in: caller.tenant,
                format: Self.snapshotFormat)
        }
        return after
    }

    // An event of the journal that does not fit is ours to mend, whoever asks.
    private func fold(_ event: Recorded<Event>, _ state: inout State?) throws {
        do throws(GovernanceError) {
            try aggregate.apply(&state, event)
        } catch {
            throw Fault("governance.broken_stream", .ourselves, error.fault.message)
        }
    }
}

extension StreamKind {
    /// Streams of what is governed, apart from those of stored policy documents, which are of kind `policy`.
    static func governed(_ kind: String) -> StreamKind { StreamKind(rawValue: "governed." + kind) }
}
