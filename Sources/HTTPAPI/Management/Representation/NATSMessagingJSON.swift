import Gateway
import Vocabulary

extension EventComparison {
    var json: AttributeValue {
        func texts(_ texts: [String]) -> AttributeValue { .list(texts.map(AttributeValue.string)) }
        return [
            "is_same": .bool(isSame), "position": .integer(position), "messages": .integer(Int64(messages)),
            "foreign": .integer(Int64(foreign)), "gaps": .object(gaps.mapValues { .integer(Int64($0)) }),
            "same": .integer(Int64(same)), "differing": texts(differing), "incomplete": texts(incomplete),
            "contradicted": texts(contradicted),
        ]
    }
}

extension NATSSchema {
    static let messaging = JSONSchema.object(
        [
            "state": .words(MessengerStatus.states), "server": .string(),
            "trouble": .string(), "head": .integer(minimum: 0), "lag": .integer(minimum: 0),
            "commands": .map(.integer(minimum: 0)), "events": .map(.any),
        ], optional: ["server", "trouble", "head", "lag", "commands", "events"])

    static let comparison = JSONSchema.object([
        "is_same": JSONSchema.boolean.described("Whether the journal's state can be had from the stream alone."),
        "position": .integer(minimum: 0), "messages": .integer(minimum: 0), "foreign": .integer(minimum: 0),
        "gaps": .map(.integer(minimum: 0)), "same": .integer(minimum: 0), "differing": .array(.string()),
        "incomplete": .array(.string()), "contradicted": .array(.string()),
    ])
}
