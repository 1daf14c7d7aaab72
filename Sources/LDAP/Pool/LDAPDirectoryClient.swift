/// A directory's servers, searched as a service account and bound to as people. The two kinds of connection are apart,
/// so that a flood of sign-ins leaves searches alone, and nobody's search runs as somebody else.
public final class LDAPDirectoryClient: Sendable {
    public let servers: LDAPServerList
    /// Bound as the service account; anonymous without one.
    public let searches: LDAPPool
    public let binds: LDAPPool

    /// - Parameter service: nil searches anonymously.
    public init(
        _ servers: LDAPServerList, service: LDAPServiceAccount?, searchLimits: LDAPPoolLimits = .init(),
        bindLimits: LDAPPoolLimits = .init()
    ) {
        self.servers = servers
        let searcher = service.map(LDAPPool.Identity.service) ?? .anonymous
        searches = LDAPPool(servers, identity: searcher, limits: searchLimits)
        binds = LDAPPool(servers, identity: .perUse, limits: bindLimits)
    }

    /// Runs `body` with a connection bound as the service account. See `LDAPPool.use`.
    public func withSearchConnection<Value: Sendable>(
        _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        try await searches.use(body)
    }

    /// Runs `body` with a connection that has to be bound before anything else. See `LDAPPool.use`.
    public func withBindConnection<Value: Sendable>(
        _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        try await binds.use(body)
    }

    /// True when every server is being left alone.
    public var isDown: Bool { servers.isDown }

    /// Closes every pooled connection; operations begun afterwards fail.
    public func close() {
        searches.close()
        binds.close()
    }
}
