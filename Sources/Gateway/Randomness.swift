import Identity
import Vocabulary

/// Where the shell draws random bytes; pure code is handed them.
enum Randomness {
    /// Bytes from the operating system's generator.
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// A fresh token of 256 bits.
    static func token(_ kind: TokenKind) throws -> BearerToken {
        guard let token = BearerToken(kind: kind, random: bytes(32)) else {
            throw Fault("randomness.failed", .ourselves, "No random token could be made.")
        }
        return token
    }
}
