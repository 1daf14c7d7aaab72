import Gateway
import Vocabulary

/// What administrators see of how an application hears of security events; everything beyond it is the API's and the command
/// line's.
enum SignalBlocks {
    /// The streams of a client; nil where it has none.
    static func streams(of client: OAuthClient, _ call: AdminCall) async throws -> AdminBlock? {
        let streams = try await call.gateway.signals.list(in: call.tenant, of: client.id)
        guard !streams.isEmpty else { return nil }
        return .table(
            AdminTable(
                "Hears of security events", columns: ["Where", "State", "Waiting", "Last taken", "Last fault"],
                rows: streams.map(row)))
    }

    private static func row(_ stream: ListedSignalStream) -> [AdminValue] {
        [
            stream.endpoint.map { .code($0) } ?? AdminValue("it fetches them"), state(of: stream),
            AdminValue("\(stream.waiting)"), stream.deliveredAt.map { AdminValue($0) } ?? AdminValue("never"),
            AdminValue(stream.lastError.map(adminWords) ?? "none"),
        ]
    }

    private static func state(of stream: ListedSignalStream) -> AdminValue {
        let badge: AdminValue =
            switch stream.status {
            case "enabled" where stream.failures > 0: .badge("tried again", .caution)
            case "enabled": .badge("active", .good)
            case "paused": .badge("paused", .caution)
            default: .badge("disabled", .bad)
            }
        return stream.reason.map { badge.hinted($0) } ?? badge
    }
}
