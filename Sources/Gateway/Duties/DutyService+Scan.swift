import Governance
import Identity
import Storage
import Vocabulary

extension DutyService {
    /// Violations that are written in one body at the writer: each is an event of its own.
    private static let chunk = 40

    /// Looks through what everybody holds by every active rule, or by one, and writes what is new and what is gone.
    /// Exempted breaches are reported and are no violations. The scan itself is an event, as evidence that it was made.
    ///
    /// - Throws: `sod.rule_not_found`.
    @discardableResult
    public func scan(_ rule: SodRuleID? = nil, in tenant: TenantID, by caller: Caller) async throws -> SodScan {
        let authorization = try await table.snapshot(of: tenant)
        let (scan, position) = try await store.ask(tenant, now: clock()) { view in
            let register = try view.wholeRegister(rule: rule)
            let everything = try Holders(view, authorization).everything()
            let holdings = everything.map { (subject: $0.key, held: $0.value) }
            return (
                try register.scan(holdings, rule: rule, at: view.now) { SodViolationID.random(at: view.now) },
                try view.sql.journalPosition(of: tenant)
            )
        }
        try await write(scan, of: rule == nil ? .whole : .rule, asOf: position, by: caller)
        return scan
    }

    /// What a scan looked through.
    enum Reach: String { case whole, rule, changed }

    func write(_ scan: SodScan, of reach: Reach, asOf position: Int64, by caller: Caller) async throws {
        for start in stride(from: 0, to: scan.events.count, by: Self.chunk) {
            let events = Array(scan.events[start..<min(start + Self.chunk, scan.events.count)])
            try await store.govern(by: caller) { writer in for event in events { try writer.write(finding: event) } }
        }
        try await store.govern(by: caller) { try $0.note(scan, of: reach, asOf: position) }
    }

    /// Resolves what was found by a rule, in bodies of a bounded size.
    func resolveEverything(of rule: SodRuleID, by caller: Caller) async throws {
        while true {
            let left = try await store.govern(by: caller) { writer in
                let rows = try writer.tx.sql.governed(
                    .governed(SodViolation.aggregate.kind), in: writer.tenant,
                    GovernedFilter(state: SodViolation.Status.active.rawValue, parent: rule.bytes), limit: Self.chunk)
                for row in rows {
                    guard let id = SodViolationID(bytes: row.id) else { continue }
                    try writer.write(finding: .violationResolved(id))
                }
                return rows.count
            }
            if left < Self.chunk { return }
        }
    }
}

extension GovernedView {
    /// Every active rule, or one, with what is known to break them and what exempts from them.
    func wholeRegister(rule only: SodRuleID? = nil) throws -> SodRegister {
        var register = try SodRegister(tenant: tenant)
        if let only {
            guard let rule = try load(Governed.rule(only)).state else { throw GovernanceError.sodRuleNotFound(only) }
            register.take([rule])
        } else {
            register.take(
                try ids(SodRule.aggregate.kind, state: "active").compactMap { try load(Governed.rule($0)).state })
        }
        try sql.forEachGoverned(
            .governed(SodViolation.aggregate.kind), in: tenant,
            GovernedFilter(state: SodViolation.Status.active.rawValue, parent: only?.bytes)
        ) { row in
            guard let id = SodViolationID(bytes: row.id), let rule = row.parent.flatMap(SodRuleID.init),
                let subject = row.target.flatMap({ Subject(kind: row.type, bytes: $0) })
            else { return }
            register.take(id, of: rule, by: subject, isActive: true)
        }
        for id: ExemptionID in try ids(Exemption.aggregate.kind, state: "active", type: "sod_rule") {
            if let exemption = try load(Governed.exemption(id)).state { register.apply(exemption) }
        }
        return register
    }

    private func ids<Kind>(_ kind: String, state: String, type: String? = nil) throws -> [Identifier<Kind>] {
        var ids: [Identifier<Kind>] = []
        try sql.forEachGoverned(.governed(kind), in: tenant, GovernedFilter(state: state, type: type)) { row in
            if let id = Identifier<Kind>(bytes: row.id) { ids.append(id) }
        }
        return ids
    }
}

extension GovernedWriter {
    /// Writes one finding of a scan, unless another scan was quicker.
    func write(finding event: SodEvent) throws {
        switch event {
        case .violationDetected(let id, let rule, let subject, _):
            let known = GovernedFilter(
                state: SodViolation.Status.active.rawValue, type: subject.kind, target: subject.bytes,
                parent: rule.bytes)
            guard try tx.sql.governed(Governed.rule(rule).stream, in: tenant) != nil,
                try tx.sql.countGoverned(.governed(SodViolation.aggregate.kind), in: tenant, known) == 0
            else { return }
            let stream = Governed.violation(id)
            try write([event], to: try view.load(stream), of: stream, row: GovernedRow.init)
        case .violationResolved(let id):
            _ = try change(Governed.violation(id), "violation", row: GovernedRow.init) {
                $0.status == .active ? [event] : []
            }
        default: return
        }
    }

    /// The event that a scan was made, and as of which position of the journal.
    func note(_ scan: SodScan, of reach: DutyService.Reach, asOf position: Int64) throws {
        let stream = Stream(kind: SodScanMark.kind, id: tenant.bytes)
        let event = try tx.append(
            caller.event(
                "sod.scanned", stream,
                facts: [
                    Fact("reach", .word(reach.rawValue)), Fact("as_of", .integer(position)),
                    Fact("rules", .integer(Int64(scan.rulesScanned))),
                    Fact("subjects", .integer(Int64(scan.subjectsScanned))),
                    Fact("violating", .integer(Int64(scan.violating))), Fact("found", .integer(Int64(scan.found))),
                    Fact("resolved", .integer(Int64(scan.resolved))),
                    Fact("exempted", .integer(Int64(scan.exempted.count))),
                ]))
        guard reach != .rule else { return }
        let known = try SodScanMark(tx.sql, tenant)
        try tx.sql.put(
            GovernedRow(
                tenant: tenant, kind: SodScanMark.kind, id: tenant.bytes, state: "active", type: "sod_scan",
                version: event.streamVersion, position: max(position, known.asOf),
                dueAt: reach == .whole ? now + SodScanMark.wholeEvery : known.wholeDueAt))
    }
}

/// How far in the journal scans have looked, and when everything is to be looked through again.
struct SodScanMark {
    static let kind: StreamKind = "governed.sod_scan"
    /// What lapses by time alone, such as a role's assignment, is no event: everything is looked through once a day.
    static let wholeEvery = Duration.hours(24)

    let asOf: Int64
    let wholeDueAt: Timestamp?

    init(_ sql: any SQLConnection, _ tenant: TenantID) throws {
        let row = try sql.governed(Stream(kind: Self.kind, id: tenant.bytes), in: tenant)
        (asOf, wholeDueAt) = (row?.position ?? 0, row?.dueAt)
    }
}
