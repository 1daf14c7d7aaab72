import JOSE

/// Collects the members of an object of claims, and writes them in the order of their names, so that the same claims are the
/// same bytes. What says nothing is left out, as the reference leaves it out.
struct ClaimsWriter {
    private var members: [String: JSONValue] = [:]

    var isEmpty: Bool { members.isEmpty }
    var value: JSONValue { .object(JSONObject(sorting: members)) }

    mutating func set(_ name: String, _ text: String?) {
        if let text, !text.isEmpty { members[name] = .string(text) }
    }

    mutating func set(_ name: String, _ number: Int64?) {
        if let number { members[name] = .integer(number) }
    }

    mutating func set(_ name: String, _ flag: Bool) {
        if flag { members[name] = .bool(true) }
    }

    mutating func set(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { members[name] = .array(texts.map(JSONValue.string)) }
    }

    mutating func set(_ name: String, _ keys: [NKey]) { set(name, keys.map(\.text)) }

    mutating func set(_ name: String, _ list: [JSONValue]) {
        if !list.isEmpty { members[name] = .array(list) }
    }

    mutating func set(_ name: String, _ table: [String: JSONValue]) {
        if !table.isEmpty { members[name] = .object(JSONObject(sorting: table)) }
    }

    /// Limits are always written: what a limit left out means differs from place to place.
    mutating func set(_ name: String, _ limit: Limit) { members[name] = .integer(limit.rawValue) }

    mutating func set(_ name: String, _ object: ClaimsWriter) {
        if !object.isEmpty { members[name] = object.value }
    }
}
