import Governance
import Storage
import Vocabulary

/// What a command comes to, decided on states that were read outside the writer: written only if none of them has moved.
struct GovernancePlan: Sendable {
    /// What the command is about.
    let target: Stream
    /// The versions that the decision rests on without writing to them.
    private var guards: [(stream: Stream, version: Int64)] = []
    /// Each writes one stream and its row, and answers the stream's new version.
    private var writes: [@Sendable (Transaction) throws -> (Stream, Int64)] = []
    /// The target's version, as long as nothing is written.
    private var version: Int64 = 0
    private(set) var events: [String] = []
    /// The policy that it puts in force.
    var comesIntoForce: GovernedPolicy?
    /// Written beside the events: what was overridden.
    private var notes: [NewEvent] = []

    /// Journals something with the rest.
    mutating func note(_ event: NewEvent) { notes.append(event) }

    init(_ target: Stream, version: Int64) {
        self.target = target
        self.version = version
    }

    /// The command is refused when this stream has moved past the version it was read at.
    mutating func rest<State>(on stream: Stream, _ loaded: Loaded<State>) {
        guards.append((stream, loaded.version))
    }

    /// Adds events of one stream; no events add a guard.
    mutating func write<State, Event>(
        _ events: [Event], to loaded: Loaded<State>, of governed: GovernedStream<State, Event>, by caller: Caller,
        cadence: SnapshotCadence, row: @escaping @Sendable (State, Int64, TenantID) -> GovernedRow
    ) {
        guard !events.isEmpty else { return rest(on: governed.stream, loaded) }
        self.events += events.map { governed.aggregate.encode($0).type }
        writes.append { tx in
            let after = try governed.append(events, to: loaded, by: caller, cadence: cadence, tx)
            if let state = after.state { try tx.sql.put(row(state, after.position, caller.tenant)) }
            return (governed.stream, after.version)
        }
    }

    /// Whether decisions may come out otherwise afterwards: drafts are in no decision.
    var changesWhatIsInForce: Bool {
        let drafting = ["policy.created", "policy.updated", "policy.approved", "policy.rule_"]
        return events.contains { event in
            (event.hasPrefix("policy.") && !drafting.contains(where: event.hasPrefix))
                || event.hasPrefix("policy_set.") || event.hasPrefix("exemption.")
        }
    }

    /// Writes everything in one transaction; answers the target's version. Throws `storage.conflict` when anything that
    /// the decision rests on has moved.
    func commit(_ tx: Transaction, in tenant: TenantID) throws -> Int64 {
        for (stream, version) in guards where try tx.sql.streamVersion(stream, in: tenant) != version {
            throw Fault("storage.conflict", .caller, "What the decision rests on was changed in the meantime.")
        }
        var version = version
        for write in writes {
            let (stream, written) = try write(tx)
            if stream == target { version = written }
        }
        for note in notes { try tx.append(note) }
        return version
    }
}
