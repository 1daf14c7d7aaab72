import Governance
import Vocabulary

extension RuleReading {
    /// When a rule applies, such as `Mon–Fri, 09:00 to 17:00, Europe/Berlin`.
    static func words(_ window: TimeWindow, in zone: String) -> String {
        "\(days(window.days)), \(clock(window.start)) to \(clock(window.end)), \(zone)"
    }

    private static let dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// Monday first, runs of three and more as from–to.
    private static func days(_ days: Set<Int>) -> String {
        if days.count == 7 { return "every day" }
        let order = [1, 2, 3, 4, 5, 6, 0]
        var runs: [[Int]] = []
        for (place, day) in order.enumerated() where days.contains(day) {
            if place > 0, days.contains(order[place - 1]), !runs.isEmpty {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.map { run in
            run.count > 2
                ? "\(dayNames[run[0]])–\(dayNames[run[run.count - 1]])"
                : run.map { dayNames[$0] }.joined(separator: ", ")
        }.joined(separator: ", ")
    }

    private static func clock(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// A limit, such as `at most 3 times a day for each user`.
    static func words(_ limit: Limit) -> String {
        let what =
            switch limit.measure {
            case .count: "times"
            case .quantity(let name), .absolute(let name): "of \(name) altogether"
            }
        let sharing =
            switch limit.sharing {
            case .rule: ""
            case .user: " for each user"
            case .resource: " for each resource"
            }
        let sign = if case .absolute = limit.measure { ", ups and downs alike" } else { "" }
        return "at most \(words(limit.maximum)) \(what) \(words(limit.period))\(sharing)\(sign)"
    }

    private static func words(_ maximum: Limit.Maximum) -> String {
        switch maximum {
        case .fixed(let amount): "\(amount)"
        case .bySeverity(let amounts):
            amounts.sorted { $0.key < $1.key }.map { "\($0.value) at \($0.key.rawValue)" }.joined(separator: ", ")
        case .attribute(let name, let otherwise): "what context.\(name) says (else \(otherwise))"
        }
    }

    private static func words(_ period: Limit.Period) -> String {
        switch period {
        case .day: "a day"
        case .isoWeek: "a week (Monday to Sunday)"
        case .rolling(let seconds): "in \(seconds / 3_600) hours"
        }
    }
}
