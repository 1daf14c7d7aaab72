/// An IPv4 or IPv6 address as a value, read strictly: what two parsers could read differently is refused.
///
/// Dotted quads with leading zeros ("010.0.0.1" is octal to some) and zone ids ("fe80::1%eth0") are not accepted.
public enum IPAddress: Hashable, Sendable {
    /// The four bytes, most significant first.
    case v4(UInt32)
    /// The sixteen bytes as two halves, most significant first.
    case v6(high: UInt64, low: UInt64)

    /// Reads the textual form of RFC 4291 §2.2 or a dotted quad; anything else is nil.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(46))
        guard bytes.count <= 45 else { return nil }
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = parseIPv6(bytes[...]) else { return nil }
            self = .v6(high: joined(groups[0..<4]), low: joined(groups[4..<8]))
        } else {
            guard let value = parseIPv4(bytes[...]) else { return nil }
            self = .v4(value)
        }
    }

    /// Reads four or sixteen bytes in network order; any other count is nil.
    public init?(bytes: some Collection<UInt8>) {
        let value: (UInt64, UInt64) = bytes.enumerated().reduce(into: (0, 0)) { halves, item in
            if item.offset < 8 { halves.0 = halves.0 << 8 | UInt64(item.element) }
            if item.offset >= 8 { halves.1 = halves.1 << 8 | UInt64(item.element) }
        }
        switch bytes.count {
        case 4: self = .v4(UInt32(truncatingIfNeeded: value.0))
        case 16: self = .v6(high: value.0, low: value.1)
        default: return nil
        }
    }

    /// Four or sixteen bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let value): (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        case .v6(let high, let low):
            [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
        }
    }

    /// 32 or 128.
    public var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address itself, or the IPv4 address that an IPv4-mapped one (`::ffff:0:0/96`, RFC 4291 §2.5.5.2) stands for.
    ///
    /// A dual-stack socket reports IPv4 peers in mapped form; comparisons happen on this.
    public var unmapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }
}

extension IPAddress: CustomStringConvertible {
    /// A dotted quad, or the canonical text of RFC 5952 §4.
    public var description: String {
        switch self {
        case .v4(let value):
            "\(value >> 24).\(value >> 16 & 0xFF).\(value >> 8 & 0xFF).\(value & 0xFF)"
        case .v6(let high, let low): formatIPv6(high, low)
        }
    }
}

extension IPAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an IP address")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func joined(_ groups: ArraySlice<UInt16>) -> UInt64 {
    groups.reduce(0) { $0 << 16 | UInt64($1) }
}

private func parseIPv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
        guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard part.count == 1 || part.first != 0x30 else { return nil }
        let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
        guard number <= 255 else { return nil }
        value = value << 8 | number
    }
    return value
}

/// Eight groups, with at most one `::` expanded and a trailing dotted quad read as the last two.
private func parseIPv6(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    let colon = UInt8(ascii: ":")
    var gap: Int?
    for index in bytes.indices.dropLast() where bytes[index] == colon && bytes[index + 1] == colon {
        if let gap, index != gap { return nil }
        if gap == nil { gap = index }
    }
    guard let gap else {
        guard let groups = parseGroups(bytes), groups.count == 8 else { return nil }
        return groups
    }
    let head = bytes[bytes.startIndex..<gap], tail = bytes[(gap + 2)...]
    if tail.first == colon || (!head.isEmpty && head.contains(UInt8(ascii: "."))) { return nil }
    guard let front = head.isEmpty ? [] : parseGroups(head), let back = tail.isEmpty ? [] : parseGroups(tail) else {
        return nil
    }
    // RFC 5952 §4.2.2 would not shorten one group, but readers must accept it (RFC 4291 §2.2).
    guard front.count + back.count <= 7 else { return nil }
    return front + Array(repeating: 0, count: 8 - front.count - back.count) + back
}

private func parseGroups(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    var groups: [UInt16] = []
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
        if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
            guard let quad = parseIPv4(part) else { return nil }
            groups += [UInt16(quad >> 16), UInt16(truncatingIfNeeded: quad)]
        } else {
            guard (1...4).contains(part.count), let text = String(validating: part, as: UTF8.self),
                part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"), let group = UInt16(text, radix: 16)
            else { return nil }
            groups.append(group)
        }
        if groups.count > 8 { return nil }
    }
    return groups
}

private func formatIPv6(_ high: UInt64, _ low: UInt64) -> String {
    if high == 0, low >> 32 == 0xFFFF { return "::ffff:\(IPAddress.v4(UInt32(truncatingIfNeeded: low)))" }
    let groups = [high, low].flatMap { half in (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - 16 * $0)) } }
    var best = 0..<0, start = 0
    while start < 8 {
        let end = groups[start...].firstIndex { $0 != 0 } ?? 8
        // RFC 5952 §4.2.3: the longest run is shortened, the first of equals; §4.2.2: never a single group.
        if end - start > max(best.count, 1) { best = start..<end }
        start = end + 1
    }
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? text(groups[...]) : text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
}
