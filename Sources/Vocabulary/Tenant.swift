/// One customer of the gateway: people, groups, policies, keys and journal of one tenant never meet another's.
public struct Tenant: Sendable, Hashable {
    public let id: TenantID
    /// Renameable name in URLs (`/t/{slug}/…`): 1 to 63 lower-case letters, digits and inner hyphens.
    public var slug: String
    public var name: String
    public var isDisabled: Bool

    public init(id: TenantID, slug: String, name: String, isDisabled: Bool = false) {
        self.id = id
        self.slug = slug
        self.name = name
        self.isDisabled = isDisabled
    }

    /// The tenant that lives at the root of the URL space.
    public static let defaultSlug = "default"

    /// Whether this can be a slug: 1 to 63 bytes of lower-case letters, digits and inner hyphens, as in a DNS label.
    public static func isValid(slug: String) -> Bool {
        let bytes = Array(slug.utf8)
        guard (1...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
