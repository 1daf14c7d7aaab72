import HTTPTypes

/// Who the person is, for the application behind the proxy. Every header is always set, an unknown value as an empty
/// one: a proxy that copies them thereby overwrites whatever the browser sent under the same name.
public struct IdentityHeaders: Sendable, Equatable {
    /// The stable subject id: what an application should key on.
    public var subject = ""
    public var user = ""
    public var name = ""
    public var email = ""
    public var groups: [String] = []
    public var roles: [String] = []
    /// `acr`, `urn:gatehouse:aal:2` for instance.
    public var strength = ""
    /// The application session (`sid`).
    public var session = ""

    /// All empty: what a refusal carries.
    public init() {}

    /// Bytes of one value. A longer single value is left empty; lists stop before the name that would not fit, so that
    /// nobody gains a role by a name cut short.
    public static let valueLimit = 4_096

    public static let names = [
        "Remote-Subject", "Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups", "Remote-Roles",
        "Remote-Strength", "Remote-Session",
    ]

    public var fields: HTTPFields {
        let single = [subject, user, name, email].map { Self.single($0) }
        let tail = [strength, session].map { Self.single($0) }
        var fields = HTTPFields()
        for (name, value) in zip(Self.names, single + [Self.list(groups), Self.list(roles)] + tail) {
            fields[HTTPField.Name(name)!] = value
        }
        return fields
    }

    private static func single(_ text: String) -> String {
        let value = sanitized(text)
        return value.utf8.count <= valueLimit ? value : ""
    }

    /// Printable ASCII stays; everything else, and `%` itself, is percent-encoded UTF-8 as in RFC 8187 §3.2, so that
    /// no CR, LF or control can end a header and no application has to guess a character set.
    static func sanitized(_ text: String, alsoEncoding extra: String = "") -> String {
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "%") && !extra.utf8.contains(byte)
            return isPlain ? [byte] : ASCII.percentEncoded(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Names joined by commas; a comma inside a name is encoded, so that no group can pretend to be two.
    static func list(_ names: [String]) -> String {
        var text = ""
        for name in names.sorted() where !name.isEmpty {
            let next = sanitized(name, alsoEncoding: ",")
            guard text.utf8.count + next.utf8.count + 1 <= valueLimit else { break }
            text += text.isEmpty ? next : "," + next
        }
        return text
    }
}
