import Vocabulary

extension Gateway {
    /// What waits to be told, and how telling goes, by receiver: `mail`, a webhook's digest or a system's name.
    func notificationMetrics() async throws -> [MetricFamily] {
        var waiting = MetricFamily.gauge(
            "gatehouse_notifications_waiting", "Notices that a receiver is still to be told.")
        var failures = MetricFamily.gauge("gatehouse_notification_failures", "Attempts that failed in a row.")
        var refused = MetricFamily.counter(
            "gatehouse_notifications_refused_total", "Notices that a receiver will never take.")
        for courier in outbox {
            let labels = ["receiver": courier.receiver]
            waiting = waiting.adding(try await courier.waiting(), labels)
            failures = failures.adding(await courier.status.failures, labels)
            refused = refused.adding(await courier.refused, labels)
        }
        return [waiting, failures, refused]
    }
}
