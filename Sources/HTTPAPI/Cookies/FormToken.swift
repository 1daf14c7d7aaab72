import Vocabulary

/// The token in a form that proves the form came from us, to this browser, for this purpose.
///
/// It is an HMAC over the pre-session's or session's secret and the purpose: nothing is stored, and a token of one
/// form, browser or session is worth nothing in another.
public enum FormToken {
    /// - Parameters:
    ///   - binding: the secret in the browser's cookie.
    ///   - purpose: the form's name, such as `login.password` or `session.end`.
    public static func make(binding: SecretText, purpose: String, mac: MACFunction) throws -> String {
        let secret = Array(binding.reveal().utf8)
        let label = Array("form:\(purpose.utf8.count):\(purpose):".utf8)
        return Base64.encode(try mac(label + secret), .url)
    }

    /// - Throws: `Refusal.forbidden("csrf.missing")`, `.forbidden("csrf.invalid")`.
    public static func verify(_ token: String?, binding: SecretText?, purpose: String, mac: MACFunction) throws {
        guard let token, let binding else { throw Refusal.forbidden(code: "csrf.missing") }
        let expected = try make(binding: binding, purpose: purpose, mac: mac)
        guard equalInConstantTime(token.utf8, expected.utf8) else { throw Refusal.forbidden(code: "csrf.invalid") }
    }
}
