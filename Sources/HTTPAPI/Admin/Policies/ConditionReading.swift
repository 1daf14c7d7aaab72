import Authorization
import Vocabulary

/// What a condition of a rule says, in words. It reads documents that were accepted; what it does not know it shows as
/// it stands, so that nothing of a rule is ever hidden by its reading.
enum ConditionReading {
    /// The parts that must all hold, one line each.
    static func lines(_ condition: AttributeValue) -> [String] {
        if let parts = condition["all"]?.list { return parts.flatMap(lines) }
        if let pairs = pairs(condition), pairs.count > 1 { return pairs.map(compared) }
        return [text(condition)]
    }

    private static func text(_ condition: AttributeValue, isInner: Bool = false) -> String {
        guard let (key, value) = condition.object?.first, condition.object?.count == 1 else {
            return CanonicalText.of(condition)
        }
        switch key {
        case "all": return joined(value, by: " and ", isInner)
        case "any": return joined(value, by: " or ", isInner)
        case "not": return "not: " + text(value, isInner: true)
        case "exists": return (value.string ?? CanonicalText.of(value)) + " is given"
        default:
            guard let pairs = pairs(condition) else { return CanonicalText.of(condition) }
            return joined(pairs.map(compared), by: " and ", isInner)
        }
    }

    private static func joined(_ parts: AttributeValue, by word: String, _ isInner: Bool) -> String {
        joined((parts.list ?? []).map { text($0, isInner: true) }, by: word, isInner)
    }

    private static func joined(_ parts: [String], by word: String, _ isInner: Bool) -> String {
        let text = parts.joined(separator: word)
        return isInner && parts.count > 1 ? "(\(text))" : text
    }

    /// The attributes that one operator compares, by name.
    private static func pairs(
        _ condition: AttributeValue
    ) -> [(path: String, comparison: Comparison, value: AttributeValue)]? {
        guard let (key, value) = condition.object?.first, condition.object?.count == 1,
            let comparison = Comparison(rawValue: key), let members = value.object
        else { return nil }
        return members.sorted { $0.key < $1.key }.map { ($0.key, comparison, $0.value) }
    }

    private static func compared(_ pair: (path: String, comparison: Comparison, value: AttributeValue)) -> String {
        "\(pair.path) \(words(pair.comparison)) \(value(pair.value))"
    }

    private static func words(_ comparison: Comparison) -> String {
        switch comparison {
        case .equals: "is"
        case .notEquals: "is not"
        case .in: "is one of"
        case .notIn: "is none of"
        case .contains: "contains"
        case .startsWith: "begins with"
        case .endsWith: "ends with"
        case .greaterThan: "is more than"
        case .greaterThanOrEqual: "is at least"
        case .lessThan: "is less than"
        case .lessThanOrEqual: "is at most"
        case .regex: "matches"
        }
    }

    /// A value as people write it: text in quotes, lists with commas, a reference as the name it refers to.
    static func value(_ value: AttributeValue) -> String {
        switch value {
        case .string(let text): "“\(text)”"
        case .list(let items): items.map(self.value).joined(separator: ", ")
        case .object(let members): members["ref"]?.string ?? CanonicalText.of(value)
        default: CanonicalText.of(value)
        }
    }
}
