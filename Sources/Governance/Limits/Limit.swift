import Vocabulary

/// How much a rule may do in a time. A rule has several; each must hold.
public struct Limit: Sendable, Hashable {
    /// What is added up.
    public enum Measure: Sendable, Hashable {
        /// One for each execution.
        case count
        /// A parameter, such as `qty`.
        case quantity(String)
        /// A parameter without its sign, such as `deltaPct`: +2 and -2 are four.
        case absolute(String)

        /// The parameter it reads; nil for a count.
        public var parameter: String? {
            switch self {
            case .count: nil
            case .quantity(let name), .absolute(let name): name
            }
        }
    }

    /// Over what time.
    public enum Period: Sendable, Hashable {
        /// A calendar day of the rule's zone.
        case day
        /// An ISO week, Monday to Sunday, of the rule's zone.
        case isoWeek
        /// The last so many seconds.
        case rolling(seconds: Int64)

        /// Twenty-four hours back from now.
        public static let rollingDay = Period.rolling(seconds: 86_400)
        /// The longest rolling period.
        static let longestRolling: Int64 = 7 * 86_400
    }

    /// Whose amounts are added up together.
    public enum Sharing: String, Sendable, CaseIterable {
        /// Everybody's, over everything.
        case rule
        /// Each user's own.
        case user
        /// Those on one resource, such as an article.
        case resource
    }

    /// The most that is allowed.
    public enum Maximum: Sendable, Hashable {
        case fixed(Amount)
        /// By the severity of the request; one that is not named may do nothing.
        case bySeverity([Severity: Amount])
        /// What an attribute of the context says, else a fixed amount.
        case attribute(String, otherwise: Amount)
    }

    public let measure: Measure
    public let period: Period
    public let sharing: Sharing
    public let maximum: Maximum

    /// A limit: of what, over what time, shared by whom, and how much.
    public init(measure: Measure, period: Period, sharing: Sharing, maximum: Maximum) {
        (self.measure, self.period, self.sharing, self.maximum) = (measure, period, sharing, maximum)
    }
}

/// How bad it is, the mildest first.
public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
    case ok, warn, crit

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// What one execution adds to the counters of its rule.
public struct Usage: Sendable, Hashable {
    public let at: Timestamp
    /// The local day and ISO week of `at` in the rule's zone, fixed when the usage was made.
    public let day: Int64
    public let week: Int64
    public let user: Subject
    /// A keyed digest of the resource's name; nil without one.
    public let resource: [UInt8]?
    /// By parameter name. Values keep their sign.
    public let amounts: [String: Amount]

    /// A usage of a rule at a moment.
    public init(at: Timestamp, zone: Zone, user: Subject, resource: [UInt8]?, amounts: [String: Amount]) {
        let local = zone.local(at)
        self.init(
            at: at, day: local.day, week: local.isoWeek, user: user, resource: resource, amounts: amounts)
    }

    init(at: Timestamp, day: Int64, week: Int64, user: Subject, resource: [UInt8]?, amounts: [String: Amount]) {
        (self.at, self.day, self.week) = (at, day, week)
        (self.user, self.resource, self.amounts) = (user, resource, amounts)
    }

    /// What it adds to a limit; nil, which no limit lets through, when it lacks the parameter that the limit reads or
    /// would take a quantity back.
    func amount(for measure: Limit.Measure) -> Amount? {
        switch measure {
        case .count: Amount(1)
        case .quantity(let name): amounts[name].flatMap { $0 < .zero ? nil : $0 }
        case .absolute(let name): amounts[name]?.magnitude
        }
    }
}
