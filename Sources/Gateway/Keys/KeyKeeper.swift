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
    /// A key is kept this long after its rotation at least: what was sealed just before may not be stored yet.
    public static let grace: Duration = .seconds(600)
    /// How often is looked after keys that wait for others: a login, an expiry.
    private static let patience: Duration = .seconds(3_600)

    /// All that was done since the start, for metrics.
    public private(set) var total = KeyReport()
    private var nextLook: [TenantID: Timestamp] = [:]
    private let store: Store
    private let log: DecisionLog
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger

    init(store: Store, log: DecisionLog, clock: @escaping @Sendable () -> Timestamp, logger: Logger) {
        self.store = store
        self.log = log
        self.clock = clock
        self.logger = logger
    }

    /// Every key of a tenant, by purpose, oldest first.
    public func keys(of tenant: TenantID) async throws -> [ListedKey] {
        let records = try await store.keyRecords(of: tenant, for: KeyPurpose.rotatable)
        let values = try await store.keyedValues(of: tenant)
        let segments = try await segments(of: tenant)
        let now = clock()
        return records.map { record in
            var held = values[record.id] ?? [:]
            if record.purpose == .record {
                let count = segments.count { record.mayStand(under: $0) }
                if count > 0 { held[Self.segments] = count }
            }
            return ListedKey(record, held, waitsFor: Self.reasons(record, held, now))
        }
    }

    /// Looks after the tenants that have old keys, each when it is due. What fails for one is logged, and does not keep
    /// the others.
    func tend() async {
        for tenant in store.keys.tenantsWithOldKeys where clock() >= nextLook[tenant] ?? .epoch {
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
        nextLook[caller.tenant] = Self.nextLook(old.filter { !$0.waitsFor.isEmpty }, clock())
        note(report, caller.tenant)
        return report
    }

    /// Says that a tenant has a new key.
    func nudge(_ tenant: TenantID) { nextLook[tenant] = nil }

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

    private static func reasons(_ record: KeyRecord, _ values: [String: Int], _ now: Timestamp) -> [String] {
        guard record.state == .retiring, let rotatedAt = record.rotatedAt else { return [] }
        let kinds = Set(values.keys.compactMap { renewals[$0] }).subtracting([.kept])
        let waiting = kinds.map(\.rawValue).sorted()
        return waiting.isEmpty && now < rotatedAt + grace ? ["grace"] : waiting
    }

    private static func nextLook(_ waiting: [ListedKey], _ now: Timestamp) -> Timestamp {
        // Once more when the last that was sealed before the rotation has to be there.
        let ends = waiting.compactMap { $0.rotatedAt.map { $0 + grace } }.filter { now < $0 }
        return min(ends.min() ?? now + patience, now + patience)
    }

    private func segments(of tenant: TenantID) async throws -> [DecisionLog.Span] {
        try await withCheckedThrowingContinuation { [log] continuation in
            Self.files.async { continuation.resume(with: Result { try log.spans(of: tenant) }) }
        }
    }

    private static let files = DispatchQueue(label: "gatehouse.keys")
}

extension KeyRecord {
    /// Whether decisions of that time may have been sealed under this key.
    fileprivate func mayStand(under span: DecisionLog.Span) -> Bool {
        guard retiredAt == nil else { return false }
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
        await keyKeeper.nudge(caller.tenant)
    }
}
