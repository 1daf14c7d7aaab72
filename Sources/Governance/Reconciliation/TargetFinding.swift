import Vocabulary

extension IDKind {
    /// A difference between what a target reported and what should be there.
    public enum TargetFinding {}
}

/// A difference between what a target reported and what should be there.
public typealias TargetFindingID = Identifier<IDKind.TargetFinding>

/// A difference that a target's report showed, until it is resolved or not reported any more: the fold of its events.
/// Names of accounts and values of attributes stay with the events, under their owner's key.
public struct TargetFinding: Sendable, Hashable, Codable {
    /// What is done about it.
    public enum Action: String, Sendable, Codable, CaseIterable {
        /// The target is told again.
        case reprovision
        /// The access is taken away: here, or at the target.
        case revoke
        /// What the target gave becomes an assignment here.
        case adopt
        /// It is left as it is, with a reason.
        case ignore
    }

    public let id: TargetFindingID
    public let application: ApplicationID
    public let kind: TargetDifference.Kind
    public let subject: Subject?
    public let entitlement: EntitlementID?
    /// How it was resolved; nil while it is open, or gone by itself.
    public internal(set) var action: Action?
    /// Whether the last report still showed it.
    public internal(set) var isReported: Bool
    public internal(set) var foundAt: Timestamp
    public internal(set) var version: Int64

    /// How it is listed: `open`, `gone`, or what was done.
    public var state: String { action?.rawValue ?? (isReported ? "open" : "gone") }

    /// Every word of `state`.
    public static let states = ["open", "gone"] + Action.allCases.map(\.rawValue)

    /// What can be done about each kind.
    public var actions: Set<Action> {
        switch kind {
        case .missing: [.reprovision, .revoke, .ignore]
        case .unexpected: entitlement == nil ? [.revoke, .ignore] : [.revoke, .adopt, .ignore]
        case .orphaned: [.revoke, .ignore]
        case .drift: [.reprovision, .ignore]
        }
    }
}

/// What can happen to a finding.
public enum TargetFindingEvent: Sendable, Hashable {
    /// Reported, for the first time or again; the texts are nil once erased.
    case found(TargetFindingID, ApplicationID, TargetDifference)
    /// Not reported any more.
    case gone
    case resolved(TargetFinding.Action, ChangeReason?)
}

extension TargetFinding {
    /// How findings are folded and written.
    public static let aggregate = Aggregate<TargetFinding, TargetFindingEvent>(
        kind: "target_finding", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try TargetFindingEvent.read($0) })

    /// What follows from a report that shows a difference: nothing where it is known and stands open, or was ignored.
    /// What was resolved otherwise and is still there is open again.
    public static func reported(
        _ difference: TargetDifference, as id: TargetFindingID, of application: ApplicationID, on known: TargetFinding?
    ) -> [TargetFindingEvent] {
        if let known, known.action == .ignore || (known.action == nil && known.isReported) { return [] }
        return [.found(id, application, difference)]
    }

    /// What follows from a report that does not show it any more.
    public func unreported() -> [TargetFindingEvent] { isReported && action != .ignore ? [.gone] : [] }

    /// What follows from doing something about it. Throws `invalidState` for what is resolved or gone, `invalid` for
    /// what cannot be done about it, and for ignoring it without a reason.
    public func resolve(_ action: Action, reason: ChangeReason?) throws(GovernanceError) -> [TargetFindingEvent] {
        guard state == "open" else { throw .invalidState(current: state, expected: "open") }
        guard actions.contains(action) else {
            throw .invalid(field: "action", reason: "is none that helps what is \(kind.rawValue)")
        }
        if action == .ignore, trimmed(reason?.text ?? "").count < Exemption.reasonMinimum {
            throw .invalid(field: "reason", reason: "needs \(Exemption.reasonMinimum) characters")
        }
        return [.resolved(action, reason)]
    }

    private static func apply(
        _ recorded: Recorded<TargetFindingEvent>, to state: inout TargetFinding?
    ) throws(GovernanceError) {
        switch recorded.event {
        case .found(let id, let application, let difference):
            let version = (state?.version ?? 0) + 1
            state = TargetFinding(
                id: id, application: application, kind: difference.kind, subject: difference.subject,
                entitlement: difference.entitlement, action: nil, isReported: true, foundAt: recorded.at,
                version: version)
        case .gone, .resolved:
            guard state != nil else { throw .invalidSequence(kind: "target finding", event: "\(recorded.event)") }
            state?.version += 1
            if case .resolved(let action, _) = recorded.event {
                state?.action = action
            } else {
                state?.isReported = false
            }
        }
    }
}

extension TargetFindingEvent {
    fileprivate var record: EventRecord {
        switch self {
        case .found(let id, let application, let difference):
            var holder = EventText.Holder.tenant
            if case .person(let person)? = difference.subject { holder = .person(person) }
            return RecordBuilder("target_finding.found").fact("finding", .id(id, "target_finding"))
                .fact("application", .id(application, "application")).fact("kind", .word(difference.kind.rawValue))
                .fact("subject", difference.subject.map(FactValue.subject))
                .fact("entitlement", difference.entitlement.map { .id($0, "entitlement") })
                .text("account", difference.account, of: holder).text("name", difference.unknownName)
                .text(
                    "reported",
                    difference.reported.isEmpty
                        ? nil : .object(difference.reported.mapValues(AttributeValue.string)), of: holder
                ).record
        case .gone: return RecordBuilder("target_finding.gone").record
        case .resolved(let action, let reason):
            return RecordBuilder("target_finding.resolved").fact("action", .word(action.rawValue)).reason(reason).record
        }
    }

    fileprivate static func read(_ record: EventRecord) throws -> TargetFindingEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "target_finding.found":
            return .found(
                try reader.id("finding"), try reader.id("application"),
                TargetDifference(
                    try reader.word("kind"), try reader.optionalSubject("subject"),
                    entitlement: try reader.optionalID("entitlement"), account: reader.optionalText("account"),
                    unknownName: reader.optionalText("name"),
                    reported: (reader.content("reported")?.object ?? [:]).compactMapValues(\.string)))
        case "target_finding.gone": return .gone
        case "target_finding.resolved": return .resolved(try reader.word("action"), try reader.reason())
        default: throw reader.broken("type")
        }
    }
}
