import Vocabulary

/// A sign-in whose password was right, as far as it can stand out.
public struct SignInObservation: Hashable, Sendable {
    public let at: Timestamp
    /// Where it comes from; nil on a local socket.
    public let address: IPAddress?
    /// Whether the browser is one that this person has signed in from.
    public let isKnownDevice: Bool
    /// Wrong passwords that were counted in the lockout's window before the right one.
    public let failuresBefore: Int

    public init(at: Timestamp, address: IPAddress?, isKnownDevice: Bool, failuresBefore: Int) {
        self.at = at
        self.address = address
        self.isKnownDevice = isKnownDevice
        self.failuresBefore = failuresBefore
    }
}

/// Something that stands out, with the numbers it was judged by. Those are personal.
public struct AnomalyFinding: Hashable, Sendable {
    /// What was judged.
    public enum Evidence: Hashable, Sendable {
        case travel(from: String, to: String, kilometres: Int, seconds: Int64)
        /// The hour in UTC, and how many of how many sign-ins were near it.
        case hour(Int, near: Int, of: Int)
        case device
        case failures(Int)
    }

    public let evidence: Evidence

    /// What kind of thing it is.
    public var kind: LoginAnomaly {
        switch evidence {
        case .travel: .impossibleTravel
        case .hour: .unusualHour
        case .device: .newDevice
        case .failures: .failureBurst
        }
    }
}

extension AnomalySettings {
    /// What stands out about a sign-in, in the order of `LoginAnomaly`. Without a history nothing does but a burst of
    /// failures: whoever signs in for the first time is new everywhere.
    public func findings(_ observation: SignInObservation, _ history: SignInHistory?) -> [AnomalyFinding] {
        let evidence: [AnomalyFinding.Evidence?] = [
            travel(observation, history), hour(observation, history), device(observation, history),
            observation.failuresBefore >= burstFailures ? .failures(observation.failuresBefore) : nil,
        ]
        return evidence.compactMap { $0.map(AnomalyFinding.init) }.filter { kinds.contains($0.kind) }
    }

    /// The named network that an address lies in.
    public func network(of address: IPAddress?) -> NamedNetwork? { address.flatMap(networks.network) }

    private func travel(_ observation: SignInObservation, _ history: SignInHistory?) -> AnomalyFinding.Evidence? {
        guard let last = history?.lastPlace, let name = last.network,
            let from = networks.first(where: { $0.name == name })?.place,
            let network = network(of: observation.address), let to = network.place
        else { return nil }
        let distance = from.kilometres(to: to)
        guard distance >= Double(minimumDistanceKilometres) else { return nil }
        // A clock that went back makes no time pass, and any distance too far.
        let seconds = max(0, (observation.at - last.at).microseconds / 1_000_000)
        guard distance * 3_600 > Double(maximumSpeedKilometresPerHour) * Double(seconds) else { return nil }
        return .travel(from: name, to: network.name, kilometres: Int(distance), seconds: seconds)
    }

    /// Unusual is an hour at whose time of day fewer than one in fifty sign-ins were.
    private func hour(_ observation: SignInObservation, _ history: SignInHistory?) -> AnomalyFinding.Evidence? {
        guard let history, history.count >= signInsBeforeHours else { return nil }
        let (near, total) = history.habit(at: observation.at)
        guard near * 50 < total else { return nil }
        return .hour(SignInHistory.hour(of: observation.at), near: near, of: total)
    }

    private func device(_ observation: SignInObservation, _ history: SignInHistory?) -> AnomalyFinding.Evidence? {
        (history?.count ?? 0) > 0 && !observation.isKnownDevice ? .device : nil
    }
}
