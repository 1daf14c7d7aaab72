@_spi(_Unicode) import Swift

/// The form in which logins and mail addresses are compared and kept unique: lower case, composed (NFC), without
/// surrounding spaces. `İda@X` typed in any case, composed or not, is one name.
public enum NameKey {
    /// The longest login or mail address accepted, in bytes of UTF-8 (RFC 5321 §4.5.3.1 allows 254 for a path).
    public static let lengthLimit = 254

    /// The form under which a login or mail address is unique in its tenant and looked up.
    public static func of(_ text: String) -> String {
        var bytes = text.utf8[...]
        while bytes.first == 0x20 { bytes = bytes.dropFirst() }
        while bytes.last == 0x20 { bytes = bytes.dropLast() }
        if bytes.allSatisfy({ $0 < 0x80 }) {
            if bytes.count == text.utf8.count, !bytes.contains(where: { (0x41...0x5A).contains($0) }) { return text }
            return String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        }
        let trimmed = String(Substring(bytes))
        return String(String.UnicodeScalarView(trimmed.lowercased()._nfc))
    }

    /// The domain behind the last `@` of a login or mail address, else before the first backslash (`EXAMPLE\ada`, as
    /// Windows writes logins), as a key; nil without one.
    public static func domain(of text: String) -> String? {
        let key = of(text)
        if let at = key.utf8.lastIndex(of: 0x40) {
            guard at > key.startIndex else { return nil }
            let domain = key[key.utf8.index(after: at)...]
            return domain.isEmpty ? nil : String(domain)
        }
        guard let slash = key.utf8.firstIndex(of: 0x5C), slash > key.startIndex else { return nil }
        return String(key[..<slash])
    }

    /// A login that may be kept: not blank, not too long, without control characters and without anything that cannot be
    /// seen. Two logins that look the same on every page would be one person's name on another's account (RFC 8265 §3.3
    /// disallows the same).
    public static func isValid(login: String) -> Bool {
        let bytes = login.utf8
        guard bytes.count <= lengthLimit, bytes.contains(where: { $0 != 0x20 }) else { return false }
        return login.unicodeScalars.allSatisfy(isVisible)
            && of(login).unicodeScalars.allSatisfy { !isCompatibility($0) }
    }

    // `ａｄａ` and `ada` are one name to a reader: full-width, mathematical and circled letters have plain ones.
    private static func isCompatibility(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && scalar.properties.changesWhenNFKCCaseFolded && !scalar.properties.changesWhenCaseFolded
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        if scalar.properties.isDefaultIgnorableCodePoint { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            return false
        default: return true
        }
    }
}
