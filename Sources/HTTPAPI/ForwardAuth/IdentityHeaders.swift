import Gateway
import HTTPTypes
import OAuth
import Vocabulary

/// Who the person is, for the application behind the proxy, under the names its configuration gives. Every header is
/// always set, an unknown value as an empty one: a proxy that copies them thereby overwrites whatever the browser sent
/// under the same name.
public struct IdentityHeaders: Sendable, Equatable {
    /// Under which names the application is told.
    public var names: ApplicationConfiguration.Headers
    /// What a person signs in as.
    public var user = ""
    public var name = ""
    public var mail = ""
    public var roles: [String] = []
    /// The id of whoever asks.
    public var subject = ""
    /// The client whose token asks for them; empty for a session.
    public var client = ""
    /// Of the token, by blanks.
    public var scope = ""

    /// - Parameter person: nil for all empty, which is what a refusal carries.
    public init(_ person: SubjectDescription?, names: ApplicationConfiguration.Headers) {
        self.names = names
        guard let person else { return }
        user = person.login
        name = person.displayName ?? ""
        mail = person.mail ?? ""
        roles = person.roles
        subject = person.subject.id
    }

    /// Of somebody for whom a client asks.
    public init(_ person: SubjectDescription, names: ApplicationConfiguration.Headers, access: TokenAccess) {
        self.init(person, names: names)
        client = access.client
        scope = access.scope.description
    }

    /// Bytes of one value. A longer single value is left empty; lists stop before the name that would not fit, so that
    /// nobody gains a role by a name cut short.
    public static let valueLimit = 4_096

    /// The headers; a configured name that is none is left out.
    public var fields: HTTPFields {
        let values = [
            (names.user, Self.single(user)), (names.name, Self.single(name)), (names.mail, Self.single(mail)),
            (names.roles, Self.list(roles)), (names.subject, Self.single(subject)), (names.client, Self.single(client)),
            (names.scope, Self.single(scope)),
            // Of a token that the application is not given.
            (ApplicationConfiguration.Headers.authorization, ""),
        ]
        var fields = HTTPFields()
        for (name, value) in values { if let field = HTTPField.Name(name) { fields[field] = value } }
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
