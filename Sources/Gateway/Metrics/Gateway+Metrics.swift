import Identity
import Passwords
import Storage
import Vocabulary

extension Gateway {
    /// What the gateway counts and measures, read now. Labels are closed words and names of the configuration: no
    /// person, no address, nothing that a request says.
    public func metrics() async throws -> [MetricFamily] {
        let own = decisionMetrics + login.tally.families + credentialMetrics + hashingMetrics
        let live = store.writerStatistics.families + directoryMetrics + syncMetrics + liveMetrics + complianceMetrics
        return own + live + (try await healthMetrics()) + (await headMetrics()) + (await provisioningMetrics())
            + (try await notificationMetrics()) + (try await approvalMetrics()) + (await storageMetrics())
            + (await keyMetrics()) + (try await signalMetrics()) + (try await messagingMetrics())
            + ProcessReading.now().families
    }

    private func keyMetrics() async -> [MetricFamily] {
        let total = await keyKeeper.total
        return [
            .counter("gatehouse_keys_resealed_total", "Values sealed anew under a newer key.").adding(total.resealed),
            .counter("gatehouse_keys_retired_total", "Old keys destroyed because nothing needed them.")
                .adding(total.retired),
            .gauge("gatehouse_keys_unreadable", "Values that open under no key, at the last look.")
                .adding(total.unreadable),
            .gauge("gatehouse_keys_tenants_rotating", "Tenants that still have an old key.")
                .adding(store.keys.tenantsWithOldKeys.count),
        ]
    }

    private func storageMetrics() async -> [MetricFamily] {
        let isWritable = await writeRefusal() == nil
        return [
            .gauge("gatehouse_storage_writable", "0 while no change can be stored.").adding(isWritable ? 1 : 0),
            .gauge("gatehouse_storage_free_bytes", "Free space on the storage directory's volume.")
                .adding(store.freeSpace ?? 0),
        ]
    }

    private var decisionMetrics: [MetricFamily] {
        recorder.statistics.families + [
            .counter(
                "gatehouse_decision_refusals_total", "Questions answered with no before any rule was looked at.",
                label: "reason", decisionRefusals),
            policyMeter.family, policyMeter.evaluations, authorization.approvalTally.family,
        ]
    }

    private var credentialMetrics: [MetricFamily] {
        let counts = live.refused.counts
        var family = MetricFamily.counter(
            "gatehouse_credential_refusals_total", "Presented credentials that opened nothing.")
        for kind in RefusedCredential.Kind.allCases {
            for reason in CredentialRefusal.allCases {
                family = family.adding(
                    counts[RefusedCredential(kind: kind, reason: reason)] ?? 0,
                    ["credential": kind.rawValue, "reason": reason.rawValue])
            }
        }
        return [family]
    }

    private var hashingMetrics: [MetricFamily] {
        let load = hasher.load
        return [
            .gauge("gatehouse_password_hashing_threads", "Threads that hash passwords.").adding(load.threads),
            .gauge("gatehouse_password_hashing_running", "Passwords being hashed.").adding(load.running),
            .gauge("gatehouse_password_hashing_waiting", "Passwords that wait to be hashed.").adding(load.queued),
            .gauge("gatehouse_password_hashing_wait_seconds", "How long one more password would take to be answered.")
                .adding(load.estimatedWait),
            .counter("gatehouse_password_hashing_refused_total", "Passwords refused because too many waited.")
                .adding(load.refused),
            .histogram("gatehouse_password_hashing_seconds", "Time to hash a password.").adding(load.times),
        ]
    }

    private var liveMetrics: [MetricFamily] {
        let counts = counts
        return [
            .gauge("gatehouse_sessions", "Live sessions.").adding(counts.sessions),
            .gauge("gatehouse_application_sessions", "Live application sessions.").adding(counts.applicationSessions),
            .gauge("gatehouse_api_keys", "Usable API keys.").adding(counts.keys),
            .gauge("gatehouse_tenants_denying", "Tenants whose rules do not compile.").adding(tenantFaults.count),
            .gauge("gatehouse_build_info", "Always 1; the version is a label.")
                .adding(1, ["version": GatehouseVersion.current]),
        ]
    }

    private func headMetrics() async -> [MetricFamily] {
        var failures = MetricFamily.gauge(
            "gatehouse_head_delivery_failures", "Deliveries of heads that failed in a row.")
        var delivered = MetricFamily.gauge(
            "gatehouse_head_delivered_timestamp_seconds", "When heads were last delivered.")
        for (index, delivery) in await headDeliveries().enumerated() {
            let labels = ["sink": "\(index)", "host": delivery.host]
            failures = failures.adding(delivery.failures, labels)
            if let at = delivery.deliveredAt { delivered = delivered.adding(at.seconds, labels) }
        }
        return [failures, delivered]
    }
}
