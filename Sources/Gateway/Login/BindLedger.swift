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
            admit: { try await self.reserve($0) }, withdraw: { try await self.refund($0) },
            accepted: { self.noteAccepted($0) })
    }

    private func reserve(_ account: String) async throws -> Duration? {
        let key = try digest(account)
        flights.begin(key)
        taken.withLock { $0.own.append(key) }
        let (tenant, limit, window) = (tenant, limit, window)
        let wait = try await store.write(.login) { tx -> Duration? in
            var state = try Self.load(key, tenant, tx)
            if case .retryAfter(let wait) = state.0.reserve(limit: limit, window: window, at: tx.now) { return wait }
            try AttemptLedger.put(state, "bind", key, tenant, keeping: window, tx)
            return nil
        }
        if wait != nil { drop(key) }
        return wait
    }

    private func refund(_ account: String) async throws {
        let key = try digest(account)
        let (tenant, window) = (tenant, window)
        try await store.write(.login) { tx in
            var state = try Self.load(key, tenant, tx)
            state.0.refund()
            try AttemptLedger.put(state, "bind", key, tenant, keeping: window, tx)
        }
        drop(key)
    }

    private func noteAccepted(_ account: String) {
        guard let key = try? digest(account) else { return }
        let (open, begun) = flights.count(key)
        taken.withLock { taken in
            let own = taken.own.count { $0 == key }
            taken.accepted[key] = (max(0, open - own), begun)
        }
    }

    /// Forgets the failures of every account that accepted a bind, in the transaction that makes use of it.
    func succeeded(_ tx: Transaction) throws {
        for (key, at) in taken.withLock(\.accepted) {
            var state = try Self.load(key, tenant, tx)
            state.0.succeeded(leaving: at.others + flights.count(key).begun - at.begun)
            if state.0 == UpstreamBindBudget() {
                try tx.sql.clearSoftLock("bind", key, in: tenant)
            } else {
                try AttemptLedger.put(state, "bind", key, tenant, keeping: window, tx)
            }
        }
    }

    private func drop(_ key: [UInt8]) {
        flights.end(key)
        taken.withLock { taken in
            if let place = taken.own.lastIndex(of: key) { taken.own.remove(at: place) }
        }
    }

    private static func load(
        _ key: [UInt8], _ tenant: TenantID, _ tx: Transaction
    ) throws -> (UpstreamBindBudget, Int64?) {
        try AttemptLedger.load(UpstreamBindBudget.self, "bind", key, tenant, tx) ?? (UpstreamBindBudget(), nil)
    }
}
