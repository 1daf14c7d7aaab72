import Storage
import Vocabulary

extension Gateway {
    /// Credentials for servers of NATS.
    public var nats: NATSService {
        NATSService(
            store: store, table: authorization, roles: roles, settings: configuration.nats, clock: clock,
            changed: { [natsBell] _ in natsBell.ring() })
    }

    /// Tells servers of NATS what has changed.
    var natsPusher: NATSPusher {
        NATSPusher(
            store: store, tenants: tenants, bell: natsBell, tls: configuration.nats.tls, clock: clock, logger: logger)
    }

    /// Brings the users of every tenant to what is known of their people; one that fails keeps none of the others from it.
    func followNATS() async throws {
        var failure: (any Error)?
        for tenant in tenants.all {
            do {
                let now = clock()
                guard try await store.read({ [natsLooks] in try natsLooks.isDue(tenant.id, $0, at: now) }) else {
                    continue
                }
                try await nats.follow(in: tenant.id)
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
