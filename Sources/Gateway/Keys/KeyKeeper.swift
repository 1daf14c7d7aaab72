import Dispatch
import Logging
import Storage
import Vocabulary

/// A key of a tenant, without its material, and what stands under it.
public struct ListedKey: Sendable {
    public let id: KeyID
    /// A `RotatableKey`.
    public let purpose: String
    /// `active`, `retiring` or `retired`.
    public let state: String
    /// When it became active.
    public let createdAt: Timestamp?
    /// When another took its place.
    public let rotatedAt: Timestamp?
    public let retiredAt: Timestamp?
    /// How many values of each kind stand under it; kinds without any left out.
    public let values: [String: Int]
    /// For a retiring key, what keeps it: `resealed` (the background is at it), `next_login`, `expiry`, `grace`.
    public let waitsFor: [String]

    /// All values that stand under it.
    public var count: Int { values.values.reduce(0, +) }
}

/// What was done for old keys.
public struct KeyReport: Sendable, Hashable {
    public var resealed = 0
    /// Values that do not open under any key: they keep their key from being retired.
    public var unreadable = 0
    public var retired = 0
}

/// Sees old keys off: seals anew what stands under them, and destroys each as soon as nothing does.
public actor KeyKeeper {
    /// A key is kept this long after its rotation at least, by a clock that nobody can set: what was sealed just before
    /// may not be stored yet. What this process has not seen rotated counts from when it first saw it.
    public static let grace: Duration = .seconds(600)
    /// How often is looked after keys that wait for others: a login, an expiry.
    private static let patience: Duration = .seconds(3_600)

    /// All that was done since the start, for metrics.
    public private(set) var total = KeyReport()
    private var nextLook: [TenantID: Duration] = [:]
    /// When this process first saw a key retiring, by `uptime`.
    private var seen: [KeyID: Duration] = [:]
    private let store: Store
    private let log: DecisionLog
    private let clock: @Sendable () -> Timestamp
    private let uptime: @Sendable () -> Duration
    private let logger: Logger

    init(
        store: Store, log: DecisionLog, clock: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration, logger: Logger
    ) {
        self.store = store
        self.log = log
        self.clock = clock
        self.uptime = uptime
        self.logger = logger
    }

    /// Every key of a tenant, by purpose, oldest first.
    public func keys(of tenant: TenantID) async throws -> [ListedKey] {
        let records = try await retiringSeen(of: tenant)
        let values = try await store.keyedValues(of: tenant)
        let segments = try await segments(of: tenant)
        let now = clock()
        return records.map { record in
            var held = values[record.id] ?? [:]
            if record.purpose == .record {
                let count = segments.count { record.mayStand(under: $0, now) }
                if count > 0 { held[Self.segments] = count }
            }
            return ListedKey(record, held, waitsFor: reasons(record, held))
        }
    }

    /// The keys of a tenant; from now on, the age of those that retire is known.
    private func retiringSeen(of tenant: TenantID) async throws -> [KeyRecord] {
        let records = try await store.keyRecords(of: tenant, for: KeyPurpose.rotatable)
        for record in records {
            seen[record.id] = record.state == .retiring ? seen[record.id] ?? uptime() : nil
        }
        return records
    }

    /// Looks after the tenants that have old keys, each when it is due. What fails for one is logged, and does not keep
    /// the others.
    func tend() async {
        for tenant in store.keys.tenantsWithOldKeys where uptime() >= nextLook[tenant] ?? .zero {
            let caller = Caller(tenant: tenant, actor: .system("keys"), command: .random(at: clock()))
            do { try await tend(by: caller) } catch {
                logger.error("keys not looked after", metadata: ["tenant_id": "\(tenant)", "error": "\(error)"])
            }
        }
    }

    /// Does for the caller's tenant all that can be done now.
    ///
    /// - Throws: what the store throws; what was done before stays done.
    @discardableResult public func tend(by caller: Caller) async throws -> KeyReport {
        let sealed = try await store.resealStale(caller.context)
        var report = KeyReport(resealed: sealed.resealed, unreadable: sealed.unreadable)
        let old = try await keys(of: caller.tenant).filter { $0.state == KeyRecord.State.retiring.rawValue }
        for key in old where key.waitsFor.isEmpty {
            if try await retire(key, caller) { report.retired += 1 }
        }
        nextLook[caller.tenant] = look(after: old.filter { !$0.waitsFor.isEmpty })
        note(report, caller.tenant)
        return report
    }

    /// Says that a tenant has a new key.
    func nudge(_ tenant: TenantID) async throws {
        nextLook[tenant] = nil
        _ = try await retiringSeen(of: tenant)
    }

    private func retire(_ key: ListedKey, _ caller: Caller) async throws -> Bool {
        let records = try await store.keyRecords(of: caller.tenant, for: KeyPurpose.rotatable)
        guard let record = records.first(where: { $0.id == key.id }) else { return false }
        return try await store.retireKey(record, caller.context)
    }

    private func note(_ report: KeyReport, _ tenant: TenantID) {
        total.resealed += report.resealed
        total.retired += report.retired
        total.unreadable = report.unreadable
        guard report != KeyReport() else { return }
        logger.log(
            level: report.unreadable > 0 ? .error : .notice, "old keys were looked after",
            metadata: [
                "tenant_id": "\(tenant)", "resealed": "\(report.resealed)", "retired": "\(report.retired)",
                "unreadable": "\(report.unreadable)",
            ])
    }

    // MARK: What keeps a key

    private static let segments = "decision_segments"
    private static let renewals = Dictionary(
        uniqueKeysWithValues: KeyedValues.inRows.map { ($0.name, $0.renewal) } + [(segments, .expiry)])

    private func reasons(_ record: KeyRecord, _ values: [String: Int]) -> [String] {
        guard record.state == .retiring else { return [] }
        let kinds = Set(values.keys.compactMap { Self.renewals[$0] }).subtracting([.kept])
        let waiting = kinds.map(\.rawValue).sorted()
        return waiting.isEmpty && graceLeft(record.id) > .zero ? ["grace"] : waiting
    }

    private func graceLeft(_ key: KeyID) -> Duration { seen[key].map { $0 + Self.grace - uptime() } ?? Self.grace }

    /// Once more when the last that was sealed before a rotation has to be there.
    private func look(after waiting: [ListedKey]) -> Duration {
        let left = waiting.map { graceLeft($0.id) }.filter { $0 > .zero }.min() ?? Self.patience
        return uptime() + min(left, Self.patience)
    }

    private func segments(of tenant: TenantID) async throws -> [DecisionLog.Span] {
        try await withCheckedThrowingContinuation { [log] continuation in
            Self.files.async { continuation.resume(with: Result { try log.spans(of: tenant) }) }
        }
    }

    private static let files = DispatchQueue(label: "gatehouse.keys")
}

extension KeyRecord {
    /// Whether decisions of that time may have been sealed under this key. Times that contradict each other say that the
    /// clock was set in between, and prove nothing: then they may.
    fileprivate func mayStand(under span: DecisionLog.Span, _ now: Timestamp) -> Bool {
        guard retiredAt == nil else { return false }
        guard span.isInOrder, span.firstAt <= now, rotatedAt.map({ $0 <= now }) ?? true else { return true }
        if let createdAt, let last = span.lastAt, last + KeyKeeper.grace < createdAt { return false }
        return rotatedAt.map { span.firstAt < $0 + KeyKeeper.grace } ?? true
    }
}

extension ListedKey {
    fileprivate init(_ record: KeyRecord, _ values: [String: Int], waitsFor: [String]) {
        self.init(
            id: record.id, purpose: record.purpose.word, state: record.state.rawValue, createdAt: record.createdAt,
            rotatedAt: record.rotatedAt, retiredAt: record.retiredAt, values: values, waitsFor: waitsFor)
    }
}

extension Gateway {
    /// Draws a new key for one purpose of the caller's tenant, and journals it; the background sees the old one off.
    public func rotateKey(_ key: RotatableKey, by caller: Caller) async throws {
        try await store.rotateKey(key.purpose, caller.context)
        try await keyKeeper.nudge(caller.tenant)
    }
}
