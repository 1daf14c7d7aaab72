import Crypto
import Identity
import Storage
import Vocabulary

/// Failures of one account, source or device within a window.
struct FailureBudget: Codable, Hashable, JSONRecord {
    private var failures = 0
    private var windowStart: Timestamp?
    private var lockedUntil: Timestamp?

    /// Takes a try before it is made, as if it failed, so that concurrent tries cannot share one; how long to wait
    /// where there is none left.
    mutating func reserve(limit: Int, window: Duration, lock: Duration, at now: Timestamp) -> Duration? {
        if let lockedUntil {
            if now < lockedUntil { return lockedUntil - now }
            self = FailureBudget()
        }
        if let windowStart, now >= windowStart + window { self = FailureBudget() }
        guard failures < limit else {
            lockedUntil = now + lock
            return lock
        }
        windowStart = windowStart ?? now
        failures += 1
        return nil
    }

    /// Failures that count at this moment: of the window, or those that a lock ended in not long ago.
    func failures(window: Duration, at now: Timestamp) -> Int {
        let start = lockedUntil ?? windowStart
        return start.map { now < $0 + window } ?? false ? failures : 0
    }

    mutating func refund() { failures = max(0, failures - 1) }

    func write(to object: inout JSONText) {
        object.field("failures", failures)
        object.field("lockedUntil", lockedUntil)
        object.field("windowStart", windowStart)
    }
}

/// What is remembered of one account or device: the pause after each failure, and the budget of the window.
struct AccountAttempts: Codable, Hashable, JSONRecord {
    var lock = SoftLock()
    var budget = FailureBudget()

    func write(to object: inout JSONText) {
        object.field("budget", budget)
        object.field("lock", lock)
    }
}

/// Whose tries are counted: keyed digests only, because people type passwords where a login belongs.
struct AttemptKeys: Sendable {
    let tenant: TenantID
    /// The person where the login names one, else the login as typed.
    let account: [UInt8]
    let source: [UInt8]?
    /// A browser this person has signed in from: it has its own budget, so that strangers cannot lock them out.
    let device: DeviceID?
}

/// Counts tries in rows, in one transaction before a password is checked. Accounts and devices pause after each
/// failure; a source has a budget only, because many people can share one.
struct AttemptLedger: Sendable {
    let settings: LockoutConfiguration

    /// What came of counting a try.
    struct Reservation {
        /// How long to wait, where a budget is spent.
        let wait: Duration?
        /// Failures of the same account or device that were counted before.
        var failuresBefore = 0
    }

    /// Takes one try from every budget; how long to wait when one of them is spent.
    func reserve(_ keys: AttemptKeys, _ tx: Transaction) throws -> Reservation {
        if let source = keys.source {
            var budget = try Self.load(FailureBudget.self, "source", source, keys.tenant, tx) ?? (FailureBudget(), nil)
            let wait = budget.0.reserve(
                limit: settings.sourceLimit, window: settings.window, lock: settings.lock, at: tx.now)
            try put(budget, "source", source, keys.tenant, tx)
            if let wait { return Reservation(wait: wait) }
        }
        let (kind, key, limit) = account(keys)
        var attempts = try Self.load(AccountAttempts.self, kind, key, keys.tenant, tx) ?? (AccountAttempts(), nil)
        if case .retryAfter(let wait) = attempts.0.lock.decide(now: tx.now) { return Reservation(wait: wait) }
        let before = attempts.0.budget.failures(window: settings.window, at: tx.now)
        let wait = attempts.0.budget.reserve(
            limit: limit, window: settings.window, lock: settings.lock, at: tx.now)
        if wait == nil { attempts.0.lock.failed(at: tx.now) }
        try put(attempts, kind, key, keys.tenant, tx)
        return Reservation(wait: wait, failuresBefore: before)
    }

    /// Sets the account's count back after a right password, and gives the source its try back.
    func succeeded(_ keys: AttemptKeys, _ tx: Transaction) throws {
        let (kind, key, _) = account(keys)
        try tx.sql.clearSoftLock(kind, key, in: keys.tenant)
        try refundSource(keys, tx)
    }

    /// Gives the try back: nothing was checked, because a provider or this gateway could not. The short pause stays.
    func undo(_ keys: AttemptKeys, _ tx: Transaction) throws {
        let (kind, key, _) = account(keys)
        if var attempts = try Self.load(AccountAttempts.self, kind, key, keys.tenant, tx) {
            attempts.0.budget.refund()
            try put(attempts, kind, key, keys.tenant, tx)
        }
        try refundSource(keys, tx)
    }

    private func refundSource(_ keys: AttemptKeys, _ tx: Transaction) throws {
        guard let source = keys.source,
            var budget = try Self.load(FailureBudget.self, "source", source, keys.tenant, tx)
        else { return }
        budget.0.refund()
        try put(budget, "source", source, keys.tenant, tx)
    }

    private func account(_ keys: AttemptKeys) -> (kind: String, key: [UInt8], limit: Int) {
        if let device = keys.device { return ("device", device.bytes + keys.account, settings.knownDeviceLimit) }
        return ("account", keys.account, settings.accountLimit)
    }

    // MARK: Rows

    static func load<State: Decodable>(
        _ type: State.Type, _ kind: String, _ key: [UInt8], _ tenant: TenantID, _ tx: Transaction
    ) throws -> (State, Int64?)? {
        try tx.sql.softLock(kind, key, in: tenant).map { (try JSONColumn.decode(type, $0.state), $0.revision) }
    }

    private func put(
        _ state: (some JSONRecord, Int64?), _ kind: String, _ key: [UInt8], _ tenant: TenantID, _ tx: Transaction
    ) throws {
        // A day covers the longest pause of a soft lock.
        try Self.put(state, kind, key, tenant, keeping: max(.days(1), settings.window, settings.lock), tx)
    }

    static func put(
        _ state: (some JSONRecord, Int64?), _ kind: String, _ key: [UInt8], _ tenant: TenantID, keeping: Duration,
        _ tx: Transaction
    ) throws {
        guard
            try tx.sql.putSoftLock(
                kind, key, in: tenant, state: JSONText.text(of: state.0), expecting: state.1,
                expiresAt: tx.now + keeping)
        else { throw Fault.stale("count of tries") }
    }
}
