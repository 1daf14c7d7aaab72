import Vocabulary

extension ConfigurationSection {
    /// Most networks that may be named: proxies are few.
    private static let networkLimit = 256

    /// Networks whose forwarded headers are believed. One as wide as a good part of all addresses is a slip that lets
    /// everybody say who they are, and so are many that come to the same.
    func trustedNetworks(_ name: String) -> [CIDR] {
        let networks = texts(name, limit: Self.networkLimit).enumerated().compactMap { index, text -> CIDR? in
            guard let network = CIDR(text) else {
                report(name, "`\(text)` is not a network such as 10.0.0.0/8.")
                return nil
            }
            if network.isTooWideToTrust {
                context.fault(
                    at: "\(key(name))[\(index)]",
                    "`\(text)` would believe far too many; an IPv4 network has at least 8 bits, an IPv6 network 16.")
            }
            return network
        }
        if CIDR.coversHalf(networks.filter { !$0.isTooWideToTrust }) {
            report(name, "together these are half of all IPv4 addresses or more; list your proxies only.")
        }
        return networks
    }
}

extension CIDR {
    /// The network as IPv4, also where it is written as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2); nil for others.
    private var plain: (first: UInt32, length: Int)? {
        switch address {
        case .v4(let first): return (first, prefixLength)
        case .v6:
            guard prefixLength >= 96, case .v4(let first) = address.unmapped else { return nil }
            return (first, prefixLength - 96)
        }
    }

    fileprivate var isTooWideToTrust: Bool {
        if let plain { return plain.length < 8 }
        // Everything that has the mapped addresses inside has all of IPv4 inside.
        return prefixLength < 16 || contains(.v6(high: 0, low: 0xFFFF_0000_0000))
    }

    /// Whether at least every second IPv4 address lies in one of these.
    fileprivate static func coversHalf(_ networks: [CIDR]) -> Bool {
        let ranges = networks.compactMap(\.plain).map { first, length in
            UInt64(first)..<(UInt64(first) + UInt64(1) << UInt64(32 - length))
        }.sorted { $0.lowerBound < $1.lowerBound }
        var (covered, end): (UInt64, UInt64) = (0, 0)
        for range in ranges where range.upperBound > end {
            covered += range.upperBound - max(range.lowerBound, end)
            end = range.upperBound
        }
        return covered >= 1 << 31
    }
}
