import Governance
import Identity
import Storage
import Vocabulary

/// A change by which others get entitlements, such as a role that an entitlement comes with from now on: what they get,
/// and who.
///
/// Whoever it reaches may be everybody. They are judged on a snapshot, where nobody waits for it; at the writer only
/// those are judged again whom anything concerned since.
struct DutyReach: Sendable {
    /// What comes to everybody who is reached.
    let added: @Sendable (RoleDuties) throws -> Set<EntitlementID>
    /// Everybody who is reached.
    let subjects: @Sendable (RoleDuties) throws -> Set<Subject>
    /// Roles that it comes with: none of them may break a rule by itself.
    var roles: [RoleID] = []

    /// What holders of a role get.
    static func holders(
        of role: RoleID, _ added: @escaping @Sendable (RoleDuties) throws -> Set<EntitlementID>
    ) -> DutyReach {
        DutyReach(added: added, subjects: { try $0.holders(of: [role]) }, roles: [role])
    }

    /// A judgement that stands as of a position of the journal.
    struct Judgement: Sendable {
        fileprivate let reach: DutyReach
        fileprivate let authorization: TenantAuthorization
        fileprivate let position: Int64

        /// At the writer: judges again whoever was concerned by something since.
        ///
        /// - Throws: `Moved` where that is not done at once; `sod.violation`, `sod.multiple_violations`.
        func confirm(_ view: GovernedView) throws {
            switch try DutyChange(after: position, limit: Self.eventLimit, view) {
            case .nothing: return
            case .subjects(let some) where some.count <= Self.subjectLimit:
                let duties = RoleDuties(view, authorization)
                try refusing { try reach.judge(some, duties) }
            case .subjects, .everything: throw Moved()
            }
        }

        // Together well below the 20 ms for which the writer may be held.
        private static let eventLimit = 500
        private static let subjectLimit = 5
    }

    /// Too much has happened since the judgement: it is made again.
    struct Moved: Error {}

    fileprivate func judge(
        _ view: GovernedView, _ authorization: TenantAuthorization, after earlier: Judgement?
    ) throws -> Judgement {
        let duties = RoleDuties(view, authorization)
        let position = try view.sql.journalPosition(of: view.tenant)
        switch try earlier.map({ try DutyChange(after: $0.position, limit: Self.eventLimit, view) }) ?? .everything {
        case .nothing: break
        case .subjects(let some): try judge(some, duties)
        case .everything:
            let added = try added(duties)
            try duties.require(adding: added, toRoles: roles)
            try duties.require(adding: added, to: try subjects(duties))
        }
        return Judgement(reach: self, authorization: authorization, position: position)
    }

    private static let eventLimit = 5_000

    /// Some of those who may be reached.
    private func judge(_ some: Set<Subject>, _ duties: RoleDuties) throws {
        let added = try added(duties)
        try duties.require(adding: added, to: try subjects(duties).intersection(some))
    }

    /// How often others may get in between.
    private static let rounds = 8

    /// Carries a change out, once everybody it reaches was judged.
    ///
    /// - Parameter change: calls `confirm` inside the transaction that writes; may be run several times, all but the last
    ///   in vain.
    /// - Throws: `sod.violation`, `sod.multiple_violations`; `governance.busy` where too much else happens meanwhile.
    func carryOut<Result: Sendable>(
        in tenant: TenantID, _ store: Store, _ table: AuthorizationTable, at clock: @Sendable () -> Timestamp,
        _ change: (Judgement) async throws -> Result
    ) async throws -> Result {
        var judgement: Judgement?
        for _ in 0..<Self.rounds {
            let authorization = try await table.snapshot(of: tenant)
            let earlier = judgement.flatMap { $0.authorization === authorization ? $0 : nil }
            let latest = try await store.ask(tenant, now: clock()) { try judge($0, authorization, after: earlier) }
            do { return try await change(latest) } catch is Moved { judgement = latest }
        }
        throw Fault(
            "governance.busy", .ourselves, "Too much changed while this was judged.", remedy: "Try again.",
            retryAfter: .seconds(1))
    }
}
