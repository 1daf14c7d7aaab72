import Crypto

/// An authenticator app as people carry it: six digits every 30 seconds by RFC 6238 over HMAC-SHA-1. The demo's tour and
/// the tests read their codes from it. It shares no arithmetic with the gateway, so that one judges the other.
public struct AuthenticatorApp: Sendable {
    private let secret: [UInt8]

    /// Sets the app up with a secret in base 32 (RFC 4648 §6); spaces are for the reader. Nil for what is none.
    public init?(secret text: String) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, buffer, bits) = ([UInt8](), 0, 0)
        for character in text where character != " " {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            buffer = (buffer << 5 | value) & 0xFFFF
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
        guard !bytes.isEmpty else { return nil }
        secret = bytes
    }

    /// The code shown at a time in seconds since 1970, or as many 30-second steps after it: a gateway accepts the next
    /// step's code for phones whose clock is a little fast, so nobody has to wait for it.
    public func code(at seconds: Int64, stepsAhead: Int64 = 0) -> String {
        let counter = UInt64(seconds / 30 + stepsAhead)
        let message = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: counter >> UInt64($0)) }
        let hash = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        let start = Int(hash[19] & 15)
        let number = hash[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}
