import Vocabulary

/// What the journal says of one requirement: facts with counts, examples by id, and the positions they rest on.
public struct Evidence: Sendable, Hashable, Codable {
    /// What it comes to.
    public enum Verdict: String, Sendable, Codable, CaseIterable {
        case met
        case unmet
        /// Nothing is recorded that would answer: neither for nor against.
        case absent
    }

    /// One count, under a word of ours.
    public struct Count: Sendable, Hashable, Codable {
        public let name: String
        public let value: Int64
    }

    /// One example: what it is, by surrogate id, and where it stands.
    public struct Sample: Sendable, Hashable, Codable {
        public let what: String
        public let id: String
        public let position: Int64
    }

    /// Examples and positions that are listed; what there are more of is counted.
    public static let listed = 12

    public let kind: EvidenceKind
    /// What was asked for, such as `hours 24`.
    public let required: [Count]
    public let verdict: Verdict
    /// One sentence: what was found, or what is missing.
    public let reason: String
    public let counts: [Count]
    /// What does not meet the requirement, the newest first; else the newest of what does.
    public let samples: [Sample]
    /// Newest positions of the events it rests on, ascending.
    public let positions: [Int64]
    /// How many events it rests on in all.
    public let basis: Int64
}

/// An `Evidence` while it is put together.
struct EvidenceDraft {
    private let requirement: EvidenceRequirement
    private var counts: [Evidence.Count] = []
    private var samples: [Evidence.Sample] = []
    private var newest = NewestPositions()

    init(_ requirement: EvidenceRequirement) { self.requirement = requirement }

    mutating func count(_ name: String, _ value: some BinaryInteger) {
        counts.append(Evidence.Count(name: name, value: Int64(value)))
    }

    mutating func rest(on position: Int64) { newest.add(position) }

    mutating func rest(on places: some Sequence<EvidencePlace>) { for place in places { newest.add(place.position) } }

    /// Of many events counted by day: those of the last so many days before a moment.
    mutating func rest(on counted: EvidenceDays, within days: Int, of moment: Timestamp) {
        newest = counted.newest.counted(as: counted.count(within: days, of: moment))
    }

    /// Names examples; the newest are kept, in an order that does not depend on how they were held.
    mutating func show<Kind>(_ what: String, _ found: some Sequence<(id: Identifier<Kind>, position: Int64)>) {
        let newest = found.sorted { ($0.position, $0.id) > ($1.position, $1.id) }.prefix(Evidence.listed)
        samples += newest.map { Evidence.Sample(what: what, id: $0.id.description, position: $0.position) }
    }

    func met(_ reason: String) -> Evidence { evidence(.met, reason) }
    func unmet(_ reason: String) -> Evidence { evidence(.unmet, reason) }
    func absent(_ reason: String) -> Evidence { evidence(.absent, reason) }

    private func evidence(_ verdict: Evidence.Verdict, _ reason: String) -> Evidence {
        Evidence(
            kind: requirement.kind,
            required: requirement.all.map { Evidence.Count(name: $0.bound.rawValue, value: Int64($0.value)) },
            verdict: verdict, reason: reason, counts: counts, samples: samples, positions: newest.sorted,
            basis: newest.count)
    }
}

/// The newest few of many positions, and how many there were.
struct NewestPositions: Sendable, Hashable {
    private(set) var count: Int64 = 0
    private var kept: [Int64] = []

    mutating func add(_ position: Int64) {
        count += 1
        if kept.count < Evidence.listed {
            kept.append(position)
        } else if let least = kept.indices.min(by: { kept[$0] < kept[$1] }), kept[least] < position {
            kept[least] = position
        }
    }

    var sorted: [Int64] { kept.sorted() }

    /// The same positions, of so many.
    func counted(as count: Int64) -> NewestPositions {
        var other = self
        other.count = count
        if count == 0 { other.kept = [] }
        return other
    }
}

/// Events of which there are too many to keep each: how many a day, and the newest few positions.
struct EvidenceDays: Sendable {
    private var days: [Int64: Int64] = [:]
    private(set) var newest = NewestPositions()

    mutating func add(_ place: EvidencePlace) {
        days[Self.day(of: place.at), default: 0] += 1
        newest.add(place.position)
    }

    /// How many there were on that day and the so many days before it.
    func count(within span: Int, of moment: Timestamp) -> Int64 {
        let last = Self.day(of: moment)
        return days.reduce(0) { $0 + ((last - Int64(span)...last).contains($1.key) ? $1.value : 0) }
    }

    private static func day(of moment: Timestamp) -> Int64 { moment.seconds / 86_400 }
}

extension BinaryInteger {
    /// The number with its noun: `1 person`, `2 people`.
    func of(_ one: String, _ many: String) -> String { "\(self) \(self == 1 ? one : many)" }
}

extension Duration {
    /// The longest unit that tells it: `3 days`, `26 hours`, `5 minutes`, `12 seconds`.
    var inWords: String {
        let seconds = Int(components.seconds)
        if seconds >= 172_800 { return (seconds / 86_400).of("day", "days") }
        if seconds >= 7_200 { return (seconds / 3_600).of("hour", "hours") }
        if seconds >= 120 { return (seconds / 60).of("minute", "minutes") }
        return seconds.of("second", "seconds")
    }
}
