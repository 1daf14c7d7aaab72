/// The value of the paged results control (RFC 2696 §2): `SEQUENCE { size INTEGER, cookie OCTET STRING }`.
struct PagedResultsValue {
    let estimatedTotal: Int
    let cookie: [UInt8]

    /// Nil unless `bytes` are exactly one such value.
    init?(_ bytes: [UInt8]) {
        var outer = BERReader(bytes[...])
        guard let sequence = outer.value(tag: 0x30), outer.isAtEnd else { return nil }
        var inner = BERReader(sequence)
        guard let size = inner.value(tag: 0x02), let cookie = inner.value(tag: 0x04), inner.isAtEnd else { return nil }
        guard (1...5).contains(size.count) else { return nil }
        // A negative estimate, which some servers send for "unknown", counts as none.
        estimatedTotal = size.first! & 0x80 != 0 ? 0 : size.reduce(0) { $0 << 8 | Int($1) }
        self.cookie = Array(cookie)
    }
}
