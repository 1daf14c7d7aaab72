import Governance
import Storage
import Vocabulary

extension EntitlementService {
    /// Entries that one answer holds at most, and events that are looked through for it at most; what is left is found
    /// by asking on.
    public static let auditLimit = 200
    private static let auditReach = 5_000
    /// Events whose streams are folded together.
    private static let auditSlice = 1_000

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
            for start in stride(from: 0, to: places.count, by: Self.auditSlice) {
                let slice = places[start..<min(start + Self.auditSlice, places.count)]
                for (place, entry) in try view.auditEntries(slice) where filter.admits(entry) {
                    entries.append((place.position, entry))
                    if entries.count == limit { return AuditPage(entries: entries, next: place.position) }
                }
            }
            return AuditPage(
                entries: entries, next: places.count == Self.auditReach ? places.last?.position : nil)
        }
    }

    /// One entry, by its event. Throws `not_found` for an event of something else.
    public func auditEntry(_ event: EventID, in tenant: TenantID) async throws -> EntitlementAuditEntry {
        try await store.ask(tenant, now: clock()) { view in
            guard let place = try view.sql.journalPlace(of: event, in: tenant), Self.audited.contains(place.kind),
                let entry = try view.auditEntries([place]).first?.entry
            else { throw Fault.notFound("event") }
            return entry
        }
    }

    private static var audited: [StreamKind] {
        [.governed(Entitlement.aggregate.kind), .governed(EntitlementAssignment.aggregate.kind)]
    }
}

extension GovernedView {
    /// The entries of events, in their order; a place of something else has none.
    fileprivate func auditEntries(
        _ places: some Collection<JournalPlace>
    ) throws -> [(place: JournalPlace, entry: EntitlementAuditEntry)] {
        let entitlements = try moments(places, Governed.entitlement)
        let assignments = try moments(places, Governed.assignment)
        return places.compactMap { place in
            if let moment = entitlements[place.event] {
                let entry = EntitlementAuditEntry(
                    moment.recorded, event: place.event, in: tenant, before: moment.before, after: moment.after)
                return (place, entry)
            }
            guard let moment = assignments[place.event], let after = moment.after else { return nil }
            let entry = EntitlementAuditEntry(
                moment.recorded, event: place.event, in: tenant, before: moment.before, after: after)
            return (place, entry)
        }
    }
}
