/// What a user may do, when, from where, and how much of it.
public struct UserRights: Sendable, Equatable {
    public var subjects: SubjectRights
    /// Networks that it may come from, such as `10.0.0.0/8`; none named means from anywhere.
    public var sources: [String]
    /// When it may be connected, every day; none named means always. The server drops a connection when a window closes.
    public var times: [ClockRange]
    /// The IANA name of the zone of `times`; nil is the zone that each server's machine is set to.
    public var timeZone: String?
    /// Subscriptions at a time; with 0 a server ends the connection when it begins.
    public var subscriptions: Limit
    /// Bytes; servers do not hold users to it yet.
    public var data: Limit
    /// Bytes of one message.
    public var payload: Limit
    /// Whoever has the token may connect, without the seed.
    public var bearerToken: Bool
    /// Only behind a proxy that the server trusts; servers before 2.12 do not know of it.
    public var proxyRequired: Bool
    /// None named means every kind of connection.
    public var connectionTypes: [ConnectionType]

    /// Ways to be connected.
    public enum ConnectionType: String, Sendable, CaseIterable {
        case standard = "STANDARD"
        case websocket = "WEBSOCKET"
        case leafNode = "LEAFNODE"
        case leafNodeWebsocket = "LEAFNODE_WS"
        case mqtt = "MQTT"
        case mqttWebsocket = "MQTT_WS"
        case inProcess = "IN_PROCESS"
    }

    /// These subjects, without any limit unless one is set.
    public init(
        _ subjects: SubjectRights, sources: [String] = [], times: [ClockRange] = [], timeZone: String? = nil,
        subscriptions: Limit = .unlimited, data: Limit = .unlimited, payload: Limit = .unlimited
    ) {
        self.subjects = subjects
        self.sources = sources
        self.times = times
        self.timeZone = timeZone
        self.subscriptions = subscriptions
        self.data = data
        self.payload = payload
        bearerToken = false
        proxyRequired = false
        connectionTypes = []
    }

    /// What the token of a user says that a scoped signing key issued: nothing, for the key's template says it all.
    public static let ofScope = UserRights(
        SubjectRights(), subscriptions: .nothing, data: .nothing, payload: .nothing)

    /// Everything that is wrong with these rights, or odd.
    public func faults() -> [NATSFault] { faults("nats") }

    func faults(_ place: String, asTemplate: Bool = false) -> [NATSFault] {
        guard asTemplate || self != .ofScope else { return [] }
        return subjects.faults(place, asTemplate: asTemplate) + limitFaults(place) + placeAndTimeFaults(place)
    }

    private func limitFaults(_ place: String) -> [NATSFault] {
        subscriptions.faults(place + ".subs", bits: 32) + neverConnected(place) + data.faults(place + ".data")
            + payload.faults(place + ".payload", bits: 32)
    }

    private func neverConnected(_ place: String) -> [NATSFault] {
        guard subscriptions == .nothing else { return [] }
        return [
            NATSFault(
                .invalidLimit, place + ".subs", "is 0, and servers end such a connection when it begins",
                "Allow one subscription, and deny every subject.", .warning)
        ]
    }

    private func placeAndTimeFaults(_ place: String) -> [NATSFault] {
        var faults = sources.compactMap { Network.fault($0, place + ".src") }
        faults += times.flatMap { $0.faults(place + ".times") }
        if let timeZone {
            faults += ClockRange.zoneFault(timeZone, place + ".times_location").map { [$0] } ?? []
        } else if !times.isEmpty {
            faults.append(
                NATSFault(
                    .invalidTimes, place + ".times_location", "is not given",
                    "Name the zone: without it, each server takes its machine's.", .warning))
        }
        return faults
    }
}
