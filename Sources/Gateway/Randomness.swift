import Identity
import Vocabulary

/// Where the shell draws random bytes; pure code is handed them.
enum Randomness {
    /// Bytes from the operating system's generator.
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        // Eight at a time: each draw is a call of the kernel.
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// 128 bits as text, for what has to be told apart.
    static var text: String { Base64.encode(bytes(16), .url) }

    /// A fresh token of 256 bits.
    static func token(_ kind: TokenKind) throws -> BearerToken {
        guard let token = BearerToken(kind: kind, random: bytes(32)) else {
            throw Fault("randomness.failed", .ourselves, "No random token could be made.")
        }
        return token
    }
}
