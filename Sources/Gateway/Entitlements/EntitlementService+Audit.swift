import Governance
import Storage
import Vocabulary

extension EntitlementService {
    /// Entries that one answer holds at most, and events that are looked through for it at most; what is left is found
    /// by asking on.
    public static let auditLimit = 200
    private static let auditReach = 5_000

    /// A page of the audit of entitlements and assignments: what was done, by whom, and what was before and after.
    public struct AuditPage: Sendable {
        /// Newest first, each with its place in the journal.
        public let entries: [(position: Int64, entry: EntitlementAuditEntry)]
        /// Before which position to ask on; nil when all was looked through.
        public let next: Int64?
    }

    /// The audit, newest first, before a position of the journal.
    public func audit(
        in tenant: TenantID, _ filter: EntitlementAuditFilter = EntitlementAuditFilter(), before position: Int64 = .max,
        limit: Int = 100
    ) async throws -> AuditPage {
        let limit = min(max(1, limit), Self.auditLimit)
        return try await store.ask(tenant, now: clock()) { view in
            let places = try view.sql.entitlementPlaces(in: tenant, before: position, limit: Self.auditReach)
            var entries: [(position: Int64, entry: EntitlementAuditEntry)] = []
            for place in places {
                guard let entry = try view.auditEntry(place), filter.admits(entry) else { continue }
                entries.append((place.position, entry))
                if entries.count == limit { return AuditPage(entries: entries, next: place.position) }
            }
            return AuditPage(
                entries: entries, next: places.count == Self.auditReach ? places.last?.position : nil)
        }
    }

    /// One entry, by its event. Throws `not_found` for an event of something else.
    public func auditEntry(_ event: EventID, in tenant: TenantID) async throws -> EntitlementAuditEntry {
        try await store.ask(tenant, now: clock()) { view in
            guard let place = try view.sql.journalPlace(of: event, in: tenant), Self.audited.contains(place.kind),
                let entry = try view.auditEntry(place)
            else { throw Fault.notFound("event") }
            return entry
        }
    }

    private static var audited: [StreamKind] {
        [.governed(Entitlement.aggregate.kind), .governed(EntitlementAssignment.aggregate.kind)]
    }
}

extension GovernedView {
    /// The entry of one event, by folding its stream up to it.
    fileprivate func auditEntry(_ place: JournalPlace) throws -> EntitlementAuditEntry? {
        if place.kind == .governed(Entitlement.aggregate.kind), let id = EntitlementID(bytes: place.stream) {
            return try around(place.version, in: Governed.entitlement(id)).map { recorded, before, after in
                EntitlementAuditEntry(recorded, event: place.event, in: tenant, before: before, after: after)
            }
        }
        guard let id = EntitlementAssignmentID(bytes: place.stream) else { return nil }
        return try around(place.version, in: Governed.assignment(id)).flatMap { recorded, before, after in
            after.map { EntitlementAuditEntry(recorded, event: place.event, in: tenant, before: before, after: $0) }
        }
    }

    /// An event of a stream and the states around it.
    private func around<State, Event>(
        _ version: Int64, in stream: GovernedStream<State, Event>
    ) throws -> (Recorded<Event>, before: State?, after: State?)? {
        var (state, found): (State?, (Recorded<Event>, before: State?, after: State?)?) = (nil, nil)
        try stream.forEach(sql, in: tenant, keys: keys) { recorded, stored in
            guard found == nil else { return }
            let before = state
            try stream.aggregate.apply(&state, recorded)
            if stored.version == version { found = (recorded, before, state) }
        }
        return found
    }
}
