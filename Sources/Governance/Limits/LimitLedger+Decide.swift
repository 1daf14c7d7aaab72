import Vocabulary

/// What can be asked of a rule's counters.
public enum LimitCommand: Sendable, Hashable {
    /// Holds an amount back for so long. The same reservation twice has one effect.
    case reserve(ReservationID, Usage, timeToLive: Duration)
    /// It was carried out: the amount counts for good, on the day on which it was reserved.
    case commit(ReservationID)
    /// It was not.
    case release(ReservationID)
    /// Carried out without a reservation: checked and counted in one step.
    case execute(Usage)
}

/// What can happen to a rule's counters.
public enum LimitEvent: Sendable, Hashable {
    /// The amount held back, and until when.
    case reserved(RuleID, ReservationID, Usage, expiresAt: Timestamp)
    case committed(ReservationID)
    case released(ReservationID)
    case expired(ReservationID)
    case executed(RuleID, Usage)

    /// The name of the event as the outside knows it.
    public var name: String {
        switch self {
        case .reserved: "LimitReserved"
        case .committed: "LimitCommitted"
        case .released: "LimitReleased"
        case .expired: "LimitReservationExpired"
        case .executed: "LimitExecuted"
        }
    }
}

extension LimitLedger {
    /// How ledgers are folded and written. A stream begins with a reservation or an execution.
    public static let aggregate = Aggregate<LimitLedger, LimitEvent>(
        kind: "limit", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try LimitEvent.read($0) })

    /// What follows from a command under the rule's limits. Pure; two commands decided on the same version cannot both
    /// be written, so that they cannot both pass.
    public func decide(
        _ command: LimitCommand, under limits: [Limit], _ context: LimitContext = LimitContext(), now: Timestamp
    ) throws(GovernanceError) -> [LimitEvent] {
        switch command {
        case .reserve(let id, let usage, let timeToLive):
            if let known = reservations[id], known.usage == usage { return [] }
            guard reservations[id] == nil else { throw .alreadyExists(resource: "reservation", id: id.description) }
            guard timeToLive > .zero, timeToLive <= Bounds.longestHold else {
                throw .invalid(field: "time_to_live", reason: "is not between nothing and a day")
            }
            guard reservations.count < Bounds.reservations else { throw .limitExceeded(rule) }
            try require(usage, limits, context, now)
            return [.reserved(rule, id, usage, expiresAt: now + timeToLive)]
        case .commit(let id):
            guard let reservation = reservations[id] else { throw .reservationNotFound(id) }
            guard reservation.expiresAt > now else { throw .reservationExpired(id) }
            return [.committed(id)]
        case .release(let id):
            guard reservations[id] != nil else { throw .reservationNotFound(id) }
            return [.released(id)]
        case .execute(let usage):
            try require(usage, limits, context, now)
            return [.executed(rule, usage)]
        }
    }

    private func require(
        _ usage: Usage, _ limits: [Limit], _ context: LimitContext, _ now: Timestamp
    ) throws(GovernanceError) {
        guard executions.count < Bounds.executions, admits(usage, under: limits, context, at: now) else {
            throw .limitExceeded(rule)
        }
    }

    /// What the passing of time has made due: the reservations that nobody used in time.
    public func due(at now: Timestamp) -> [LimitEvent] {
        reservations.filter { $0.value.expiresAt <= now }.keys.sorted().map(LimitEvent.expired)
    }

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<LimitEvent>, to state: LimitLedger?
    ) throws(GovernanceError) -> LimitLedger {
        var copy = state
        try apply(recorded, to: &copy)
        guard let copy else { throw .invalidSequence(kind: "limit", event: recorded.event.name) }
        return copy
    }

    /// Folds one event in place.
    private static func apply(_ recorded: Recorded<LimitEvent>, to state: inout LimitLedger?) throws(GovernanceError) {
        switch recorded.event {
        case .reserved(let rule, _, _, _), .executed(let rule, _): if state == nil { state = LimitLedger(rule: rule) }
        case .committed(let id):
            guard state?.reservations[id] != nil else {
                throw .invalidSequence(kind: "limit", event: recorded.event.name)
            }
        case .released, .expired:
            guard state != nil else { throw .invalidSequence(kind: "limit", event: recorded.event.name) }
        }
        state?.version += 1
        switch recorded.event {
        case .reserved(_, let id, let usage, let end):
            state?.reservations[id] = Reservation(usage: usage, expiresAt: end)
        case .committed(let id):
            guard let reservation = state?.reservations.removeValue(forKey: id) else { return }
            state?.count(reservation.usage, at: recorded.at)
        case .released(let id), .expired(let id): state?.reservations[id] = nil
        case .executed(_, let usage): state?.count(usage, at: recorded.at)
        }
    }

    /// Adds an execution and forgets what no limit can look back at any more, by the time of the event.
    private mutating func count(_ usage: Usage, at moment: Timestamp) {
        executions.append(usage)
        for key in CounterKey.all(of: usage) { counters[key, default: Counter()].add(usage) }
        let horizon = moment - Bounds.memory
        // A day late, so that a steady stream of executions is looked through once a day and not each time.
        guard let first = executions.first, first.at < horizon - .days(1) else { return }
        executions.removeAll { $0.at < horizon }
        let day = floorDivided(horizon.seconds, by: 86_400) - 1
        counters = counters.filter { $0.key.isNewer(than: day) }
    }
}
