import Messaging
import Storage
import Vocabulary

/// How it stands with NATS at one moment.
public struct MessengerStatus: Sendable {
    /// Nil where there is no connection to speak of: `trouble` says why.
    public let connection: ConnectionStatus?
    public let trouble: String?
    /// Nil where no commands are answered.
    public let commands: ServiceMetrics?
    /// Nil where no events are told.
    public let relay: RelayStatus?
    public let relayed: RelayMetrics?
    /// The position in the journal of the newest event that is to be told.
    public let head: Int64

    /// How many positions of the journal the stream is behind.
    public var lag: Int64 { relayed.map { max(0, head - $0.position) } ?? 0 }
}

extension Gateway {
    /// What answers commands and tells events over NATS; nil where the configuration asks for nothing of it.
    var messenger: Messenger? { configuration.nats.messaging.map { Messenger(gateway: self, settings: $0) } }

    /// How it stands with NATS; nil where the configuration asks for nothing of it.
    ///
    /// - Parameter tenant: nil for whichever it is about.
    /// - Throws: what the store throws.
    public func messengerStatus(of tenant: TenantID? = nil) async throws -> MessengerStatus? {
        guard let settings = configuration.nats.messaging,
            tenant == nil || tenants.tenant(slug: settings.tenant)?.id == tenant
        else { return nil }
        let link = messengerDesk.link
        return MessengerStatus(
            connection: link?.connection.status, trouble: messengerDesk.trouble, commands: link?.service?.metrics,
            relay: link?.relay?.status, relayed: link?.relay?.metrics, head: try await link?.feed?.head() ?? 0)
    }

    /// Folds everything governed from the stream alone and holds it against the journal.
    ///
    /// - Throws: `nats.no_stream` where no events are told, or no servers are there; what reading the stream throws.
    public func compareEventStream(in tenant: TenantID) async throws -> EventComparison {
        guard let link = messengerDesk.link, let stream = link.stream, let feed = link.feed, feed.tenant == tenant
        else {
            throw Fault(
                "nats.no_stream.unavailable", .ourselves, "No events of this tenant are told over NATS now.",
                remedy: "Set `nats.messaging`, and see that its servers are there.")
        }
        do { return try await EventComparer(feed: feed).compare(stream) } catch let fault as StreamFault {
            throw Fault("nats.stream.unavailable", .peer, "The stream cannot be read: \(fault).")
        }
    }

    /// Publishes states of what is governed before the events behind them age out of the stream.
    func keepEventStreamWhole() async throws {
        guard let settings = configuration.nats.messaging, let events = settings.events,
            let tenant = tenants.tenant(slug: settings.tenant)
        else { return }
        try await SnapshotKeeper(
            store: store, tenant: tenant.id, stream: events.stream, age: events.age, clock: clock
        ).publishWhatIsDue()
    }

    func commandDesk(_ plan: MessengerPlan, unsigned: String?) -> CommandDesk {
        CommandDesk(
            governance: governance,
            senders: CommandSenders(
                store: store, resolver: resolver, tenant: plan.tenant, owner: plan.owner, unsigned: unsigned,
                clock: clock),
            subjects: plan.subjects,
            judge: { [self] in try await management(of: $0, $1, "governance", in: $0.tenant) }, clock: clock,
            logger: logger)
    }
}
