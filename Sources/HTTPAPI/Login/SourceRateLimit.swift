import Vocabulary

/// Requests of one source in a minute.
final class SourceRateLimit: Sendable {
    private let budget: MinuteBudget<[UInt8]>

    init(perMinute limit: Int) { budget = MinuteBudget(perMinute: limit) }

    /// - Throws: `Refusal.tooManyRequests` with the seconds until the next minute.
    func admit(_ source: IPAddress?, at now: Timestamp) throws {
        if let source { try budget.admit(Self.key(source), at: now) }
    }

    // One customer of a network holds a whole /64 of IPv6 (RFC 6177): a budget for each address would be none.
    private static func key(_ source: IPAddress) -> [UInt8] {
        let address = source.unmapped
        return address.bitWidth == 128 ? Array(address.bytes.prefix(8)) : address.bytes
    }
}
