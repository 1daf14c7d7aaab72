/// The names Active Directory takes in a simple bind beside distinguished names: a user principal name
/// (`ada@example.org`) or a down-level logon name (`EXAMPLE\\ada`), MS-ADTS §5.1.1.1.1.
public enum LDAPPrincipal {
    /// No name longer than this is sent, in UTF-8 bytes.
    public static let byteLimit = 1_024

    /// What a logon name may not hold, control characters aside; a server reads other kinds of names from some of them.
    private static let forbidden = Set("\"/[]:;|=,+*?<>".utf8)

    /// True for two non-empty parts around one `@` or one backslash.
    public static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= byteLimit, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && !forbidden.contains($0) })
        else { return false }
        let separators = bytes.indices.filter { bytes[$0] == UInt8(ascii: "@") || bytes[$0] == UInt8(ascii: "\\") }
        guard separators.count == 1, let place = separators.first else { return false }
        let parts = [bytes[..<place], bytes[(place + 1)...]]
        return parts.allSatisfy { part in part.contains { $0 != 0x20 } }
    }

    /// The account's own part; nil for what is no such name.
    public static func account(of text: String) -> String? {
        guard isWellFormed(text) else { return nil }
        // By scalars, as a server reads it: a mark beside the separator makes one character of both.
        let scalars = text.unicodeScalars
        if let slash = scalars.firstIndex(of: "\\") { return String(scalars[scalars.index(after: slash)...]) }
        return scalars.firstIndex(of: "@").map { String(scalars[..<$0]) }
    }
}
