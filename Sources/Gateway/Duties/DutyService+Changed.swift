import Governance
import Identity
import Storage
import Vocabulary

extension DutyService {
    /// Events that one round looks at; where there are more, everything is looked through.
    private static let reach = 5_000

    /// Looks through whoever's entitlements, roles or exemptions changed since the last scan; through everybody where
    /// the change concerns anybody, such as a rule, a mapping or a directory job, and once a day. Answers nil where
    /// nothing had to be looked at.
    @discardableResult
    public func scanWhatChanged(in tenant: TenantID, by caller: Caller) async throws -> SodScan? {
        let now = clock()
        let change = try await store.ask(tenant, now: now) { try Self.change($0) }
        switch change {
        case .nothing: return nil
        case .everything: return try await scan(in: tenant, by: caller)
        case .subjects(let subjects): return try await scan(subjects, in: tenant, by: caller)
        }
    }

    private func scan(_ subjects: Set<Subject>, in tenant: TenantID, by caller: Caller) async throws -> SodScan {
        let authorization = try await table.snapshot(of: tenant)
        let (scan, position) = try await store.ask(tenant, now: clock()) { view in
            let (register, duties) = (try view.wholeRegister(), RoleDuties(view, authorization))
            let holdings = try subjects.sorted { $0.id < $1.id }.map {
                (subject: $0, held: try duties.held(by: $0))
            }
            return (
                try register.scan(holdings, partial: true, at: view.now) { SodViolationID.random(at: view.now) },
                try view.sql.journalPosition(of: tenant)
            )
        }
        try await write(scan, of: .changed, asOf: position, by: caller)
        return scan
    }

    private static func change(_ view: GovernedView) throws -> DutyChange {
        let kind = StreamKind.governed(SodRule.aggregate.kind)
        guard try !view.sql.governed(kind, in: view.tenant, limit: 1).isEmpty else { return .nothing }
        let mark = try SodScanMark(view.sql, view.tenant)
        guard let due = mark.wholeDueAt, view.now < due else { return .everything }
        return try DutyChange(after: mark.asOf, limit: reach, view)
    }
}
