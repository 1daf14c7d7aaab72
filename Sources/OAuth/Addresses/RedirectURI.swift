/// A redirection URI that a client registered, and how one that a request names is held to it.
///
/// RFC 9700 §2.1 and §4.1.3: compared byte for byte; the one exception is the port of a native client's loopback
/// literal (RFC 8252 §7.3), which the client's machine chooses when it runs.
public struct RedirectURI: Sendable, Hashable, Codable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// Why a URI is not taken as a redirection URI.
    public enum Flaw: Error, Sendable, Hashable {
        /// Not an absolute URI, too long, or with characters, user information or a port that readers differ on.
        case malformed
        case fragment
        /// `.` or `..` in the path: what is compared would not be what is called.
        case dotSegments
        case wildcard
        /// `http` towards anything but the own machine.
        case notEncrypted
        /// A scheme a browser acts on, or one that is not a reversed domain name (RFC 8252 §7.1), or no native client.
        case scheme
        /// A loopback address for a client that is not a native one (OpenID Connect Registration §2).
        case loopback
    }

    /// What may be registered.
    public struct Rules: Sendable, Hashable {
        /// A native client: loopback addresses and private-use schemes.
        public var isNative: Bool
        /// `http` on the loopback interface for a web client too, which is how one is developed.
        public var allowsLoopbackForWeb: Bool

        public init(isNative: Bool, allowsLoopbackForWeb: Bool = false) {
            self.isNative = isNative
            self.allowsLoopbackForWeb = allowsLoopbackForWeb
        }
    }

    /// Reads a URI to be registered.
    public init(registering text: String, rules: Rules) throws(Flaw) {
        guard let address = WebAddress(text) else { throw .malformed }
        guard address.fragment == nil else { throw .fragment }
        guard !address.hasDotSegments else { throw .dotSegments }
        guard address.host?.contains("*") != true else { throw .wildcard }
        try Self.checkScheme(address, rules)
        self.text = text
    }

    private static func checkScheme(_ address: WebAddress, _ rules: Rules) throws(Flaw) {
        if address.isScheme("https") {
            guard address.host != nil else { throw .malformed }
            return
        }
        if address.isScheme("http") {
            guard let host = address.host else { throw .malformed }
            guard address.isLoopbackLiteral || host.lowercased() == "localhost" else { throw .notEncrypted }
            guard rules.isNative || rules.allowsLoopbackForWeb else { throw .loopback }
            return
        }
        // RFC 8252 §7.1: a reversed domain name. No scheme that a browser runs or reads by itself holds a dot.
        guard rules.isNative, address.scheme.contains("."), !address.scheme.hasSuffix("."),
            address.scheme.utf8.elementsEqual(address.scheme.lowercased().utf8)
        else { throw .scheme }
    }

    /// Whether a request that names `presented` means this registered URI.
    public func matches(_ presented: String, isNative: Bool) -> Bool {
        if Texts.same(text, presented) { return true }
        guard isNative, let mine = WebAddress(text), let theirs = WebAddress(presented), mine.isLoopbackLiteral,
            // Not `isScheme`: everything but the port stays a comparison of bytes.
            Texts.same(mine.scheme, "http"), Texts.same(theirs.scheme, "http"), theirs.fragment == nil,
            let host = mine.host, let theirHost = theirs.host
        else { return false }
        return Texts.same(host, theirHost) && Texts.same(mine.path, theirs.path) && mine.query == theirs.query
    }

    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
