import OAuth

/// `access_tokens` of an application: what it is to OAuth clients, a protected resource (RFC 9728).
public struct ResourceConfiguration: Sendable, Codable, Hashable {
    /// A scope, and what it opens.
    public struct Scope: Sendable, Codable, Hashable {
        public var name: String
        /// Actions of the policy; nil for all of them.
        public var actions: [String]?

        public init(name: String, actions: [String]? = nil) {
            self.name = name
            self.actions = actions
        }

        /// Whether it opens an action.
        public func opens(_ action: String) -> Bool { actions.map { $0.contains(action) } ?? true }
    }

    /// What clients ask for tokens by (RFC 8707), and what stands in the tokens: compared byte by byte.
    public var identifier: String
    /// Those that it knows, the least first; empty where tokens need none.
    public var scopes: [Scope] = []
    /// Whether only tokens that are bound to a key are taken (RFC 9449).
    public var requiresDPoP = false
    /// Whether the application is given the token itself.
    public var passesToken = false
    /// Where people read about it.
    public var documentation: String?

    public init(identifier: String) { self.identifier = identifier }

    /// Whether tokens are taken at this path: everything at or below the identifier's own.
    public func covers(path: String) -> Bool {
        let own = WebAddress(identifier)?.path ?? ""
        return own.isEmpty || own == "/" || path == own || path.hasPrefix(own.hasSuffix("/") ? own : own + "/")
    }

    /// What a token lacks for an action: the least scope that opens it, nil where nothing is lacking.
    public func missing(for action: String, holding held: ScopeSet) -> Lack? {
        guard !scopes.isEmpty else { return nil }
        let openers = scopes.filter { $0.opens(action) }
        return openers.contains { held.contains($0.name) } ? nil : Lack(scope: ScopeSet(openers.prefix(1).map(\.name)))
    }

    /// A scope that would do; none where no scope opens what was asked.
    public struct Lack: Sendable, Hashable {
        public let scope: ScopeSet?
    }

    /// Whether the identifier is this origin, or lies below it.
    func isBelow(_ origin: String) -> Bool {
        guard let address = WebAddress(identifier), address.fragment == nil, address.query == nil,
            !address.hasDotSegments, !address.path.contains("%"), !address.path.contains("//"),
            address.path.utf8.allSatisfy({ $0 != 0x3B })
        else { return false }
        return identifier == origin || identifier.hasPrefix(origin + "/")
    }
}
