import Identity
import Vocabulary

/// `anomalies`: what is looked for in sign-ins, and which networks have a name and a place.
public struct AnomalyConfiguration: Sendable {
    public var settings: AnomalySettings
    /// Whether travel was asked for in so many words.
    var asksForTravel = false

    static let networkLimit = 256
    static let rangeLimit = 256

    init(_ section: ConfigurationSection, lockout: LockoutConfiguration) {
        let networks = section.sections("networks", limit: Self.networkLimit)
        settings = AnomalySettings(kinds: [], networks: networks.map(Self.network))
        let travel = section.section("impossible_travel")
        asksForTravel = travel.has("enabled")
        settings.maximumSpeedKilometresPerHour = travel.integer("maximum_kmh", default: 1_000, in: 50...10_000)
        settings.minimumDistanceKilometres = travel.integer("minimum_km", default: 200, in: 10...20_000)
        let hours = section.section("unusual_hour")
        settings.signInsBeforeHours = hours.integer("after_sign_ins", default: 20, in: 5...1_000)
        let device = section.section("new_device")
        let burst = section.section("failure_burst")
        // More failures than lock the account are never counted before a right password.
        settings.burstFailures = burst.integer(
            "failures", default: min(5, lockout.accountLimit), in: 2...lockout.accountLimit)
        for (kind, part) in [
            (LoginAnomaly.impossibleTravel, travel), (.unusualHour, hours), (.newDevice, device),
            (.failureBurst, burst),
        ] {
            let isOn = part.bool("enabled", default: true)
            if isOn { settings.kinds.insert(kind) }
            if kind == .impossibleTravel { asksForTravel = asksForTravel && isOn }
            part.finish()
        }
        section.finish()
    }

    private static func network(_ entry: ConfigurationSection) -> NamedNetwork {
        defer { entry.finish() }
        let name = entry.text("name")
        // Bounded as our own words are: it is kept with every sign-in.
        if !name.isEmpty, !isWord(name) {
            entry.report("name", "must be 1 to 64 lower-case letters, digits, dots, colons, hyphens and underscores.")
        }
        let ranges = entry.texts("ranges", limit: rangeLimit).compactMap { text -> CIDR? in
            if let range = CIDR(text) { return range }
            entry.report("ranges", "`\(text.prefix(80))` is not a network such as 10.0.0.0/8.")
            return nil
        }
        if !entry.has("ranges") { entry.report("ranges", "is required.") }
        return NamedNetwork(name: name, ranges: ranges, place: place(entry))
    }

    private static func isWord(_ name: String) -> Bool {
        name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "_.:-".utf8.contains(byte)
            }
    }

    private static func place(_ entry: ConfigurationSection) -> GeoPoint? {
        let latitude = entry.optional("latitude", "degrees from -90 to 90") { degrees($0, within: 90) }
        let longitude = entry.optional("longitude", "degrees from -180 to 180") { degrees($0, within: 180) }
        if entry.has("latitude") != entry.has("longitude") {
            entry.report(entry.has("latitude") ? "longitude" : "latitude", "is required beside the other one.")
        }
        guard let latitude, let longitude else { return nil }
        return GeoPoint(latitude: latitude, longitude: longitude)
    }

    private static func degrees(_ text: String, within limit: Double) -> Double? {
        Double(text).flatMap { (-limit...limit).contains($0) ? $0 : nil }
    }

    /// What only shows in the whole: names and ranges that stand twice, and travel that could never be found.
    func check(_ context: ConfigurationContext) {
        var names: Set<String> = [], ranges: Set<CIDR> = []
        for (index, network) in settings.networks.enumerated() {
            if !network.name.isEmpty, !names.insert(network.name).inserted {
                context.fault(at: "anomalies.networks[\(index)].name", "`\(network.name)` stands twice.")
            }
            for range in network.ranges where !ranges.insert(range).inserted {
                context.fault(at: "anomalies.networks[\(index)].ranges", "`\(range)` stands twice.")
            }
        }
        if asksForTravel, settings.networks.count(where: { $0.place != nil }) < 2 {
            context.fault(
                at: "anomalies.impossible_travel.enabled",
                "needs two networks with latitude and longitude: nobody's travel shows in fewer.")
        }
    }
}
