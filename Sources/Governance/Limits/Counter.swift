import Vocabulary

/// Whose executions of which day or week are added up.
struct CounterKey: Sendable, Hashable, Codable {
    let isWeek: Bool
    /// The day or ISO week.
    let number: Int64
    let user: Subject?
    let resource: [UInt8]?

    /// The counter a limit reads for a usage to come; nil for a rolling limit, which no calendar holds.
    init?(_ limit: Limit, _ usage: Usage) {
        switch limit.period {
        case .day: (isWeek, number) = (false, usage.day)
        case .isoWeek: (isWeek, number) = (true, usage.week)
        case .rolling: return nil
        }
        user = limit.sharing == .user ? usage.user : nil
        resource = limit.sharing == .resource ? usage.resource : nil
    }

    private init(isWeek: Bool, _ usage: Usage, user: Subject?, resource: [UInt8]?) {
        (self.isWeek, self.user, self.resource) = (isWeek, user, resource)
        number = isWeek ? usage.week : usage.day
    }

    /// Every counter an execution adds to.
    static func all(of usage: Usage) -> [CounterKey] {
        [false, true].flatMap { isWeek in
            var keys = [
                CounterKey(isWeek: isWeek, usage, user: nil, resource: nil),
                CounterKey(isWeek: isWeek, usage, user: usage.user, resource: nil),
            ]
            if let resource = usage.resource {
                keys.append(CounterKey(isWeek: isWeek, usage, user: nil, resource: resource))
            }
            return keys
        }
    }

    /// Whether it holds anything of that day or of a later one.
    func isNewer(than day: Int64) -> Bool { isWeek ? number >= floorDivided(day + 3, by: 7) : number >= day }
}

/// What was executed on a day or in a week.
struct Counter: Sendable, Hashable, Codable {
    private var count: Int64 = 0
    /// By parameter, what took back left out.
    private var quantities: [String: Amount] = [:]
    /// By parameter, without signs.
    private var magnitudes: [String: Amount] = [:]

    mutating func add(_ usage: Usage) {
        count += 1
        for (name, amount) in usage.amounts {
            magnitudes[name] = (magnitudes[name] ?? .zero) + amount.magnitude
            if amount > .zero { quantities[name] = (quantities[name] ?? .zero) + amount }
        }
    }

    func sum(_ measure: Limit.Measure) -> Amount {
        switch measure {
        case .count: Amount(count)
        case .quantity(let name): quantities[name] ?? .zero
        case .absolute(let name): magnitudes[name] ?? .zero
        }
    }
}
