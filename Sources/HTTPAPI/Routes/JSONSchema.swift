import Vocabulary

/// The small part of JSON Schema 2020-12 that the API describes itself with.
public struct JSONSchema: Sendable, Equatable {
    public let json: AttributeValue

    /// A text, of an OpenAPI format where one is named.
    public static func string(format: String? = nil, maxLength: Int? = nil) -> JSONSchema {
        made("string", ["format": format.map { .string($0) }, "maxLength": maxLength.map { .integer(Int64($0)) }])
    }

    /// A whole number, not below `minimum` where one is given.
    public static func integer(minimum: Int? = nil, maximum: Int? = nil) -> JSONSchema {
        made(
            "integer", ["minimum": minimum.map { .integer(Int64($0)) }, "maximum": maximum.map { .integer(Int64($0)) }])
    }

    public static let boolean = made("boolean", [:])
    public static let uuid = string(format: "uuid")
    public static let time = string(format: "date-time")
    /// Any value at all.
    public static let any = JSONSchema(json: .object([:]))

    /// One of these texts and no other.
    public static func words(_ words: [String]) -> JSONSchema {
        made("string", ["enum": .list(words.map { .string($0) })])
    }

    /// A list of such values.
    public static func array(_ item: JSONSchema) -> JSONSchema { made("array", ["items": item.json]) }

    /// An object whose members not in `optional` are required, and which has no others.
    public static func object(_ members: [String: JSONSchema], optional: Set<String> = []) -> JSONSchema {
        let required = members.keys.filter { !optional.contains($0) }.sorted()
        return made(
            "object",
            [
                "properties": .object(members.mapValues(\.json)), "additionalProperties": .bool(false),
                "required": required.isEmpty ? nil : .list(required.map { .string($0) }),
            ])
    }

    /// An object of any members, each of one schema.
    public static func map(_ value: JSONSchema) -> JSONSchema { made("object", ["additionalProperties": value.json]) }

    /// One page of a list.
    public static func page(_ item: JSONSchema) -> JSONSchema {
        .object(["items": .array(item), "next": .string()], optional: ["next"])
    }

    /// A schema that stands once under `components`.
    public static func reference(_ name: String) -> JSONSchema {
        JSONSchema(json: ["$ref": .string("#/components/schemas/\(name)")])
    }

    private static func made(_ type: String, _ members: [String: AttributeValue?]) -> JSONSchema {
        var all = members.compactMapValues { $0 }
        all["type"] = .string(type)
        return JSONSchema(json: .object(all))
    }
}
