import Identity
import Providers
import Storage
import Synchronization
import Vocabulary

/// Binds on their way to directories, by account. In memory only: whatever was on its way when the process ended is
/// counted as failed in its row.
final class InFlightBinds: Sendable {
    private struct Flight {
        var open = 0
        var begun = 0
    }

    private let flights = Mutex<[[UInt8]: Flight]>([:])

    func begin(_ key: [UInt8]) {
        flights.withLock { flights in
            flights[key, default: Flight()].open += 1
            flights[key, default: Flight()].begun += 1
        }
    }

    func end(_ key: [UInt8]) {
        flights.withLock { flights in
            flights[key]?.open -= 1
            if flights[key]?.open ?? 0 <= 0 { flights[key] = nil }
        }
    }

    /// How many are on their way, and how many ever began while one was.
    func count(_ key: [UInt8]) -> (open: Int, begun: Int) {
        flights.withLock { flights in flights[key].map { ($0.open, $0.begun) } ?? (0, 0) }
    }
}

/// The budgets of failed binds that one try at one directory draws on. Each bind is taken out of its account's row
/// before it is sent, as if it failed, so that neither concurrent tries nor a restart can spend one twice; the account
/// is the directory's own entry, however the login was written.
final class BindLedger: Sendable {
    private let store: Store
    private let tenant: TenantID
    private let limit: Int
    private let window: Duration
    private let flights: InFlightBinds
    private let digest: @Sendable (_ account: String) throws -> [UInt8]

    private struct Taken {
        var own: [[UInt8]] = []
        /// Taken before the directory was asked, for the account that the login most likely leads to.
        var prepared: [UInt8]?
        /// What was written last, so that it need not be read again where nobody else has written since.
        var written: [[UInt8]: Row] = [:]
        /// The keys of the accounts asked about: a login asks several times, and a digest costs microseconds.
        var keys: [String: [UInt8]] = [:]
        /// What may still arrive at the directory after the bind it accepted: those on their way then, not counting
        /// our own, and how many had begun until then.
        var accepted: [[UInt8]: (others: Int, begun: Int)] = [:]
    }

    private let taken = Mutex(Taken())

    init(
        _ directory: UpstreamDirectory, limit: Int, _ store: Store, _ tenant: TenantID, _ flights: InFlightBinds,
        digest: @escaping @Sendable (_ account: String) throws -> [UInt8]
    ) {
        self.store = store
        self.tenant = tenant
        self.limit = limit
        window = directory.bindWindow
        self.flights = flights
        self.digest = digest
    }

    deinit { for key in taken.withLock(\.own) { flights.end(key) } }

    var admission: BindAdmission {
        BindAdmission(
            admit: { try await self.reserve($0) }, takePrepared: { self.takePrepared($0) },
            withdraw: { try await self.refund(self.key(of: $0)) }, accepted: { self.noteAccepted($0) })
    }

    private func reserve(_ account: String) async throws -> Duration? {
        if takePrepared(account) { return nil }
        let key = try key(of: account)
        begin(key)
        let wait = try await store.write(.login) { try self.take(key, $0) }
        if wait != nil { drop(key) }
        return wait
    }

    private func begin(_ key: [UInt8]) {
        flights.begin(key)
        taken.withLock { $0.own.append(key) }
    }

    /// Takes one bind out of its row; how long to wait where none is left.
    private func take(_ key: [UInt8], _ tx: Transaction) throws -> Duration? {
        var row = try load(key, tx)
        if case .retryAfter(let wait) = row.0.reserve(limit: limit, window: window, at: tx.now) { return wait }
        try put(row, key, tx)
        return nil
    }

    private func refund(_ key: [UInt8]) async throws {
        try await store.write(.login) { tx in
            var row = try self.load(key, tx)
            row.0.refund()
            try self.put(row, key, tx)
        }
        drop(key)
    }

    // MARK: Before the directory is asked

    /// Takes a bind of the account that the login is expected to lead to. Where none is left nothing is taken, and
    /// `admit` says so once the directory has said which account it is.
    func prepare(_ account: String, _ tx: Transaction) throws {
        let key = try key(of: account)
        begin(key)
        if try take(key, tx) == nil { taken.withLock { $0.prepared = key } } else { drop(key) }
    }

    /// Whether the bind of this account is admitted already; once.
    private func takePrepared(_ account: String) -> Bool {
        guard let key = try? key(of: account) else { return false }
        return taken.withLock { taken in
            guard taken.prepared == key else { return false }
            taken.prepared = nil
            return true
        }
    }

    /// Gives back what was prepared for another account than the directory then named.
    func giveBackPrepared() async throws {
        let key = taken.withLock { taken in
            defer { taken.prepared = nil }
            return taken.prepared
        }
        if let key { try await refund(key) }
    }

    // MARK: After the directory was asked

    private func noteAccepted(_ account: String) {
        guard let key = try? key(of: account) else { return }
        let (open, begun) = flights.count(key)
        taken.withLock { taken in
            let own = taken.own.count { $0 == key }
            taken.accepted[key] = (max(0, open - own), begun)
        }
    }

    /// Forgets the failures of every account that accepted a bind, in the transaction that makes use of it.
    func succeeded(_ tx: Transaction) throws {
        for (key, at) in taken.withLock(\.accepted) {
            let others = at.others + flights.count(key).begun - at.begun
            if try forget(key, leaving: others, tx) { continue }
            var row = try load(key, tx)
            row.0.succeeded(leaving: others)
            if row.0 == UpstreamBindBudget() {
                try tx.sql.clearSoftLock("bind", key, in: tenant)
            } else {
                try put(row, key, tx)
            }
        }
    }

    /// Removes the row as it was written here, where that leaves nothing behind: so it is at most logins, and saves
    /// reading it. False where there is more to it.
    private func forget(_ key: [UInt8], leaving others: Int, _ tx: Transaction) throws -> Bool {
        guard var row = taken.withLock({ $0.written[key] }), let revision = row.1 else { return false }
        row.0.succeeded(leaving: others)
        guard row.0 == UpstreamBindBudget() else { return false }
        return try tx.sql.clearSoftLock("bind", key, in: tenant, expecting: revision)
    }

    private func drop(_ key: [UInt8]) {
        flights.end(key)
        taken.withLock { taken in
            if let place = taken.own.lastIndex(of: key) { taken.own.remove(at: place) }
        }
    }

    private func key(of account: String) throws -> [UInt8] {
        if let known = taken.withLock({ $0.keys[account] }) { return known }
        let key = try digest(account)
        taken.withLock { $0.keys[account] = key }
        return key
    }

    // MARK: Rows

    /// A budget and the revision of its row; nil where there is no row yet.
    private typealias Row = (UpstreamBindBudget, Int64?)

    private func load(_ key: [UInt8], _ tx: Transaction) throws -> Row {
        try AttemptLedger.load(UpstreamBindBudget.self, "bind", key, tenant, tx) ?? (UpstreamBindBudget(), nil)
    }

    private func put(_ row: Row, _ key: [UInt8], _ tx: Transaction) throws {
        try AttemptLedger.put(row, "bind", key, tenant, keeping: window, tx)
        taken.withLock { $0.written[key] = (row.0, (row.1 ?? 0) + 1) }
    }
}
