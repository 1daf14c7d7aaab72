import Gateway
import Messaging
import Vocabulary

extension MessengerStatus {
    var json: AttributeValue {
        var members: [String: AttributeValue] = [
            "state": .string(connection?.state.rawValue ?? "off"), "head": .integer(head), "lag": .integer(lag),
        ]
        members["server"] = connection?.server.map(AttributeValue.string)
        members["trouble"] = (trouble ?? connection?.lastTrouble?.description).map(AttributeValue.string)
        members["commands"] = commands.map { counts in
            [
                "answered": .integer(Int64(counts.answered)), "busy": .integer(Int64(counts.busy)),
                "failed": .integer(Int64(counts.failed)), "running": .integer(Int64(counts.running)),
            ]
        }
        members["events"] = relay.map { status in
            [
                "state": .string(Self.word(status)), "position": .integer(relayed?.position ?? 0),
                "acknowledged": .integer(Int64(relayed?.acknowledged ?? 0)),
                "differences": .list((relayed?.differences ?? []).map { .string($0.description) }),
            ]
        }
        return .object(members)
    }

    private static func word(_ status: RelayStatus) -> String {
        switch status {
        case .starting: "starting"
        case .running: "running"
        case .upToDate: "up_to_date"
        case .waiting(let trouble): "waiting: \(trouble)"
        case .stopped: "stopped"
        }
    }
}

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
            "state": .words(["off"] + ConnectionStatus.State.allCases.map(\.rawValue)), "server": .string(),
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
