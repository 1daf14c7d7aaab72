import Vocabulary

extension TOTP {
    /// The URI an authenticator app reads from the QR code (the "Key URI Format": `otpauth://totp/Issuer:account?…`).
    ///
    /// Everything but RFC 3986's unreserved characters is percent-encoded. The format forbids a colon in issuer and
    /// account, where it would move the border between them; it becomes a space.
    public func keyURI(issuer: String, account: String, secret: SecretBytes) -> SecretText {
        let label = [issuer, account].map { Self.escaped(Self.withoutColons($0)) }.joined(separator: ":")
        let parameters = [
            "secret=" + Base32.encode(secret.reveal()), "issuer=" + Self.escaped(Self.withoutColons(issuer)),
            "algorithm=" + algorithm.rawValue.uppercased(), "digits=\(digits)", "period=\(stepSeconds)",
        ]
        return SecretText("otpauth://totp/\(label)?" + parameters.joined(separator: "&"))
    }

    private static func withoutColons(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 == UInt8(ascii: ":") ? 0x20 : $0 }, as: UTF8.self)
    }

    /// RFC 3986 §2.1 and §2.3.
    private static func escaped(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
            default: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
