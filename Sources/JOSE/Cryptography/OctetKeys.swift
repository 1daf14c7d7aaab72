import COpenSSL

/// A private key of Ed25519 (RFC 8032) that signs any bytes: for standards which sign with these keys, and whose tokens are
/// no JWS. Nothing of it is in a description.
public struct Ed25519Key: Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half, 32 bytes.
    public let publicKey: [UInt8]
    private let operation: SignatureOperation

    /// The key of a seed, which has 32 bytes.
    ///
    /// - Throws: `JOSEError` with `malformed_key` for another length.
    public init(seed: SecretOctets) throws {
        let pair = try EVPKey.pair(.ed25519, seed: seed)
        publicKey = try pair.rawPublicKey()
        operation = try SignatureOperation(.sign, pair, .edDSA)
    }

    /// The signature over a message, 64 bytes; the same for the same message.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public func signature(over message: [UInt8]) throws -> [UInt8] { try operation.sign(message) }

    /// Whether a signature over a message is this public key's; no for whatever is malformed.
    public static func isValid(_ signature: [UInt8], over message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard publicKey.count == OctetCurve.keyLength,
            let key = try? EVPKey.make(.octetKeyPair(.ed25519, x: publicKey)),
            let operation = try? SignatureOperation(.verify, key, .edDSA)
        else { return false }
        return (try? operation.verify(signature, over: message)) ?? false
    }

    public var description: String { "Ed25519 key" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Keys of X25519 (RFC 7748), as far as others than JWE need them.
public enum X25519Key {
    /// The public half of a private key, both 32 bytes.
    ///
    /// - Throws: `JOSEError` with `malformed_key` for another length.
    public static func publicKey(of secret: SecretOctets) throws -> [UInt8] {
        try EVPKey.pair(.x25519, seed: secret).rawPublicKey()
    }
}

extension EVPKey {
    /// The pair of a private key, whose public half follows from it.
    ///
    /// - Throws: `JOSEError` with `malformed_key`.
    static func pair(_ curve: OctetCurve, seed: SecretOctets) throws -> EVPKey {
        guard seed.count == OctetCurve.keyLength else { throw JOSEError(.malformedKey, "seed") }
        let pointer = seed.withBytes {
            EVP_PKEY_new_raw_private_key_ex(nil, curve.rawValue.uppercased(), nil, $0.baseAddress, $0.count)
        }
        return EVPKey(owning: try OpenSSL.require(pointer))
    }
}
