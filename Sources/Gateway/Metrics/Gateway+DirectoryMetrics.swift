import Providers
import Vocabulary

extension Gateway {
    /// Every configured provider with the labels it is known by.
    private var labelledProviders: [(provider: ConfiguredProvider, labels: [String: String])] {
        tenants.all.flatMap { tenant in
            providers.all(in: tenant.id).map {
                ($0, ["tenant": tenant.slug, "provider": $0.configuration.key])
            }
        }
    }

    /// Connections and circuits of the directories that are open.
    var directoryMetrics: [MetricFamily] {
        var connections = MetricFamily.gauge("gatehouse_directory_connections", "Connections to a directory.")
        var waiting = MetricFamily.gauge("gatehouse_directory_waiting", "Callers that wait for a connection.")
        var refused = MetricFamily.counter(
            "gatehouse_directory_refused_total", "Callers refused because no connection came free.")
        var breaker = MetricFamily.gauge(
            "gatehouse_directory_breaker", "1 for the state in which a server's circuit is.")
        for (provider, labels) in labelledProviders {
            guard let reading = directories.directory(provider.id)?.reading else { continue }
            for pool in reading.pools {
                let labels = labels.merging(["pool": pool.name]) { $1 }
                connections = connections.adding(pool.busy, labels.merging(["state": "busy"]) { $1 })
                    .adding(pool.idle, labels.merging(["state": "idle"]) { $1 })
                waiting = waiting.adding(pool.waiting, labels)
                refused = refused.adding(pool.refused, labels)
            }
            for server in reading.servers {
                for state in DirectoryReading.circuitStates {
                    breaker = breaker.adding(
                        server.circuit == state ? 1 : 0,
                        labels.merging(["server": server.endpoint, "state": state]) { $1 })
                }
            }
        }
        return [connections, waiting, refused, breaker]
    }

    /// How directory jobs ended since the start, for providers that have any.
    var syncMetrics: [MetricFamily] {
        var runs = MetricFamily.counter("gatehouse_sync_runs_total", "Directory jobs, by how they ended.")
        var seconds = MetricFamily.histogram("gatehouse_sync_run_seconds", "Time a directory job took.")
        for (provider, labels) in labelledProviders where !provider.isLocal {
            let account = sync.tally.account(of: provider.id)
            for outcome in SyncTally.Outcome.allCases {
                runs = runs.adding(
                    account.outcomes[outcome] ?? 0, labels.merging(["result": outcome.rawValue]) { $1 })
            }
            seconds = seconds.adding(account.seconds, labels)
        }
        return [runs, seconds]
    }

    /// What `/readyz` says of providers and their newest jobs, as numbers.
    func healthMetrics() async throws -> [MetricFamily] {
        var isUp = MetricFamily.gauge("gatehouse_provider_up", "Whether any server of the provider answers.")
        var failedOver = MetricFamily.gauge(
            "gatehouse_provider_failed_over", "Whether the first server is being left alone.")
        var age = MetricFamily.gauge("gatehouse_sync_last_run_age_seconds", "Since the newest directory job began.")
        var isDone = MetricFamily.gauge("gatehouse_sync_last_run_ok", "Whether the newest directory job was applied.")
        var isHeld = MetricFamily.gauge("gatehouse_sync_held", "Whether a directory job waits for a decision.")
        for provider in try await providerHealth() {
            let labels = ["tenant": provider.tenant, "provider": provider.key]
            if provider.state != "off" {
                isUp = isUp.adding(provider.state == "down" ? 0 : 1, labels)
                failedOver = failedOver.adding(provider.state == "failed_over" ? 1 : 0, labels)
            }
            guard let sync = provider.lastSync else { continue }
            age = age.adding(sync.ageSeconds, labels)
            isDone = isDone.adding(sync.state == "done" ? 1 : 0, labels)
            isHeld = isHeld.adding(sync.state == "held" ? 1 : 0, labels)
        }
        return [isUp, failedOver, age, isDone, isHeld]
    }
}
