import JOSE

/// Nonces that a server gives out for DPoP proofs (RFC 9449 §8), without keeping any: each stands for a stretch of time,
/// by a keyed hash that nobody else can make.
public struct DPoPNonces: Sendable {
    /// How long one is given out, in seconds; it is good for as long again.
    public static let stretch: Int64 = 150

    private let key: SecretOctets

    /// - Parameter key: 32 secret bytes, the same at every node.
    public init(key: SecretOctets) { self.key = key }

    /// The nonce to give out now.
    ///
    /// - Throws: `JOSEError` when the cryptographic library fails.
    public func current(now: Int64) throws -> String { try nonce(of: now / Self.stretch) }

    /// The nonces that are good now.
    ///
    /// - Throws: `JOSEError` when the cryptographic library fails.
    public func accepted(now: Int64) throws -> [String] {
        let index = now / Self.stretch
        return [try nonce(of: index), try nonce(of: index - 1)]
    }

    private func nonce(of index: Int64) throws -> String {
        let hash = try KeyedHash.sha256(Array("dpop-nonce:\(index)".utf8), key: key.reveal())
        return Base64URL.encode(Array(hash.prefix(16)))
    }
}
