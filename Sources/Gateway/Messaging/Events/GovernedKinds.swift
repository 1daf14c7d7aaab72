import Governance
import Storage
import Vocabulary

/// Something governed while it is folded from its events, whatever it is of.
protocol FoldedThing: Sendable {
    /// Folds one event in.
    ///
    /// - Throws: `governance.broken_event`, or `GovernanceError` for one that cannot stand there.
    mutating func apply(_ record: EventRecord, at: Timestamp, actor: Actor) throws
    /// Takes a state that was folded elsewhere; nil for a thing that has ended.
    mutating func adopt(_ state: [UInt8]?) throws
    /// The state as JSON with sorted names: equal states are equal bytes. Nil before the first event, and for a thing that
    /// has ended.
    func bytes() throws -> [UInt8]?
}

/// A state and the functions of its aggregate.
private struct Folded<State: Sendable & Hashable & Codable, Event: Sendable & Hashable>: FoldedThing {
    let aggregate: Aggregate<State, Event>
    var state: State?

    init(_ aggregate: Aggregate<State, Event>) { self.aggregate = aggregate }

    mutating func apply(_ record: EventRecord, at: Timestamp, actor: Actor) throws {
        try aggregate.apply(&state, Recorded(try aggregate.decode(record), at: at, actor: actor))
    }

    mutating func adopt(_ bytes: [UInt8]?) throws {
        state = try bytes.map { try JSONColumn.decode(State.self, String(decoding: $0, as: UTF8.self)) }
    }

    func bytes() throws -> [UInt8]? { try state.map { Array(try JSONColumn.text(of: $0).utf8) } }
}

/// Everything that is folded from events.
enum GovernedKinds {
    /// An empty one of a kind; nil for events that fold to nothing, as what a target reported.
    static func begin(_ kind: String) -> (any FoldedThing)? { all[kind]?() }

    /// What the first events of something fold to; nil for what folds to nothing. Out of the events alone: what the store keeps of
    /// a state may be of a later version.
    static func folded(
        _ kind: String, _ id: [UInt8], upTo version: Int64, in tenant: TenantID, keys: KeyRing, _ sql: any SQLConnection
    ) throws -> (any FoldedThing)? {
        guard var thing = begin(kind) else { return nil }
        var last: Int64 = 0
        while last < version {
            let page = try sql.streamEvents(
                Stream(kind: .governed(kind), id: id), in: tenant, after: last,
                limit: Int(min(version - last, Int64(Store.pageLimit))), keys: keys)
            guard let end = page.last else { break }
            for stored in page { try thing.apply(try EventRecord(stored), at: stored.at, actor: stored.actor) }
            last = end.version
        }
        return thing
    }

    /// The kinds of all governed streams, those that fold to nothing among them.
    static let names: [String] = all.keys.sorted() + ["alert_report", "target"]

    private static let all: [String: @Sendable () -> any FoldedThing] = Dictionary(
        uniqueKeysWithValues: [
            kind(GovernedPolicy.aggregate), kind(PolicySet.aggregate), kind(Exemption.aggregate),
            kind(GovernedApplication.aggregate), kind(Entitlement.aggregate), kind(EntitlementAssignment.aggregate),
            kind(AssignmentRules.aggregate), kind(BirthrightRule.aggregate), kind(SodRule.aggregate),
            kind(SodViolation.aggregate), kind(WorkflowTemplate.aggregate), kind(Approval.aggregate),
            kind(TargetFinding.aggregate), kind(Campaign.aggregate), kind(CampaignLine.aggregate),
            kind(RiskSettings.aggregate), kind(RiskHistory.aggregate), kind(StoredTemplate.aggregate),
            kind(PolicyCases.aggregate), kind(LimitLedger.aggregate),
        ])

    private static func kind<State, Event>(
        _ aggregate: Aggregate<State, Event>
    ) -> (String, @Sendable () -> any FoldedThing) { (aggregate.kind, { Folded(aggregate) }) }
}

extension Stream {
    /// What something governed is, without the journal's prefix; nil for a stream of anything else.
    var governedKind: String? {
        kind.rawValue.hasPrefix(Self.governedPrefix) ? String(kind.rawValue.dropFirst(Self.governedPrefix.count)) : nil
    }

    /// Of what a stream keeps the published states; nil for any other stream.
    var snapshotKind: String? {
        governedKind.flatMap { $0.hasPrefix("snapshot.") ? String($0.dropFirst("snapshot.".count)) : nil }
    }

    /// Where it is journalled that a state was published.
    static func snapshots(of kind: String, _ id: [UInt8]) -> Stream {
        Stream(kind: .governed("snapshot." + kind), id: id)
    }

    private static let governedPrefix = "governed."
}
