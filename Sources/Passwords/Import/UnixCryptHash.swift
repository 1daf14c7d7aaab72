import CCrypt

/// A hash in a format of crypt(5) that `crypt_r` verifies: bcrypt (`$2a$`, `$2b$`, `$2y$`), sha256-crypt (`$5$`),
/// sha512-crypt (`$6$`) and md5-crypt (`$1$`).
///
/// bcrypt reads the first 72 bytes of a password, as it did where the hash was made; the rehash ends that.
struct UnixCryptHash: Hashable, Sendable {
    enum Method: String, Sendable {
        case bcrypt
        case sha256 = "sha256-crypt"
        case sha512 = "sha512-crypt"
        case md5 = "md5-crypt"
    }

    let method: Method
    /// bcrypt: base-2 logarithm of its rounds; the others: rounds.
    let cost: Int
    /// The whole crypt string, which is also the setting to hash with.
    let text: String

    init?(_ text: String) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].isEmpty else { return nil }
        let read: (Method, Int)? =
            switch fields[1] {
            case "2a", "2b", "2y": Self.bcrypt(fields).map { (.bcrypt, $0) }
            case "5": Self.rounds(fields, digest: 43).map { (.sha256, $0) }
            case "6": Self.rounds(fields, digest: 86).map { (.sha512, $0) }
            case "1": Self.isMD5(fields) ? (.md5, 1_000) : nil
            default: nil
            }
        guard let read else { return nil }
        (method, cost) = read
        self.text = text
    }

    private static func bcrypt(_ fields: [Substring]) -> Int? {
        guard fields.count == 4, fields[2].utf8.count == 2, let cost = Int(fields[2]), (4...31).contains(cost),
            isCryptText(fields[3], 53...53)
        else { return nil }
        return cost
    }

    private static func rounds(_ fields: [Substring], digest: Int) -> Int? {
        guard isCryptText(fields[fields.count - 1], digest...digest), isCryptText(fields[fields.count - 2], 1...16)
        else { return nil }
        if fields.count == 4 { return 5_000 }
        // Fewer than 1,000 are silently raised by crypt, so that the stored text could never match again.
        guard fields.count == 5, fields[2].hasPrefix("rounds="), let rounds = canonicalDecimal(fields[2].dropFirst(7)),
            rounds >= 1_000
        else { return nil }
        return rounds
    }

    private static func isMD5(_ fields: [Substring]) -> Bool {
        fields.count == 4 && isCryptText(fields[2], 1...8) && isCryptText(fields[3], 22...22)
    }

    private static func isCryptText(_ text: Substring, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0x2E...0x39).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            }
    }

    /// Blocks; runs on a hashing thread. A password holding NUL, or longer than crypt's 511 bytes, cannot match.
    func matches(_ password: SecretBuffer) -> Bool {
        let length = password.count
        guard length < Int(CRYPT_MAX_PASSPHRASE_SIZE), !password.withBytes({ $0.contains(0) }) else { return false }
        let phrase = SecretBuffer(count: length + 1) { copy in
            password.withBytes { copy.copyMemory(from: $0) }
        }
        let work = SecretBuffer(count: MemoryLayout<crypt_data>.size) { data in
            phrase.withBytes { phrase in
                let typed = data.baseAddress!.assumingMemoryBound(to: crypt_data.self)
                _ = crypt_r(phrase.baseAddress!.assumingMemoryBound(to: CChar.self), text, typed)
            }
        }
        return work.withBytes { bytes in
            // `output` is the first member; a failure leaves a text there that starts with `*` and never matches.
            let output = bytes.prefix(Int(CRYPT_OUTPUT_SIZE)).prefix { $0 != 0 }
            return SecretBuffer(output).equals(Array(text.utf8))
        }
    }
}
