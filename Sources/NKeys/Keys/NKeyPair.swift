import JOSE

/// A pair of nkeys. Its seed is wiped from memory with it and stands in no description.
public struct NKeyPair: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Characters of a seed.
    public static let seedTextLength = 58
    private static let seedMark: UInt8 = 18 << 3

    public let publicKey: NKey
    private let secret: SecretOctets
    /// Nil for a curve key, which signs nothing.
    private let signer: Ed25519Key?

    public var kind: NKey.Kind { publicKey.kind }

    /// The pair that 32 random bytes are the seed of.
    ///
    /// - Throws: `NATSFault` with `malformed_key` for another length, or a `JOSEError` of the cryptography.
    public init(_ kind: NKey.Kind, rawSeed: SecretOctets) throws {
        guard rawSeed.count == NKey.keyLength else {
            throw NATSFault(.malformedKey, "seed", "has \(rawSeed.count) bytes", "A seed has \(NKey.keyLength).")
        }
        secret = rawSeed
        signer = kind == .curve ? nil : try Ed25519Key(seed: rawSeed)
        publicKey = try NKey(kind, bytes: try signer?.publicKey ?? X25519Key.publicKey(of: rawSeed))
    }

    /// Draws a new pair.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public static func generate(_ kind: NKey.Kind) throws -> NKeyPair {
        try NKeyPair(kind, rawSeed: .random(NKey.keyLength))
    }

    /// Reads a seed, strictly: length, alphabet, checksum, kind. What a fault says holds nothing of it.
    ///
    /// - Throws: `NATSFault` with `malformed_key`, `checksum_mismatch` or `wrong_key_kind`.
    public init(seed: SecretOctets, _ expected: NKey.Kind? = nil, place: String = "seed") throws {
        guard seed.count == Self.seedTextLength else {
            throw NATSFault(.malformedKey, place, "has \(seed.count) characters", "A seed has 58 characters.")
        }
        var wrong: Int?
        let raw = SecretOctets(count: NKey.keyLength + 4) { out in
            wrong = seed.withBytes { KeyText.decode($0, into: out) }
        }
        if let wrong { throw NKey.misspelled(place, at: wrong) }
        guard raw.withBytes(KeyText.isSealed) else { throw NKey.mistyped(place) }
        let (first, second) = raw.withBytes { ($0[0], $0[1]) }
        // Five bits of the mark, five bits of the kind's letter, and six bits that are zero.
        guard first & 0xF8 == Self.seedMark, second & 7 == 0, let kind = NKey.Kind(prefix: first << 5 | second >> 3)
        else {
            throw NATSFault(.wrongKeyKind, place, "is not a seed", "Seeds begin with SO, SA, SU, SN, SC or SX.")
        }
        guard expected == nil || expected == kind else {
            throw NATSFault(
                .wrongKeyKind, place, "is the seed of \(kind.article)",
                "The seed of \(expected?.article ?? "") belongs there; it begins with S\(expected?.letter ?? "?").")
        }
        try self.init(kind, rawSeed: raw.withBytes { SecretOctets($0[2..<2 + NKey.keyLength]) })
    }

    /// The seed as it is written: 58 letters and digits, beginning with S and the kind's letter.
    public func seed() -> SecretOctets {
        let raw = SecretOctets(count: NKey.keyLength + 4) { out in
            out[0] = Self.seedMark | kind.prefix >> 5
            out[1] = (kind.prefix & 31) << 3
            secret.withBytes { for (index, byte) in $0.enumerated() { out[index + 2] = byte } }
            KeyText.seal(UnsafeMutableBufferPointer(start: out, count: NKey.keyLength + 4))
        }
        return SecretOctets(count: Self.seedTextLength) { out in raw.withBytes { KeyText.encode($0, into: out) } }
    }

    /// The 32 bytes behind the seed.
    public func rawSeed() -> SecretOctets { secret }

    /// The signature over a message, 64 bytes.
    ///
    /// - Throws: `NATSFault` with `wrong_key_kind` for a curve key, or a `JOSEError` of the cryptography.
    public func sign(_ message: [UInt8]) throws -> [UInt8] {
        guard let signer else {
            throw NATSFault(
                .wrongKeyKind, "key", "is a curve key, which signs nothing", "Sign with an operator, account or user.")
        }
        return try signer.signature(over: message)
    }

    public var description: String { "key pair of \(publicKey)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
