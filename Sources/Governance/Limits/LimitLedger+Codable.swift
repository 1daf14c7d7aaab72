import Vocabulary

/// What a snapshot holds of a ledger. Sums and reservations stand in the order of their keys and not in that of a table in
/// memory, so that equal ledgers are equal bytes, whatever way they came to be.
extension LimitLedger: Codable {
    private enum Key: String, CodingKey { case rule, executions, counters, reservations, version }

    private struct Sum: Codable {
        let key: CounterKey
        let counter: Counter
    }

    private struct Held: Codable {
        let id: ReservationID
        let reservation: Reservation
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(rule: try values.decode(RuleID.self, forKey: .rule))
        executions = try values.decode([Usage].self, forKey: .executions)
        for sum in try values.decode([Sum].self, forKey: .counters) { counters[sum.key] = sum.counter }
        for held in try values.decode([Held].self, forKey: .reservations) { reservations[held.id] = held.reservation }
        version = try values.decode(Int64.self, forKey: .version)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(rule, forKey: .rule)
        try values.encode(executions, forKey: .executions)
        let sums = counters.sorted { $0.key < $1.key }.map { Sum(key: $0.key, counter: $0.value) }
        try values.encode(sums, forKey: .counters)
        let held = reservations.sorted { $0.key < $1.key }.map { Held(id: $0.key, reservation: $0.value) }
        try values.encode(held, forKey: .reservations)
        try values.encode(version, forKey: .version)
    }
}

extension CounterKey: Comparable {
    /// Days before weeks, older before newer, and those of all before anybody's.
    static func < (left: CounterKey, right: CounterKey) -> Bool {
        if left.isWeek != right.isWeek { return right.isWeek }
        if left.number != right.number { return left.number < right.number }
        return left.whose.lexicographicallyPrecedes(right.whose)
    }

    private var whose: [UInt8] {
        if let user { return [1] + "\(user.kind):\(user.id)".utf8 }
        return resource.map { [2] + $0 } ?? []
    }
}

extension Usage: Codable {
    private enum Key: String, CodingKey { case at, day, week, user, resource, amounts }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(
            at: try values.decode(Timestamp.self, forKey: .at), day: try values.decode(Int64.self, forKey: .day),
            week: try values.decode(Int64.self, forKey: .week), user: try values.decode(Subject.self, forKey: .user),
            resource: try values.decodeIfPresent([UInt8].self, forKey: .resource),
            amounts: try values.decode([String: Amount].self, forKey: .amounts))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(at, forKey: .at)
        try values.encode(day, forKey: .day)
        try values.encode(week, forKey: .week)
        try values.encode(user, forKey: .user)
        try values.encodeIfPresent(resource, forKey: .resource)
        try values.encode(amounts, forKey: .amounts)
    }
}
