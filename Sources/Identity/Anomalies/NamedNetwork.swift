import Vocabulary

/// Networks that somebody has given a name and, where they know it, a place. Nobody else's data about addresses is used.
public struct NamedNetwork: Hashable, Sendable {
    /// 1 to 64 bytes of `[a-z0-9_.:-]`.
    public let name: String
    public let ranges: [CIDR]
    /// Nil for networks that are everywhere or nowhere in particular, such as a VPN.
    public let place: GeoPoint?

    public init(name: String, ranges: [CIDR], place: GeoPoint? = nil) {
        self.name = name
        self.ranges = ranges
        self.place = place
    }
}

extension [NamedNetwork] {
    /// The network an address lies in: of several, the one with the narrowest range; nil in none.
    public func network(of address: IPAddress) -> NamedNetwork? {
        var best: (network: NamedNetwork, width: Int)?
        for network in self {
            for range in network.ranges where range.contains(address) {
                // Bits left open tell an IPv4 range from an IPv4-mapped one of the same size.
                let width = range.address.bitWidth - range.prefixLength
                if best.map({ width < $0.width }) ?? true { best = (network, width) }
            }
        }
        return best?.network
    }
}
