import Gateway
import Vocabulary

/// Gauges that are read when somebody looks: providers, directory jobs and deliveries of heads.
struct OperationalGauges: Sendable {
    let gateway: Gateway
    let metrics: MetricsRegistry

    func set() async throws {
        for provider in try await gateway.providerHealth() { set(provider) }
        for (index, delivery) in await gateway.headDeliveries().enumerated() {
            let labels = ["sink": "\(index)", "host": delivery.host]
            metrics.gauge(
                "gatehouse_head_delivery_failures", help: "Deliveries of heads that failed in a row", labels: labels
            ).set(delivery.failures)
            if let at = delivery.deliveredAt {
                metrics.gauge(
                    "gatehouse_head_delivered_timestamp_seconds", help: "When heads were last delivered", labels: labels
                ).set(Int(at.seconds))
            }
        }
    }

    private func set(_ provider: ProviderHealth) {
        let labels = ["tenant": provider.tenant, "provider": provider.key]
        func gauge(_ name: String, _ help: String, _ value: Int64) {
            metrics.gauge(name, help: help, labels: labels).set(Int(value))
        }
        if provider.state != "off" {
            gauge(
                "gatehouse_provider_up", "Whether any server of the provider answers", provider.state == "down" ? 0 : 1)
            gauge(
                "gatehouse_provider_failed_over", "Whether the first server is being left alone",
                provider.state == "failed_over" ? 1 : 0)
        }
        guard let sync = provider.lastSync else { return }
        gauge("gatehouse_sync_last_run_age_seconds", "Since the newest directory job began", sync.ageSeconds)
        gauge(
            "gatehouse_sync_last_run_ok", "Whether the newest directory job was applied", sync.state == "done" ? 1 : 0)
        gauge("gatehouse_sync_held", "Whether a directory job waits for a decision", sync.state == "held" ? 1 : 0)
    }
}

extension ProviderHealth {
    func json(withFailures: Bool) -> AttributeValue {
        HTTPAPI.json([
            "tenant": .string(tenant), "provider": .string(key), "state": .string(state),
            "last_sync": lastSync.map { sync in
                HTTPAPI.json([
                    "state": .string(sync.state),
                    "failure": withFailures ? sync.failure.map(AttributeValue.string) : nil,
                    "started_at": sync.startedAt.json, "age_seconds": .integer(sync.ageSeconds),
                ])
            },
        ])
    }
}
