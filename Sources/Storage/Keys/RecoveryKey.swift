import Crypto
import Vocabulary

/// The offline way back to a lost master key: a printed code of 256 random bits, and a file holding the master key
/// sealed under it. Neither is of use without the other.
public struct RecoveryKey: Sendable, CustomStringConvertible {
    /// Fourteen groups of four base32 characters: the key and 24 bits of checksum.
    public let code: SecretText
    /// What to store beside the backups: the sealed master key.
    public let sealed: [UInt8]

    /// Makes a new code for a master key.
    public static func make(for master: MasterKey) throws -> RecoveryKey {
        let secret = SymmetricKey(size: .bits256)
        let box = try AES.GCM.seal(master.bytes, using: secret, authenticating: context)
        guard let sealed = box.combined else { throw AuthenticatedCipher.refused }
        return RecoveryKey(code: SecretText(groups(of: secret.bytes)), sealed: [1] + sealed)
    }

    /// The master key, from the printed code and the sealed file. Throws `keys.recovery_mistyped` when the code's
    /// checksum is wrong, `keys.refused` when the two do not belong together.
    public static func open(code: SecretText, sealed: [UInt8]) throws -> MasterKey {
        let secret = SymmetricKey(data: try read(code.reveal()))
        guard sealed.count == 61, sealed[0] == 1 else { throw AuthenticatedCipher.refused }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[1...])
            return try MasterKey(bytes: [UInt8](AES.GCM.open(box, using: secret, authenticating: context)))
        } catch {
            throw AuthenticatedCipher.refused
        }
    }

    public var description: String { "‹secret›" }

    private static let context = Array("gatehouse recovery v1".utf8)
    // RFC 4648 §6 alphabet: no 0, 1 or 8 to misread.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    private static func groups(of secret: [UInt8]) -> String {
        let text = base32(secret + checksum(secret))
        return stride(from: 0, to: text.count, by: 4)
            .map { String(decoding: text[$0..<min($0 + 4, text.count)], as: UTF8.self) }.joined(separator: "-")
    }

    // 32 bytes of key and 3 of checksum are exactly 56 characters.
    private static func checksum(_ secret: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: context + secret).prefix(3))
    }

    private static func base32(_ bytes: [UInt8]) -> [UInt8] {
        (0..<bytes.count * 8 / 5).map { index in
            (0..<5).reduce(0) { value, bit in
                let at = index * 5 + bit
                return value << 1 | Int(bytes[at / 8] >> UInt8(7 - at % 8) & 1)
            }
        }.map { alphabet[$0] }
    }

    private static func read(_ code: String) throws -> [UInt8] {
        let mistyped = Fault("keys.recovery_mistyped", .caller, "The recovery code is mistyped.")
        let letters = code.uppercased().utf8.filter { $0 != 0x2D && $0 != 0x20 }
        guard letters.count == 56 else { throw mistyped }
        var bytes = [UInt8](repeating: 0, count: 35)
        for (index, letter) in letters.enumerated() {
            guard let value = alphabet.firstIndex(of: letter) else { throw mistyped }
            for bit in 0..<5 where value >> (4 - bit) & 1 == 1 {
                bytes[(index * 5 + bit) / 8] |= 1 << UInt8(7 - (index * 5 + bit) % 8)
            }
        }
        guard checksum(Array(bytes[..<32])) == Array(bytes[32...]) else { throw mistyped }
        return Array(bytes[..<32])
    }
}
