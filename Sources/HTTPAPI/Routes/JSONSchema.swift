import Vocabulary

/// The small part of JSON Schema 2020-12 that the API describes itself with, and that requests are held to: what the
/// document says of a body is what is accepted.
public struct JSONSchema: Sendable, Equatable {
    public let json: AttributeValue

    /// A text, of an OpenAPI format where one is named; lengths are in characters.
    /// `pattern` is for the reader: whoever takes such a text reads it by a reader of its own.
    public static func string(
        format: String? = nil, minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil
    ) -> JSONSchema {
        made(
            "string",
            [
                "format": format.map { .string($0) }, "minLength": minLength.map { .integer(Int64($0)) },
                "maxLength": maxLength.map { .integer(Int64($0)) }, "pattern": pattern.map { .string($0) },
            ])
    }

    /// A whole number between the limits that are given, both included.
    public static func integer(minimum: Int? = nil, maximum: Int? = nil) -> JSONSchema {
        made(
            "integer", ["minimum": minimum.map { .integer(Int64($0)) }, "maximum": maximum.map { .integer(Int64($0)) }])
    }

    /// Any number, whole or not.
    public static let number = made("number", [:])
    public static let boolean = made("boolean", [:])
    public static let uuid = string(format: "uuid")
    public static let time = string(format: "date-time")
    /// Any value at all.
    public static let any = JSONSchema(json: .object([:]))

    /// One of these texts and no other.
    public static func words(_ words: [String]) -> JSONSchema {
        made("string", ["enum": .list(words.map { .string($0) })])
    }

    /// A list of such values, of at most `maximum`.
    public static func array(_ item: JSONSchema, minimum: Int? = nil, maximum: Int? = nil) -> JSONSchema {
        made(
            "array",
            [
                "items": item.json, "minItems": minimum.map { .integer(Int64($0)) },
                "maxItems": maximum.map { .integer(Int64($0)) },
            ])
    }

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

    /// An object of such members, none of them required: the body of a change.
    public static func change(_ members: [String: JSONSchema]) -> JSONSchema {
        object(members, optional: Set(members.keys))
    }

    /// The same object, with exactly one of these optional members.
    public func withOne(of names: [String]) -> JSONSchema {
        var members = json.object ?? [:]
        members["oneOf"] = .list(names.map { ["required": [.string($0)]] })
        return JSONSchema(json: .object(members))
    }

    /// An object of any members, each of one schema.
    public static func map(_ value: JSONSchema) -> JSONSchema { made("object", ["additionalProperties": value.json]) }

    /// One page of a list.
    public static func page(_ item: JSONSchema) -> JSONSchema {
        .object(
            [
                "items": .array(item),
                "next": .string().described("Present when there is a next page: its `cursor`."),
            ], optional: ["next"])
    }

    /// A schema that stands once under `components`.
    public static func reference(_ name: String) -> JSONSchema {
        JSONSchema(json: ["$ref": .string("#/components/schemas/\(name)")])
    }

    /// The same, or null: in a change, null removes the value (RFC 7396 §1).
    public var nullable: JSONSchema {
        var members = json.object ?? [:]
        if let type = members["type"] { members["type"] = [type, "null"] }
        return JSONSchema(json: .object(members))
    }

    /// The same with a sentence for the reader.
    public func described(_ sentence: String) -> JSONSchema {
        var members = json.object ?? [:]
        members["description"] = .string(sentence)
        return JSONSchema(json: .object(members))
    }

    private static func made(_ type: String, _ members: [String: AttributeValue?]) -> JSONSchema {
        var all = members.compactMapValues { $0 }
        all["type"] = .string(type)
        return JSONSchema(json: .object(all))
    }
}
