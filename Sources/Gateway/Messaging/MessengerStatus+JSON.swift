import Messaging
import Vocabulary

extension MessengerStatus {
    /// By the names of the API.
    public var json: AttributeValue {
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

    /// What `state` may be.
    public static let states = ["off"] + ConnectionStatus.State.allCases.map(\.rawValue)

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
