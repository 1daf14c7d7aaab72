extension IPAddress {
    /// Why an address is not a host on the public Internet; nil when it is one.
    ///
    /// After the IANA special-purpose registries (RFC 6890) and their updates. An IPv6 address that carries an IPv4
    /// one (mapped, compatible, NAT64, 6to4) is judged by what it carries, since a translator delivers there.
    public enum SpecialPurpose: String, Sendable, CaseIterable {
        case unspecified, loopback, linkLocal = "link_local", privateUse = "private", sharedAddressSpace = "shared"
        case multicast, broadcast, documentation, benchmarking, reserved, tunnel
    }

    public var specialPurpose: SpecialPurpose? {
        switch self {
        case .v4(let value): Self.classify(v4: value)
        case .v6: Self.classify(v6: self)
        }
    }

    /// 127.0.0.0/8, `::1`, and 127.0.0.0/8 mapped into IPv6.
    public var isLoopback: Bool { unmapped.specialPurpose == .loopback }

    private static func classify(v4 value: UInt32) -> SpecialPurpose? {
        if value == 0 { return .unspecified }
        if value == .max { return .broadcast }
        return v4Networks.first { $0.network.contains(.v4(value)) }?.purpose
    }

    private static func classify(v6 address: IPAddress) -> SpecialPurpose? {
        guard case .v6(let high, let low) = address else { return nil }
        if high == 0, low <= 1 { return low == 0 ? .unspecified : .loopback }
        if case .v4(let mapped) = address.unmapped { return classify(v4: mapped) }
        if let carried = carriedIPv4(high, low), let purpose = classify(v4: carried) { return purpose }
        if let listed = v6Networks.first(where: { $0.network.contains(address) }) { return listed.purpose }
        // Only 2000::/3 is handed out as global unicast (RFC 4291 §2.4), NAT64's well-known prefix apart.
        return high >> 61 == 1 || high == 0x0064_ff9b_0000_0000 ? nil : .reserved
    }

    /// IPv4 inside `::/96` (RFC 4291 §2.5.5.1), `64:ff9b::/96` (RFC 6052 §2.1) and `2002::/16` (RFC 3056 §2).
    private static func carriedIPv4(_ high: UInt64, _ low: UInt64) -> UInt32? {
        if high == 0 || high == 0x0064_ff9b_0000_0000, low >> 32 == 0 { return UInt32(truncatingIfNeeded: low) }
        if high >> 48 == 0x2002 { return UInt32(truncatingIfNeeded: high >> 16) }
        return nil
    }

    private typealias Listed = (network: CIDR, purpose: SpecialPurpose)

    private static let v4Networks: [Listed] = list([
        ("0.0.0.0/8", .unspecified), ("10.0.0.0/8", .privateUse), ("100.64.0.0/10", .sharedAddressSpace),
        ("127.0.0.0/8", .loopback), ("169.254.0.0/16", .linkLocal), ("172.16.0.0/12", .privateUse),
        ("192.0.0.0/24", .reserved), ("192.0.2.0/24", .documentation), ("192.88.99.0/24", .tunnel),
        ("192.168.0.0/16", .privateUse), ("198.18.0.0/15", .benchmarking), ("198.51.100.0/24", .documentation),
        ("203.0.113.0/24", .documentation), ("224.0.0.0/4", .multicast), ("240.0.0.0/4", .reserved),
    ])

    private static let v6Networks: [Listed] = list([
        ("64:ff9b:1::/48", .privateUse), ("100::/64", .reserved), ("2001::/32", .tunnel),
        ("2001:2::/48", .benchmarking),
        ("2001:10::/28", .reserved), ("2001:20::/28", .reserved), ("2001:db8::/32", .documentation),
        ("3fff::/20", .documentation), ("5f00::/16", .reserved), ("fc00::/7", .privateUse), ("fe80::/10", .linkLocal),
        ("fec0::/10", .privateUse), ("ff00::/8", .multicast),
    ])

    private static func list(_ rows: [(String, SpecialPurpose)]) -> [Listed] {
        rows.compactMap { text, purpose in CIDR(text).map { ($0, purpose) } }
    }
}
