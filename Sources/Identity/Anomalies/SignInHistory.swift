import Vocabulary

/// What is remembered of how one person signs in: as much as judging the next sign-in takes, and the last few for the
/// person to look over. Its size has a bound however long they have been here; it is personal, and kept sealed.
public struct SignInHistory: Hashable, Sendable, Codable {
    /// One completed sign-in.
    public struct Entry: Hashable, Sendable, Codable {
        public let at: Timestamp
        /// The named network it came from; nil for any other.
        public let network: String?
        public let anomalies: [LoginAnomaly]

        public init(at: Timestamp, network: String?, anomalies: [LoginAnomaly]) {
            self.at = at
            self.network = network
            self.anomalies = anomalies
        }
    }

    /// Sign-ins that are kept one by one.
    public static let recentLimit = 10
    /// When so many are counted by hour, all counts are halved: old habits fade.
    static let hourTotal = 200

    /// Completed sign-ins so far.
    public private(set) var count = 0
    /// By hour of the day in UTC, 24 of them. A neighbouring hour counts as the same, so summer time changes nothing.
    public private(set) var hours = [Int](repeating: 0, count: 24)
    /// The network with a place that the person was in last, and when.
    public private(set) var lastPlace: Entry?
    /// Newest first.
    public private(set) var recent: [Entry] = []

    public init() {}

    /// Notes a completed sign-in. `hasPlace` says whether the network's place is known.
    public mutating func note(_ entry: Entry, hasPlace: Bool) {
        count = min(count + 1, 1_000_000_000)
        if hours.count != 24 { hours = [Int](repeating: 0, count: 24) }
        hours[Self.hour(of: entry.at)] += 1
        if hours.reduce(0, +) > Self.hourTotal { hours = hours.map { $0 / 2 } }
        if hasPlace { lastPlace = Entry(at: entry.at, network: entry.network, anomalies: []) }
        recent = Array(([entry] + recent).prefix(Self.recentLimit))
    }

    /// The hour of the day in UTC, 0 to 23.
    static func hour(of time: Timestamp) -> Int {
        let second = time.seconds % 86_400
        return Int((second < 0 ? second + 86_400 : second) / 3_600)
    }

    /// How many of the counted sign-ins were within an hour of this time of day, and how many there are.
    func habit(at time: Timestamp) -> (near: Int, total: Int) {
        guard hours.count == 24 else { return (0, 0) }
        let hour = Self.hour(of: time)
        let near = [(hour + 23) % 24, hour, (hour + 1) % 24].reduce(0) { $0 + hours[$1] }
        return (near, hours.reduce(0, +))
    }
}
