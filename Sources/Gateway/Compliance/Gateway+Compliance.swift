import Governance
import Storage
import Synchronization
import Vocabulary

/// When it was last noted, tenant by tenant, that a head is kept outside.
final class KeptHeads: Sendable {
    private let noted = Mutex<[TenantID: Timestamp]>([:])

    subscript(tenant: TenantID) -> Timestamp? {
        get { noted.withLock { $0[tenant] } }
        set { noted.withLock { $0[tenant] = newValue } }
    }
}

extension Gateway {
    /// An event a day is enough to show that heads go outside; more would only feed the journal with itself.
    private static let noteEvery = Duration.hours(24)

    /// Notes in each tenant's journal, once a day, up to which size a signed head of it is kept outside. The caller has
    /// just signed heads, and file sinks have them when that returned.
    func noteKeptHeads() async throws {
        let now = clock()
        let heads = try await store.newestHeads()
        let hasFile = configuration.journal.sinks.contains { if case .file = $0 { true } else { false } }
        for tenant in tenants.all {
            guard keptHeads[tenant.id].map({ now - $0 >= Self.noteEvery }) ?? true, let head = heads[tenant.id] else {
                continue
            }
            var accepted = hasFile ? head.size : 0
            for courier in couriers { accepted = max(accepted, await courier.acceptedSize(of: head)) }
            guard accepted > 0 else { continue }
            try await note(accepted, of: head, sinks: configuration.journal.sinks.count)
        }
    }

    private func note(_ size: Int64, of head: SignedHead, sinks: Int) async throws {
        let stream = Stream("tenant", head.tenant)
        let caller = Caller(tenant: head.tenant, actor: .system("heads"), command: .random(at: clock()))
        try await store.write(.spool) { tx in
            // After a restart memory does not know when it was noted last, and the journal does.
            let last = try tx.sql.newestTime(of: "heads.kept_outside", in: stream, tenant: head.tenant)
            guard last.map({ tx.now - $0 >= Self.noteEvery }) ?? true else { return }
            try tx.append(
                caller.event(
                    "heads.kept_outside", stream,
                    facts: [
                        Fact("size", .integer(size)), Fact("epoch", .integer(head.epoch)),
                        Fact("sinks", .integer(Int64(sinks))),
                    ]))
        }
        keptHeads[head.tenant] = clock()
    }

    /// Counts anew how the controls of every framework stand, and assesses what is due.
    func refreshCompliance() async throws {
        for tenant in tenants.all where !tenant.isDisabled {
            _ = try await compliance.status(in: tenant.id)
            guard let interval = configuration.compliance.assessEvery else { continue }
            let due = try await compliance.due(every: interval, in: tenant.id)
            guard !due.isEmpty else { continue }
            let caller = Caller(tenant: tenant.id, actor: .system("compliance"), command: .random(at: clock()))
            _ = try await compliance.assess(due, by: caller)
        }
    }

    /// Assesses every framework in every tenant, as the machine's administrator asks for it; answers what was made.
    public func assessEverything(by actor: Actor) async throws -> [AssessmentEntry] {
        var made: [AssessmentEntry] = []
        for tenant in tenants.all where !tenant.isDisabled {
            made += try await compliance.assess(
                by: Caller(tenant: tenant.id, actor: actor, command: .random(at: clock())))
        }
        return made
    }

    /// Counts of controls by status: closed words, and names from catalogues and configuration.
    var complianceMetrics: [MetricFamily] {
        var family = MetricFamily.gauge(
            "gatehouse_compliance_control_status", "Controls of a framework that stand so, as last counted.")
        let counts = compliance.counts.withLock { $0 }
        for tenant in tenants.all {
            for (framework, statuses) in (counts[tenant.id] ?? [:]).sorted(by: { $0.key < $1.key }) {
                for status in ControlStatus.allCases {
                    family = family.adding(
                        statuses[status] ?? 0,
                        ["tenant": tenant.slug, "framework": framework, "status": status.rawValue])
                }
            }
        }
        return [family]
    }
}

extension ComplianceService {
    /// Frameworks whose newest assessment is older than an interval, or that were never assessed.
    func due(every interval: Duration, in tenant: TenantID) async throws -> [String] {
        let (frameworks, now) = (catalogues.all.map(\.catalogue.framework), now())
        return try await store.read { sql in
            try frameworks.filter { framework in
                try sql.newestAssessment(of: framework, in: tenant).map { now - $0 >= interval } ?? true
            }
        }
    }
}

extension HeadCourier {
    /// How many events the newest head covers that the receiver accepted; 0 for none of this epoch.
    func acceptedSize(of head: SignedHead) -> Int64 {
        guard let accepted = accepted(in: head.tenant), accepted.epoch == head.epoch else { return 0 }
        return accepted.size
    }
}
