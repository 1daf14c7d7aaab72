import Vocabulary

extension JSONSchema {
    /// What is wrong with a value, as one sentence that names the member and repeats nothing of its value; nil when it
    /// is as described.
    ///
    /// - Parameter named: the schemas that references lead to.
    public func complaint(about value: AttributeValue, named: [String: JSONSchema] = [:]) -> String? {
        SchemaCheck(named: named).complaint(json, value, "")
    }

    /// What a query parameter's text means under this schema: a number where one is described, else the text.
    func parsed(_ text: String) -> AttributeValue {
        json["type"] == "integer" ? Int64(text).map(AttributeValue.integer) ?? .string(text) : .string(text)
    }
}

/// Goes through a schema and a value side by side.
private struct SchemaCheck {
    let named: [String: JSONSchema]

    func complaint(_ schema: AttributeValue, _ value: AttributeValue, _ place: String) -> String? {
        // Anything goes: nobody has to look.
        if case .object(let words) = schema, words.isEmpty { return nil }
        if let reference = schema["$ref"]?.string {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            return named[name].flatMap { complaint($0.json, value, place) }
        }
        let types = schema["type"]?.list ?? schema["type"].map { [$0] } ?? []
        guard types.isEmpty || types.contains(where: { matches($0.string ?? "", value) }) else {
            return "\(Self.name(place)) must be \(Self.wording(types))."
        }
        switch value {
        case .string(let text): return complaint(schema, text: text, place)
        case .integer, .number: return complaint(schema, number: value, place)
        case .list(let values): return complaint(schema, list: values, place)
        case .object(let members): return complaint(schema, object: members, place)
        case .null, .bool: return nil
        }
    }

    private func matches(_ type: String, _ value: AttributeValue) -> Bool {
        switch (type, value) {
        case ("string", .string), ("boolean", .bool), ("null", .null), ("array", .list), ("object", .object): true
        case ("integer", .integer), ("number", .integer), ("number", .number): true
        case ("integer", .number): value.integer != nil
        default: false
        }
    }

    private func complaint(_ schema: AttributeValue, text: String, _ place: String) -> String? {
        if let words = schema["enum"]?.list, !words.contains(.string(text)) {
            return "\(Self.name(place)) must be one of \(words.compactMap(\.string).joined(separator: ", "))."
        }
        let length = Int64(text.unicodeScalars.count)
        if let most = schema["maxLength"]?.integer, length > most {
            return "\(Self.name(place)) has at most \(most) characters."
        }
        if let least = schema["minLength"]?.integer, length < least {
            return "\(Self.name(place)) has at least \(least) character\(least == 1 ? "" : "s")."
        }
        switch schema["format"]?.string {
        case "uuid": return CommandID(text) == nil ? "\(Self.name(place)) must be a UUID." : nil
        case "date-time":
            return Timestamp(rfc3339: text) == nil ? "\(Self.name(place)) must be an RFC 3339 date-time." : nil
        default: return nil
        }
    }

    private func complaint(_ schema: AttributeValue, number: AttributeValue, _ place: String) -> String? {
        guard let whole = number.integer else { return nil }
        if let least = schema["minimum"]?.integer, whole < least {
            return "\(Self.name(place)) must be at least \(least)."
        }
        if let most = schema["maximum"]?.integer, whole > most {
            return "\(Self.name(place)) must be at most \(most)."
        }
        return nil
    }

    private func complaint(_ schema: AttributeValue, list: [AttributeValue], _ place: String) -> String? {
        if let most = schema["maxItems"]?.integer, list.count > most {
            return "\(Self.name(place)) has at most \(most) items."
        }
        if let least = schema["minItems"]?.integer, list.count < least {
            return "\(Self.name(place)) has at least \(least) item\(least == 1 ? "" : "s")."
        }
        guard let item = schema["items"] else { return nil }
        for (index, value) in list.enumerated() {
            if let found = complaint(item, value, "\(place)[\(index)]") { return found }
        }
        return nil
    }

    private func complaint(_ schema: AttributeValue, object: [String: AttributeValue], _ place: String) -> String? {
        let properties = schema["properties"]?.object ?? [:]
        for name in schema["required"]?.list?.compactMap(\.string) ?? [] where object[name] == nil {
            return "\(Self.name(Self.join(place, name))) is missing."
        }
        if let ways = schema["oneOf"]?.list {
            let names = ways.compactMap { $0["required"]?.list?.first?.string }
            guard names.count(where: { object[$0] != nil }) == 1 else {
                return "\(Self.name(place)) names exactly one of \(names.map { "`\($0)`" }.joined(separator: ", "))."
            }
        }
        if properties.isEmpty, Self.rest(schema) == .object([:]) { return nil }
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            let inner = Self.join(place, name)
            if let known = properties[name] ?? Self.rest(schema) {
                if let found = complaint(known, value, inner) { return found }
            } else {
                return "The unknown member `\(String(inner.prefix(64)))` is not accepted."
            }
        }
        return nil
    }

    /// What members without a description of their own must be; nil when there may be none.
    private static func rest(_ schema: AttributeValue) -> AttributeValue? {
        switch schema["additionalProperties"] {
        case .bool(false)?: nil
        case .object(let members)?: .object(members)
        default: .object([:])
        }
    }

    private static func join(_ place: String, _ name: String) -> String {
        place.isEmpty ? name : "\(place).\(name)"
    }

    private static func name(_ place: String) -> String { place.isEmpty ? "The body" : "`\(place.prefix(64))`" }

    private static func wording(_ types: [AttributeValue]) -> String {
        let words = [
            "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
            "array": "a list", "object": "an object", "null": "null",
        ]
        return types.compactMap { $0.string.map { words[$0] ?? $0 } }.joined(separator: " or ")
    }
}
