import Vocabulary

/// What a request says that a dynamic maximum may depend on.
public struct LimitContext: Sendable, Hashable {
    public let severity: Severity?
    public let attributes: [String: AttributeValue]

    /// The severity and the context of a request.
    public init(severity: Severity? = nil, attributes: [String: AttributeValue] = [:]) {
        self.severity = severity
        self.attributes = attributes
    }
}

extension Limit.Maximum {
    /// The most for this request. Without a value for its severity nothing is allowed.
    func amount(_ context: LimitContext) -> Amount {
        switch self {
        case .fixed(let amount): amount
        case .bySeverity(let amounts): context.severity.flatMap { amounts[$0] } ?? .zero
        case .attribute(let name, let otherwise): context.attributes[name].flatMap(Amount.init) ?? otherwise
        }
    }
}

/// What has been executed under one rule and what is held back for it: the fold of its events, and so derived from
/// executions only. It remembers as far back as the longest limit can look, a little more than a week.
public struct LimitLedger: Sendable, Hashable {
    /// Bounds.
    public enum Bounds {
        /// Reservations held at a time; one more is refused.
        public static let reservations = 10_000
        /// Executions remembered singly; with more, further ones are refused until older ones fade.
        public static let executions = 100_000
        /// How long a reservation may hold.
        public static let longestHold = Duration.hours(24)
        /// How far back anything can be asked for: a rolling week, and the days of an ISO week in any zone.
        static let memory = Duration.days(9)
    }

    /// An amount held back until it is used or let go.
    public struct Reservation: Sendable, Hashable, Codable {
        public let usage: Usage
        public let expiresAt: Timestamp
    }

    public let rule: RuleID
    /// Oldest first; what rolling limits look at.
    public internal(set) var executions: [Usage]
    /// The sums of days and weeks, so that a decision need not add up what was executed.
    var counters: [CounterKey: Counter]
    public internal(set) var reservations: [ReservationID: Reservation]
    public internal(set) var version: Int64

    /// A ledger in which nothing was counted yet.
    public init(rule: RuleID) {
        (self.rule, executions, counters, reservations, version) = (rule, [], [:], [:], 0)
    }

    /// Whether the usage stays within every limit, what is executed and what is held back counted together.
    public func admits(
        _ usage: Usage, under limits: [Limit], _ context: LimitContext = LimitContext(), at now: Timestamp
    )
        -> Bool
    {
        limits.allSatisfy { limit in
            guard let amount = usage.amount(for: limit.measure) else { return false }
            guard limit.sharing != .resource || usage.resource != nil else { return false }
            return amount <= headroom(limit, for: usage, context, at: now)
        }
    }

    /// How much is left under one limit for such a usage.
    public func headroom(
        _ limit: Limit, for usage: Usage, _ context: LimitContext = LimitContext(), at now: Timestamp
    ) -> Amount {
        let held = reservations.values.lazy.filter { $0.expiresAt > now }.map(\.usage)
        return limit.maximum.amount(context) - executed(limit, usage) - sum(held, limit, usage)
    }

    private func executed(_ limit: Limit, _ usage: Usage) -> Amount {
        guard let key = CounterKey(limit, usage) else { return sum(executions, limit, usage) }
        return counters[key]?.sum(limit.measure) ?? .zero
    }

    private func sum(_ usages: some Sequence<Usage>, _ limit: Limit, _ now: Usage) -> Amount {
        var sum = Amount.zero
        for usage in usages where limit.counts(usage, with: now) {
            sum = sum + (usage.amount(for: limit.measure) ?? .zero)
        }
        return sum
    }
}

extension Limit {
    /// Whether an earlier usage counts together with one that is to come.
    fileprivate func counts(_ earlier: Usage, with usage: Usage) -> Bool {
        switch period {
        case .day: guard earlier.day == usage.day else { return false }
        case .isoWeek: guard earlier.week == usage.week else { return false }
        case .rolling(let seconds): guard usage.at - earlier.at < .seconds(seconds) else { return false }
        }
        switch sharing {
        case .rule: return true
        case .user: return earlier.user == usage.user
        case .resource: return earlier.resource == usage.resource
        }
    }
}
