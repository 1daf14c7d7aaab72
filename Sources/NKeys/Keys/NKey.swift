import JOSE

/// A public nkey: whose it is shows in its first letter, and its checksum finds what was mistyped.
public struct NKey: Sendable, Hashable, CustomStringConvertible {
    /// What a key stands for.
    public enum Kind: String, Sendable, CaseIterable {
        case `operator`, account, user, server, cluster
        /// X25519: agrees on keys and signs nothing.
        case curve

        /// The letter its public keys begin with.
        public var letter: Character {
            switch self {
            case .operator: "O"
            case .account: "A"
            case .user: "U"
            case .server: "N"
            case .cluster: "C"
            case .curve: "X"
            }
        }

        /// The first byte of a public key: the letter's five bits, then three that are zero.
        var prefix: UInt8 {
            switch self {
            case .operator: 14 << 3
            case .account: 0
            case .user: 20 << 3
            case .server: 13 << 3
            case .cluster: 2 << 3
            case .curve: 23 << 3
            }
        }

        init?(prefix: UInt8) {
            guard let kind = Self.allCases.first(where: { $0.prefix == prefix }) else { return nil }
            self = kind
        }
    }

    /// Characters of a public key.
    public static let textLength = 56
    static let keyLength = 32

    public let kind: Kind
    /// The public key itself, 32 bytes.
    public let bytes: [UInt8]
    /// The key as it is written: 56 letters and digits.
    public let text: String

    /// The key of these 32 bytes.
    ///
    /// - Throws: `NATSFault` with `malformed_key` for another length.
    public init(_ kind: Kind, bytes: [UInt8]) throws {
        guard bytes.count == Self.keyLength else {
            throw NATSFault(.malformedKey, "key", "has \(bytes.count) bytes", "A key has \(Self.keyLength).")
        }
        self.kind = kind
        self.bytes = bytes
        var raw = [kind.prefix] + bytes + [0, 0]
        raw.withUnsafeMutableBufferPointer { KeyText.seal($0) }
        text = String(unsafeUninitializedCapacity: Self.textLength) { out in
            guard let start = out.baseAddress else { return 0 }
            raw.withUnsafeBufferPointer { KeyText.encode($0, into: start) }
            return Self.textLength
        }
    }

    /// Reads a public key, strictly: length, alphabet, checksum, kind.
    ///
    /// - Parameter place: what a fault calls it, such as `nats.signing_keys`.
    /// - Throws: `NATSFault` with `malformed_key`, `checksum_mismatch` or `wrong_key_kind`.
    public init(_ text: String, _ expected: Kind? = nil, place: String = "key") throws {
        guard text.utf8.count == Self.textLength else {
            let isSeed = text.utf8.count == NKeyPair.seedTextLength && text.hasPrefix("S")
            throw NATSFault(
                .malformedKey, place, "has \(text.utf8.count) characters",
                isSeed
                    ? "It looks like a seed, which is secret: give the public key." : "A public key has 56 characters.")
        }
        var raw = [UInt8](repeating: 0, count: Self.keyLength + 3)
        let wrong = Array(text.utf8).withUnsafeBufferPointer { text in
            raw.withUnsafeMutableBufferPointer { out in out.baseAddress.flatMap { KeyText.decode(text, into: $0) } }
        }
        if let wrong { throw Self.misspelled(place, at: wrong) }
        guard raw.withUnsafeBufferPointer(KeyText.isSealed) else { throw Self.mistyped(place) }
        guard let kind = Kind(prefix: raw[0]) else {
            throw NATSFault(
                .wrongKeyKind, place, "is the public key of nothing known",
                "Public keys begin with O, A, U, N, C or X.")
        }
        guard expected == nil || expected == kind else {
            throw NATSFault(
                .wrongKeyKind, place, "is the key of \(kind.article)",
                "The key of \(expected?.article ?? "") belongs there; it begins with \(expected?.letter ?? "?").")
        }
        try self.init(kind, bytes: Array(raw[1...Self.keyLength]))
    }

    static func misspelled(_ place: String, at character: Int) -> NATSFault {
        NATSFault(
            .malformedKey, place, "has a wrong character at place \(character)",
            "Keys are written in capitals A to Z and digits 2 to 7.")
    }

    static func mistyped(_ place: String) -> NATSFault {
        NATSFault(
            .checksumMismatch, place, "does not agree with its checksum", "A character is wrong: copy it once more.")
    }

    /// Whether a signature over a message was made with this key. A curve key signs nothing.
    public func isSignature(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        kind != .curve && Ed25519Key.isValid(signature, over: message, publicKey: bytes)
    }

    public var description: String { text }
    public static func == (left: NKey, right: NKey) -> Bool { left.kind == right.kind && left.bytes == right.bytes }
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension NKey.Kind {
    /// "an operator".
    var article: String {
        switch self {
        case .operator, .account: "an \(rawValue)"
        default: "a \(rawValue)"
        }
    }
}
