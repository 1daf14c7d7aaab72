import Governance
import Storage
import Vocabulary

/// What a command came to.
public struct GovernanceOutcome: Sendable, Hashable {
    /// `policy`, `policy_set` or `exemption`.
    public let kind: String
    /// The id of what the command was about.
    public let id: String
    /// Its version afterwards.
    public let version: Int64
    /// The types of the events that were written, in order; empty when there was nothing to change.
    public let events: [String]
    /// Whether the command had been carried out before, so that this time it had no effect.
    public let isRepetition: Bool

    /// By the names of the API, over HTTP and NATS.
    public var json: AttributeValue {
        [
            "kind": .string(kind), "id": .string(id), "version": .integer(version),
            "events": .list(events.map { .string($0) }), "repetition": .bool(isRepetition),
        ]
    }
}

/// The life of governed policies, policy sets and exemptions: loads what a command is about, lets the pure core decide,
/// and writes the events with their rows and snapshots in one transaction.
public struct GovernanceService: Sendable {
    let store: Store
    let clock: @Sendable () -> Timestamp
    let cadence: SnapshotCadence
    /// What decisions are made with: a change of what is in force is compiled before it is committed, and put in service
    /// after. Nil decides nothing.
    let table: AuthorizationTable?

    init(
        store: Store, table: AuthorizationTable? = nil, clock: @escaping @Sendable () -> Timestamp,
        cadence: SnapshotCadence = .standard
    ) {
        (self.store, self.table, self.clock, self.cadence) = (store, table, clock, cadence)
    }

    /// Carries out one of the commands of `GovernanceCommand` by its name. The same command id a second time has no
    /// second effect, however late it comes.
    ///
    /// Two writers at once: the later one decides again, once, on what the earlier one left.
    ///
    /// - Parameter version: the version the caller has seen, refused as `stale` if it is not the present one.
    /// - Throws: the core's refusals (`governance.*`, `policy.*`, `exemption.*`), `governance.conflict` when others were
    ///   quicker twice, `governance.command_reused` for a command id of another request.
    public func execute(
        _ name: String, _ payload: AttributeValue, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> GovernanceOutcome {
        let request = GovernanceRequest(
            name: name, payload: payload, version: version, caller: caller,
            digest: try GovernanceRequest.digest(of: name, payload))
        do {
            return try await attempt(request)
        } catch let fault as Fault where fault.code == "storage.conflict" {
            return try await repeated(request)
        }
    }

    private func repeated(_ request: GovernanceRequest) async throws -> GovernanceOutcome {
        do {
            return try await attempt(request)
        } catch let fault as Fault where fault.code == "storage.conflict" {
            throw Fault(
                "governance.conflict", .caller, "It was changed by somebody else in the meantime, twice.",
                remedy: "Read it again and repeat the command.")
        }
    }

    private func attempt(_ request: GovernanceRequest) async throws -> GovernanceOutcome {
        let (caller, now) = (request.caller, clock())
        let step = try await store.read { sql in
            if let earlier = try sql.governanceCommand(caller.command, in: caller.tenant) {
                return Step.done(try request.repetition(of: earlier))
            }
            return .write(try refusing { try plan(request, now, sql) })
        }
        guard case .write(let plan) = step else { return try step.outcome() }
        if let policy = plan.comesIntoForce { try await requireReversible(policy, in: caller.tenant) }
        let version = try await write(plan, in: caller.tenant) { tx in
            let version = try plan.commit(tx, in: caller.tenant)
            try tx.sql.insert(
                GovernanceCommandRow(
                    digest: request.digest, kind: plan.target.kind, id: plan.target.id, version: version),
                of: caller.command, in: caller.tenant)
            return version
        }
        return GovernanceOutcome(plan.target, version: version, events: plan.events, isRepetition: false)
    }

    /// Writes in the transaction that a plan needs: one that changes what is in force also compiles.
    func write<Result: Sendable>(
        _ plan: GovernancePlan, in tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        guard let table, plan.changesWhatIsInForce else { return try await store.write(.administration, body) }
        return try await table.writeGoverned(in: tenant, body)
    }

    private enum Step: Sendable {
        case done(GovernanceOutcome)
        case write(GovernancePlan)

        func outcome() throws -> GovernanceOutcome {
            guard case .done(let outcome) = self else {
                throw Fault("governance.undecided", .ourselves, "A command came to nothing.")
            }
            return outcome
        }
    }
}

/// One command on its way.
struct GovernanceRequest: Sendable {
    let name: String
    let payload: AttributeValue
    let version: Int64?
    let caller: Caller
    /// SHA-256 of name and payload.
    let digest: [UInt8]

    func repetition(of earlier: GovernanceCommandRow) throws -> GovernanceOutcome {
        guard earlier.digest == digest else {
            throw Fault("governance.command_reused", .caller, "The command id was used for another command.")
        }
        return GovernanceOutcome(
            Stream(kind: earlier.kind, id: earlier.id), version: earlier.version, events: [], isRepetition: true)
    }

    /// Whether what it would do is not to be looked at.
    var isForced: Bool { payload["force"]?.bool == true }

    /// The event that says what this command overrode.
    func override(_ type: String, _ policy: GovernedPolicy) -> NewEvent {
        caller.event(
            type, Stream("tenant", caller.tenant),
            facts: [
                Fact("policy", .id(policy.id, "policy")), Fact("policy_version", .integer(policy.version)),
                Fact("command", .word(name)),
            ])
    }

    /// Refuses a version that the caller has seen and that is not the present one.
    func requireSeen(_ present: Int64, _ what: String) throws {
        if let version, version != present { throw Fault.stale(what) }
    }
}

extension GovernanceOutcome {
    init(_ target: Stream, version: Int64, events: [String], isRepetition: Bool) {
        self.init(
            kind: String(target.kind.rawValue.drop { $0 != "." }.dropFirst()),
            id: PolicyID(bytes: target.id)?.description ?? "", version: version, events: events,
            isRepetition: isRepetition)
    }
}

/// Turns the core's refusals into what every other target knows.
func refusing<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as GovernanceError { throw error.fault }
}

extension Gateway {
    /// Governed policies, policy sets and exemptions.
    public var governance: GovernanceService {
        GovernanceService(
            store: store, table: authorization, clock: clock, cadence: configuration.governance.snapshots)
    }
}
