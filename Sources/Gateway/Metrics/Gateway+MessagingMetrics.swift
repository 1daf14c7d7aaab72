import Messaging
import Vocabulary

extension Gateway {
    /// Commands that came over NATS, and how far its stream is behind the journal; none where neither is configured.
    func messagingMetrics() async throws -> [MetricFamily] {
        guard let status = try await messengerStatus() else { return [] }
        var families = [
            MetricFamily.gauge("gatehouse_nats_connected", "Whether a server of NATS is connected to.")
                .adding(status.connection?.state == .connected ? 1 : 0, [:])
        ]
        if let commands = status.commands {
            var counts = MetricFamily.counter(
                "gatehouse_nats_commands_total", "Requests for commands over NATS, by what became of them.")
            for (word, count) in [
                ("answered", commands.answered), ("busy", commands.busy), ("too_large", commands.tooLarge),
                ("failed", commands.failed), ("unanswerable", commands.unanswerable), ("lost", commands.lost),
            ] { counts = counts.adding(count, ["result": word]) }
            families.append(counts)
        }
        if let relayed = status.relayed {
            families += [
                MetricFamily.counter("gatehouse_nats_events_total", "Events that the stream has acknowledged.")
                    .adding(relayed.acknowledged, [:]),
                MetricFamily.gauge("gatehouse_nats_stream_lag", "Positions of the journal that the stream is behind.")
                    .adding(Int(clamping: status.lag), [:]),
            ]
        }
        return families
    }
}
