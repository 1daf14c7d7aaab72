import JOSE
import OAuth
import Storage
import Vocabulary

extension Gateway {
    /// The streams by which receivers hear of security events.
    public var signals: SignalService {
        SignalService(
            store: store, clients: clients, tenants: tenants,
            tokens: SignalTokens(tenants: tenants, keys: tokenKeys), bell: live.bell, clock: clock)
    }

    /// What a tenant tells receivers of itself (SSF 1.0 §7.1): endpoints that are here, and nothing that is not.
    public func transmitterDocument(of tenant: TenantID) -> [UInt8] {
        let issuer = tenants.publicURL(of: tenant)
        return SecurityEvent.transmitter(
            issuer: issuer, keys: issuer + "/oauth2/jwks", endpoints: issuer + "/ssf"
        ).serialized
    }

    /// How many receivers there are, what waits for them, and how telling goes.
    func signalMetrics() async throws -> [MetricFamily] {
        let (streams, waiting) = try await store.read { (try $0.countSignalStreams(), try $0.countSignals()) }
        let tally = await signalCourier.tally
        var family = MetricFamily.gauge("gatehouse_signal_streams", "Streams of security events, by their status.")
        for status in SignalStream.Status.allCases {
            family = family.adding(Int(streams[status] ?? 0), ["status": status.rawValue])
        }
        return [
            family,
            .gauge("gatehouse_signals_waiting", "Security events that a receiver is still to be told.")
                .adding(Int(waiting)),
            .counter("gatehouse_signals_pushed_total", "Security events that receivers took.").adding(tally.pushed),
            .counter("gatehouse_signal_failures_total", "Pushes of security events that failed, and are repeated.")
                .adding(tally.failed),
            .counter(
                "gatehouse_signals_given_up_total",
                "Security events that a receiver will never take, or that waited too long."
            ).adding(tally.givenUp),
            .gauge("gatehouse_logout_notices_waiting", "Clients that have still to hear that a session ended.")
                .adding(try await waitingLogouts),
        ]
    }
}
