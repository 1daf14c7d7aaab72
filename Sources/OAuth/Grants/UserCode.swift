/// The code that somebody reads off a device and types elsewhere (RFC 8628 §6.1): eight of twenty consonants, which make
/// no words and are hard to mistake, 34 bits.
public enum UserCode {
    /// The characters there are.
    public static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ".utf8)
    /// How many of them make a code.
    public static let length = 8
    /// How many random bytes to hand to `make(random:)`.
    public static let randomByteCount = 64

    /// A code out of random bytes; nil when so few of them fit that others have to be drawn.
    public static func make(random bytes: [UInt8]) -> String? {
        // Bytes beyond the last multiple of twenty would favour some characters.
        let fitting = bytes.filter { $0 < 240 }.prefix(length)
        guard fitting.count == length else { return nil }
        return String(decoding: fitting.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }

    /// The code as it is shown: `WDJB-MJHT`.
    public static func shown(_ code: String) -> String { code.prefix(4) + "-" + code.dropFirst(4) }

    /// The code behind what was typed: letters in any case, with whatever blanks and dashes; nil when it is none.
    public static func typed(_ text: String) -> String? {
        guard text.utf8.count <= 64 else { return nil }
        let letters = text.utf8.compactMap { byte -> UInt8? in
            let upper = (0x61...0x7A).contains(byte) ? byte & 0xDF : byte
            return byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ") ? nil : upper
        }
        guard letters.count == length, letters.allSatisfy(alphabet.contains) else { return nil }
        return String(decoding: letters, as: UTF8.self)
    }

    /// How often wrong codes may be typed, by one session or from one address (§5.1).
    public struct Attempts: Sendable, Hashable, Codable {
        /// Wrong codes within one window.
        public static let limit = 5
        /// In seconds.
        public static let window: Int64 = 600

        private var count: Int
        private var since: Int64

        public init(now: Int64) {
            count = 0
            since = now
        }

        /// Whether one more code may be typed now.
        public func isAllowed(now: Int64) -> Bool { now - since >= Self.window || count < Self.limit }

        /// What is kept after a wrong one.
        public func afterWrong(now: Int64) -> Attempts {
            var after = now - since >= Self.window ? Attempts(now: now) : self
            after.count += 1
            return after
        }
    }
}
