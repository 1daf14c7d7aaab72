import Vocabulary

/// What the gateway keeps of a client beside its registered metadata.
public struct ClientSettings: Sendable, Hashable, Codable {
    /// Whom it acts as where it acts in its own name.
    public var serviceAccount: ServiceAccountID?
    /// Whether people are asked before it learns about them; off for the organization's own applications.
    public var asksConsent = true
    /// Claims about people beyond those that scopes open, by name.
    public var claims: [String: ClaimSource] = [:]
    /// Resources (RFC 8707) that it answers for: tokens for these it may introspect.
    public var answersFor: [String] = []
    /// Clients and resources for which it may exchange tokens that were made for it (RFC 8693).
    public var exchangeAudiences: [String] = []
    /// Whether it may exchange a token without being named as the one who acts.
    public var mayImpersonate = false

    public init() {}
}

/// Where the value of a claim comes from.
public enum ClaimSource: Sendable, Hashable {
    case login, name, givenName, familyName, mail, locale, department, organizationUnit, manager
    case roles, groups, entitlements
    /// One of the person's own attributes.
    case attribute(String)

    private static let named: [(String, ClaimSource)] = [
        ("login", .login), ("name", .name), ("given_name", .givenName), ("family_name", .familyName), ("mail", .mail),
        ("locale", .locale), ("department", .department), ("organization_unit", .organizationUnit),
        ("manager", .manager), ("roles", .roles), ("groups", .groups), ("entitlements", .entitlements),
    ]

    /// What may be written, for whoever wrote something else.
    public static let words = named.map(\.0).joined(separator: ", ") + " and attribute:NAME"

    /// Reads a word, or `attribute:NAME`.
    public init?(_ text: String) {
        if let found = Self.named.first(where: { $0.0 == text })?.1 {
            self = found
            return
        }
        let prefix = "attribute:"
        guard text.hasPrefix(prefix), (1...128).contains(text.utf8.count - prefix.utf8.count) else { return nil }
        self = .attribute(String(text.dropFirst(prefix.count)))
    }

    /// As it is written.
    public var word: String {
        if case .attribute(let name) = self { return "attribute:" + name }
        return Self.named.first { $0.1 == self }?.0 ?? ""
    }
}

extension ClaimSource: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let source = ClaimSource(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no source of a claim"))
        }
        self = source
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }
}
