@testable import JOSE

/// Attacks on the bytes of a signature.
enum SignatureAttacks {
    static let all = elliptic + rsa + edwards

    /// The order of P-256's group.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
        0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
    private static let zero = [UInt8](repeating: 0, count: 32)
    private static let one = zero.dropLast() + [1]

    private static func bytes(_ name: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) -> Attack {
        Attack("ES256: \(name)", .invalidSignature) { try $0.resigned(change) }
    }

    static let elliptic: [Attack] = [
        bytes("r and s zero") { $0 = zero + zero }, bytes("r zero") { $0 = zero + $0[32...] },
        bytes("s zero") { $0 = $0[..<32] + zero }, bytes("r and s one") { $0 = Array(one + one) },
        bytes("r the order, s zero") { $0 = order + zero }, bytes("r zero, s the order") { $0 = zero + order },
        bytes("r and s the order") { $0 = order + order }, bytes("r one, s the order") { $0 = Array(one + order) },
        bytes("all bits") { $0 = [UInt8](repeating: 0xFF, count: 64) }, bytes("no bytes") { $0 = [] },
        bytes("one byte less") { $0.removeLast() }, bytes("one byte more") { $0.append(0) },
        bytes("a zero before each half") { $0 = [0] + $0[..<32] + [0] + $0[32...] },
        bytes("the halves exchanged") { $0 = Array($0[32...] + $0[..<32]) }, bytes("one bit turned") { $0[10] ^= 1 },
        Attack("ES256: the DER form", .invalidSignature) { target in
            try target.resigned { $0 = (try? ECDSASignature.der(fromRaw: $0, on: .p256)) ?? [] }
        },
    ]

    private static func bytes(
        rsa name: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> Attack {
        Attack("RS256: \(name)", .invalidSignature) { try $0.resigned(by: $0.rsa, change) }
    }

    static let rsa: [Attack] = [
        bytes(rsa: "zero") { $0 = [UInt8](repeating: 0, count: 256) },
        bytes(rsa: "one") { $0 = [UInt8](repeating: 0, count: 255) + [1] },
        bytes(rsa: "all bits") { $0 = [UInt8](repeating: 0xFF, count: 256) }, bytes(rsa: "no bytes") { $0 = [] },
        bytes(rsa: "one byte less") { $0.removeFirst() }, bytes(rsa: "a zero before") { $0.insert(0, at: 0) },
        bytes(rsa: "one bit turned") { $0[200] ^= 4 },
        // With the exponent 3 of others one could forge a padding with room for anything; ours is 65537, and checked whole.
        Attack("RS256: the modulus itself", .invalidSignature) { target in
            guard case .rsa(let modulus, _)? = target.rsa.publicKey?.material else { throw Missing(what: "n") }
            return try target.resigned(by: target.rsa) { $0 = modulus }
        },
    ]

    private static func bytes(
        edwards name: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> Attack {
        Attack("EdDSA: \(name)", .invalidSignature) { try $0.resigned(by: $0.edwards, change) }
    }

    /// The order of Ed25519's group, little end first.
    private static let edwardsOrder: [UInt8] =
        [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    static let edwards: [Attack] = [
        bytes(edwards: "zero") { $0 = [UInt8](repeating: 0, count: 64) }, bytes(edwards: "no bytes") { $0 = [] },
        bytes(edwards: "one byte less") { $0.removeLast() }, bytes(edwards: "one byte more") { $0.append(0) },
        bytes(edwards: "the neutral point and zero") { $0 = [1] + [UInt8](repeating: 0, count: 63) },
        // RFC 8032 §5.1.7: S below the order, or every signature would have a second form.
        bytes(edwards: "S and the order") { signature in
            var carry = 0
            for index in 0..<32 {
                carry += Int(signature[32 + index]) + Int(edwardsOrder[index])
                signature[32 + index] = UInt8(carry & 255)
                carry >>= 8
            }
        },
        bytes(edwards: "one bit turned") { $0[40] ^= 1 },
    ]
}
