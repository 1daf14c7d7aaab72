import Governance
import Storage
import Vocabulary

/// One command's work inside the writer: what it rests on is read, and what follows from it is written with its rows and
/// links, all in the transaction it was given, so that nothing can move between the two.
struct GovernedWriter {
    let tx: Transaction
    let caller: Caller
    var cadence = SnapshotCadence.standard

    var tenant: TenantID { caller.tenant }
    var now: Timestamp { tx.now }
    var view: GovernedView { GovernedView(sql: tx.sql, tenant: tenant, keys: tx.keys, now: tx.now) }

    /// Appends the events of one stream and brings its row up to date; what folded to nothing has none any more.
    ///
    /// - Parameter links: what the thing points at; nil leaves its links as they are.
    @discardableResult func write<State, Event>(
        _ events: [Event], to loaded: Loaded<State>, of stream: GovernedStream<State, Event>,
        row: (State, Int64, TenantID) -> GovernedRow, links: ((State) -> [[UInt8]])? = nil
    ) throws -> Loaded<State> {
        guard !events.isEmpty else { return loaded }
        let after = try stream.append(events, to: loaded, by: caller, cadence: cadence, tx)
        guard let state = after.state else {
            try tx.sql.deleteGoverned(stream.stream, in: tenant)
            return after
        }
        try tx.sql.put(row(state, after.position, tenant))
        if let links { try tx.sql.link(stream.stream, to: links(state), in: tenant) }
        return after
    }

    /// Loads a stream, refuses a version that was not seen, and writes what is decided on its state. Answers the state
    /// afterwards; throws `not_found` where there is none to decide on.
    func change<State, Event>(
        _ stream: GovernedStream<State, Event>, _ what: String, expecting version: Int64? = nil,
        row: (State, Int64, TenantID) -> GovernedRow, links: ((State) -> [[UInt8]])? = nil,
        _ decide: (State) throws -> [Event]
    ) throws -> Loaded<State> {
        let loaded = try view.load(stream)
        guard let state = loaded.state else { throw Fault.notFound(what) }
        if let version, version != loaded.version { throw Fault.stale(what) }
        return try write(try decide(state), to: loaded, of: stream, row: row, links: links)
    }

    /// Begins a stream. Throws `governance.already_exists` where it has begun: an id is never used again.
    func begin<State, Event>(
        _ stream: GovernedStream<State, Event>, _ what: String, id: String,
        row: (State, Int64, TenantID) -> GovernedRow, links: ((State) -> [[UInt8]])? = nil,
        _ decide: () throws -> [Event]
    ) throws -> State {
        let loaded = try view.load(stream)
        guard loaded.version == 0 else { throw GovernanceError.alreadyExists(resource: what, id: id) }
        let after = try write(try decide(), to: loaded, of: stream, row: row, links: links)
        guard let state = after.state else {
            throw Fault("governance.undecided", .ourselves, "A command came to nothing.")
        }
        return state
    }
}

extension Store {
    /// Runs a governed command at the writer; the core's refusals become what every other target knows.
    func govern<Result: Sendable>(
        by caller: Caller, _ lane: WriterLane = .administration,
        _ body: @escaping @Sendable (GovernedWriter) throws -> Result
    ) async throws -> Result {
        try await write(lane) { tx in
            try refusing { try body(GovernedWriter(tx: tx, caller: caller)) }
        }
    }

    /// Answers a question about what is governed on one snapshot of the database.
    func ask<Result: Sendable>(
        _ tenant: TenantID, now: Timestamp, _ body: @escaping @Sendable (GovernedView) throws -> Result
    ) async throws -> Result {
        try await read { [keys] sql in
            try refusing { try body(GovernedView(sql: sql, tenant: tenant, keys: keys, now: now)) }
        }
    }
}
