import HTTPTypes
import Vocabulary

/// One cookie the gateway sets: always `__Host-`, Secure, HttpOnly, Path=/ and without Domain.
public struct SetCookie: Sendable {
    /// Whether a browser sends it along from another site (RFC 6265bis §4.1.2.7).
    public enum SameSite: String, Sendable {
        /// Sent when a person follows a link here.
        case lax = "Lax"
        /// Sent only from our own pages.
        case strict = "Strict"
    }

    private let name: String
    private let value: SecretText
    private let sameSite: SameSite
    private let maxAge: Int?

    /// - Parameters:
    ///   - value: base64url characters.
    ///   - lifetime: nil ends with the browser; rounded down to seconds.
    public init(_ name: String, _ value: SecretText, sameSite: SameSite = .lax, lifetime: Duration? = nil) {
        self.name = name
        self.value = value
        self.sameSite = sameSite
        maxAge = lifetime.map { Int($0.microseconds / 1_000_000) }
    }

    /// The cookie that removes one of this name.
    public static func removing(_ name: String) -> SetCookie { SetCookie(name, Secret(""), lifetime: .zero) }

    /// The field's value; it holds the secret, so it goes to the response and nowhere else.
    public var field: HTTPField {
        let age = maxAge.map { "; Max-Age=\($0)" } ?? ""
        let text = "\(name)=\(value.reveal()); Path=/; Secure; HttpOnly; SameSite=\(sameSite.rawValue)\(age)"
        return HTTPField(name: .setCookie, value: text)
    }
}
