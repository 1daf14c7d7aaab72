/// What a person's sign-in asks of a directory, one thing after the other: who has this name, whether the password is
/// theirs, and something about them.
public struct LDAPSignInRequest: Sendable {
    /// Finds the person, as the service account.
    public var person: SearchRequest
    public var password: [UInt8]
    /// Whether to bind as the entry that was found. Asked before each bind, on a connection's thread: it must not wait.
    public var admits: @Sendable (LDAPEntry) -> Bool
    /// The bind that was admitted has certainly not left.
    public var notSent: @Sendable () -> Void
    /// Told at once of an accepted bind, and what to search for then, as the service account; nil for nothing.
    public var following: @Sendable (LDAPEntry) -> SearchRequest?

    public init(
        person: SearchRequest, password: [UInt8], admits: @escaping @Sendable (LDAPEntry) -> Bool,
        notSent: @escaping @Sendable () -> Void, following: @escaping @Sendable (LDAPEntry) -> SearchRequest?
    ) {
        self.person = person
        self.password = password
        self.admits = admits
        self.notSent = notSent
        self.following = following
    }
}

/// How far a sign-in came.
public enum LDAPSignIn: Sendable {
    case nobody
    /// More entries than were asked for: none of them was bound as.
    case several
    /// One entry, which was not admitted.
    case found(LDAPEntry)
    case bound(LDAPEntry, BindOutcome, following: Following)

    /// What the search after an accepted bind brought.
    public enum Following: Sendable {
        case nothingAsked
        case entries([LDAPEntry])
        case tooMany
    }
}

extension LDAPDirectoryClient {
    /// Finds, binds and searches over a connection of each kind, in one turn of one thread: the three operations wait for
    /// the server alone, where single ones would also change threads before and after each.
    ///
    /// After a connection failure it starts again, on fresh connections or the next server, and asks `admits` again
    /// before it binds again.
    ///
    /// - Throws: `LDAPError`, as `LDAPPool.use`.
    public func signIn(_ request: LDAPSignInRequest) async throws -> LDAPSignIn {
        try request.person.check()
        // The outer pool is the one of binds, everywhere that both are used: two callers never wait for each other.
        return try await binds.use { binder in
            try await searches.use { searcher in try await binder.signIn(request, searching: searcher) }.get()
        }
    }
}

extension LDAPConnection {
    /// A failed search is thrown, for the pool of `searcher` to see to; a failed bind is an answer there.
    fileprivate func signIn(
        _ request: LDAPSignInRequest, searching searcher: LDAPConnection
    ) async throws(LDAPError) -> Result<LDAPSignIn, LDAPError> {
        try searcher.checkIsBound()
        try checkMayBind()
        let answer = try await run(with: searcher) { own, lent, cancellation throws(LDAPError) in
            try SignInTurn(request: request, binder: own, searcher: lent, cancellation: cancellation).take()
        }
        if case .success(.bound(_, .accepted, _)) = answer { bindWasAccepted() }
        return answer
    }
}

/// The operations of one sign-in, on the binding connection's thread.
private struct SignInTurn {
    let request: LDAPSignInRequest
    let binder: LDAPHandle
    let searcher: LDAPHandle
    let cancellation: CancellationFlag

    func take() throws(LDAPError) -> Result<LDAPSignIn, LDAPError> {
        guard let found = try entries(request.person) else { return .success(.several) }
        guard let entry = found.first else { return .success(.nobody) }
        guard request.admits(entry) else { return .success(.found(entry)) }
        let outcome: BindOutcome
        do throws(LDAPError) {
            outcome = try binder.bind(dn: entry.dn, request.password, cancellation)
        } catch {
            if error.isBeforeSending { request.notSent() }
            return .failure(error)
        }
        guard case .accepted = outcome, let following = request.following(entry) else {
            return .success(.bound(entry, outcome, following: .nothingAsked))
        }
        try following.check()
        return .success(.bound(entry, outcome, following: try entries(following).map { .entries($0) } ?? .tooMany))
    }

    /// Nil when there are more than the request takes.
    private func entries(_ request: SearchRequest) throws(LDAPError) -> [LDAPEntry]? {
        do throws(LDAPError) {
            return try searcher.entries(request, cancellation)
        } catch .limitExceeded(.entries) {
            return nil
        }
    }
}
