import Logging
import Messaging
import Synchronization
import Vocabulary

/// Answers commands and tells events over NATS for as long as it runs. Without servers nothing else of the gateway waits: they are
/// tried again, and what was journalled meanwhile is told when they are there.
struct Messenger: Sendable {
    let gateway: Gateway
    let settings: NATSMessagingConfiguration

    /// Looked at again after so long, though nothing was rung: a file may have been replaced.
    private static let longestWait: Duration = .seconds(30)

    /// Speaks until the task is cancelled.
    func run() async {
        var complaint: String?
        while !Task.isCancelled {
            let rings = gateway.natsBell.rings
            do {
                let plan = try await plan()
                complaint = nil
                try await serve(plan, past: rings)
            } catch {
                if complaint != "\(error)" {
                    gateway.logger.warning("NATS cannot be spoken with", metadata: ["reason": "\(error)"])
                }
                complaint = "\(error)"
                gateway.messengerDesk.set(trouble: complaint)
                await gateway.natsBell.wait(past: rings, for: Self.longestWait)
            }
        }
    }

    /// With whom it is spoken now.
    func plan() async throws -> MessengerPlan {
        guard let tenant = gateway.tenants.tenant(slug: settings.tenant) else { throw Fault.notFound("tenant") }
        return try await MessengerPlan.make(settings, tenant.id, store: gateway.store)
    }

    private func serve(_ plan: MessengerPlan, past rings: Int) async throws {
        let link = try MessengerLink(plan, settings, gateway)
        gateway.messengerDesk.set(link)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await link.relay?.run() }
            group.addTask { await MessengerWatch(link: link, logger: gateway.logger).run() }
            await untilChanged(plan, past: rings)
            group.cancelAll()
        }
        gateway.messengerDesk.set(nil)
        await link.close()
    }

    /// Returns when another plan is to be used, or the task is cancelled.
    private func untilChanged(_ plan: MessengerPlan, past rings: Int) async {
        var heard = rings
        while !Task.isCancelled {
            await gateway.natsBell.wait(past: heard, for: Self.longestWait)
            heard = gateway.natsBell.rings
            // What cannot be read now is no reason to give up what works.
            if let now = try? await self.plan(), !now.isSame(as: plan) { return }
        }
    }
}

/// Connections, and what goes over them. Events have one of their own, where messages are gathered for a millisecond before they
/// are written: that is half as many again in a second, and would keep answers waiting.
final class MessengerLink: Sendable {
    let connection: MessagingConnection
    private let eventConnection: MessagingConnection?
    let service: RequestService?
    let stream: EventStream?
    let relay: EventRelay?
    let feed: JournalFeed?

    init(_ plan: MessengerPlan, _ settings: NATSMessagingConfiguration, _ gateway: Gateway) throws {
        var configuration = MessagingConfiguration(servers: plan.servers)
        configuration.credentials = plan.credentials
        configuration.tls = gateway.configuration.nats.tls
        let connection = try MessagingConnection(configuration)
        self.connection = connection
        if let events = settings.events {
            configuration.gathersWrites = true
            configuration.clientName = "gatehouse-events"
            let eventConnection = try MessagingConnection(configuration)
            self.eventConnection = eventConnection
            let stream = try EventStream(eventConnection, Self.definition(events, plan.subjects), domain: events.domain)
            let feed = JournalFeed(
                store: gateway.store, tenant: plan.tenant, stream: events.stream, subjects: plan.subjects)
            var relaying = RelayConfiguration()
            relaying.inFlightLimit = events.inFlight
            relay = EventRelay(stream, feed.source, relaying)
            (self.stream, self.feed) = (stream, feed)
        } else {
            (eventConnection, stream, feed, relay) = (nil, nil, nil, nil)
        }
        service = try settings.commands.map { commands in
            let desk = gateway.commandDesk(plan, unsigned: commands.unsigned)
            return try RequestService(connection, CommandDesk.configuration(plan.subjects, commands)) {
                await desk.answer($0)
            }
        }
    }

    private static func definition(
        _ events: NATSMessagingConfiguration.Events, _ subjects: MessagingSubjects
    ) -> StreamDefinition {
        var definition = StreamDefinition(name: events.stream, subjects: subjects.eventPatterns)
        definition.maximumAge = events.age
        definition.replicas = events.replicas
        definition.maximumBytes = events.maximumBytes
        definition.description = "Governed policies and what hangs on them, in order"
        return definition
    }

    /// What was accepted is answered, then the connection ends.
    func close() async {
        await service?.stop(within: .seconds(5))
        await connection.close(within: .seconds(2))
        await eventConnection?.close(within: .seconds(2))
    }
}

/// What the rest of the gateway sees of the messenger.
final class MessengerDesk: Sendable {
    private struct State {
        var link: MessengerLink?
        var trouble: String?
    }

    private let state = Mutex(State())

    var link: MessengerLink? { state.withLock { $0.link } }
    /// Why nothing is tried; nil while something is.
    var trouble: String? { state.withLock { $0.trouble } }

    func set(_ link: MessengerLink?) { state.withLock { ($0.link, $0.trouble) = (link, nil) } }
    func set(trouble: String?) { state.withLock { $0.trouble = trouble } }

    /// Says that something was journalled.
    func wake() { link?.relay?.wake() }
}
