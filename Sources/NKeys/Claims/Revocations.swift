/// Tokens that hold no longer: those of a key, or of everybody, that were issued at a time or before.
public struct Revocations: Sendable, Equatable {
    /// What everybody's tokens have to be younger than, in seconds since 1970.
    public private(set) var everybody: Int64?
    /// The same for single keys.
    public private(set) var keys: [NKey: Int64]

    /// No revocations.
    public init() { keys = [:] }

    /// Whether nothing is revoked.
    public var isEmpty: Bool { everybody == nil && keys.isEmpty }

    /// Ends the tokens of a key that were issued up to a time, in seconds since 1970. A later revocation stays.
    public mutating func revoke(_ key: NKey, until time: Int64) {
        keys[key] = max(time, keys[key] ?? time)
    }

    /// Ends everybody's tokens that were issued up to a time, in seconds since 1970. A later revocation stays.
    public mutating func revokeEverybody(until time: Int64) {
        everybody = max(time, everybody ?? time)
    }

    /// Takes back what was revoked of a key; what was revoked of everybody stays.
    public mutating func clear(_ key: NKey) { keys[key] = nil }

    /// Leaves out what the revocation of everybody covers, so that the token stays small.
    public mutating func compact() {
        guard let everybody else { return }
        keys = keys.filter { $0.value > everybody }
    }

    /// Whether a token of this key, issued at this time, was revoked.
    public func cover(_ key: NKey, issuedAt: Int64) -> Bool {
        if let everybody, everybody >= issuedAt { return true }
        return keys[key].map { $0 >= issuedAt } ?? false
    }
}
