/// What to look for. The attributes are always listed: "all" has brought password hashes out of directories.
public struct SearchRequest: Sendable, Hashable {
    /// How far below the base a search looks (RFC 4511 §4.5.1.2).
    public enum Scope: Sendable, Hashable { case base, oneLevel, subtree }

    public var base: String
    public var scope: Scope
    public var filter: String
    /// At least one; `*` and `+` are refused. `1.1` alone asks for names only (RFC 4511 §4.5.1.8).
    public var attributes: [String]
    public var limits: SearchLimits

    public init(
        base: String, scope: Scope = .subtree, filter: String, attributes: [String], limits: SearchLimits = .init()
    ) {
        self.base = base
        self.scope = scope
        self.filter = filter
        self.attributes = attributes
        self.limits = limits
    }

    /// Says what is wrong with the request, before anything is sent.
    func check() throws(LDAPError) {
        guard !attributes.isEmpty else { throw .invalidRequest("a search needs a list of attributes") }
        guard attributes.count <= 128 else { throw .invalidRequest("a search lists at most 128 attributes") }
        for name in attributes {
            guard !name.isEmpty, name.utf8.count <= 256, name != "*", name != "+", !name.hasPrefix("@"),
                name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw .invalidRequest("\"\(name)\" is not one attribute") }
        }
        guard LDAPFilter.isWellFormed(filter) else { throw .invalidRequest("the search filter is malformed") }
        guard base.utf8.count <= DistinguishedName.byteLimit, !base.utf8.contains(0) else {
            throw .invalidRequest("the search base is not a name")
        }
        guard (1...10_000).contains(limits.pageSize) else {
            throw .invalidRequest("a page has 1 to 10000 entries")
        }
    }
}

/// How much of an answer is taken before the search fails.
public struct SearchLimits: Sendable, Hashable {
    public var pageSize: Int
    public var entries: Int
    /// Bytes of names and values, over all pages.
    public var bytes: Int

    public init(pageSize: Int = 1_000, entries: Int = 2_000_000, bytes: Int = 4 << 30) {
        self.pageSize = pageSize
        self.entries = entries
        self.bytes = bytes
    }
}

/// What a completed search amounted to.
public struct SearchSummary: Sendable, Hashable {
    public var entries = 0
    public var pages = 0
    public var bytes = 0
    /// Referrals the server sent instead of entries; they are not followed.
    public var referrals = 0
    /// The largest total the server announced (RFC 2696); 0 when it made no estimate.
    public var estimatedTotal = 0
}
