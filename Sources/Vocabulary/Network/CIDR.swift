/// A network in CIDR notation (RFC 4632, RFC 4291 §2.3): a trusted proxy, an allowed destination, a tenant's range.
public struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// The network's first address.
    public let address: IPAddress
    /// 0…32 or 0…128.
    public let prefixLength: Int

    /// Nil when the prefix is longer than the address or bits beyond it are set ("10.0.0.5/8" is a slip, and reading
    /// it as ten million hosts would be the wrong way to forgive it).
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
        guard address.masked(to: prefixLength) == address else { return nil }
    }

    /// Reads "address/length", or a bare address as the network of that one host.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        guard parts.count == 2 else {
            self.init(address, prefixLength: address.bitWidth)
            return
        }
        let digits = parts[1].utf8
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30, let length = Int(parts[1])
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// Whether the address lies inside. An IPv4-mapped IPv6 address is judged as the IPv4 address it stands for, so
    /// that `::ffff:10.0.0.1` does not slip past (or into) a list of IPv4 networks.
    public func contains(_ candidate: IPAddress) -> Bool {
        if candidate.bitWidth == address.bitWidth, candidate.masked(to: prefixLength) == address { return true }
        let plain = candidate.unmapped
        return plain.bitWidth == address.bitWidth && plain.masked(to: prefixLength) == address
    }

    public var description: String { "\(address)/\(prefixLength)" }
}

extension CIDR: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let network = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a network in CIDR notation")
        }
        self = network
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension IPAddress {
    /// The address with every bit beyond the prefix cleared.
    func masked(to length: Int) -> IPAddress {
        switch self {
        case .v4(let value): .v4(length == 0 ? 0 : value & (UInt32.max << UInt32(32 - length)))
        case .v6(let high, let low):
            .v6(
                high: high & mask(bits: min(length, 64)),
                low: low & mask(bits: max(length - 64, 0)))
        }
    }
}

private func mask(bits: Int) -> UInt64 { bits == 0 ? 0 : UInt64.max << UInt64(64 - bits) }
