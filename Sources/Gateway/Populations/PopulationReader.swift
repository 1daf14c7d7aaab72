import Governance
import Identity
import Storage
import Vocabulary

/// What roles and groups are called now.
struct PopulationNames: Sendable {
    private let names: [String: String]

    init(_ authorization: TenantAuthorization) {
        let roles = authorization.roles.values.map { ($0.id.description, $0.name) }
        let groups = authorization.groups.values.map { ($0.id.description, $0.name) }
        names = Dictionary(roles + groups, uniquingKeysWith: { first, _ in first })
    }

    subscript(id: String?) -> String? { id.flatMap { names[$0] } }
}

/// Makes rows of events, on one snapshot of the database: whom they are about, what they are called, and what each
/// followed from.
struct PopulationReader {
    let view: GovernedView
    let names: PopulationNames
    private var logins: [String: String?] = [:]
    private var entitlements: [EntitlementID: String?] = [:]

    init(view: GovernedView, names: PopulationNames) {
        self.view = view
        self.names = names
    }

    /// The rows of one event, in order.
    mutating func rows(_ event: JournalEntry) throws -> [PopulationRow] {
        let entry = AuditEntry(event)
        var rows = try changes(entry, event)
        for place in rows.indices {
            rows[place].login = try login(rows[place].subjectKind, rows[place].subjectID)
            rows[place].text = rows[place].text ?? Self.text(event)
            try explain(&rows[place], event.envelope)
        }
        return rows
    }

    // MARK: What changed for whom

    private mutating func changes(_ entry: AuditEntry, _ event: JournalEntry) throws -> [PopulationRow] {
        switch entry.type {
        case "person.created": return [account(entry, "joined", why: entry.facts["managed_by"]?.string)]
        case "person.restored", "person.enabled": return [account(entry, "returned")]
        case "person.disabled": return [account(entry, "left", why: entry.facts["reason"]?.string)]
        case "person.deleted": return [account(entry, "deleted", why: entry.facts["reason"]?.string)]
        case "person.erased": return [account(entry, "erased")]
        case "role.assigned", "role.revoked": return try role(entry)
        case "group.member_added", "group.member_removed":
            let change = entry.type == "group.member_added" ? "granted" : "removed"
            guard let person = entry.id(of: "person") else { return [] }
            return [row(entry, 0, change, ("person", person), ("group", entry.streamID))]
        case "group.members_changed": return members(entry)
        case "person.groups_refreshed": return refreshed(entry)
        default: return try assignment(entry, event)
        }
    }

    private func account(_ entry: AuditEntry, _ change: String, why: String? = nil) -> PopulationRow {
        var made = row(entry, 0, change, ("person", entry.streamID), ("account", nil))
        made.why = why
        return made
    }

    private func role(_ entry: AuditEntry) throws -> [PopulationRow] {
        var subject = entry.facts["subject"].flatMap { fact in
            fact["id"]?.string.map { (fact["kind"]?.string ?? "person", $0) }
        }
        if subject == nil, let id = AssignmentID(entry.streamID) {
            subject = try view.sql.holder(ofRoleAssignment: id, in: view.tenant).map { ($0.kind, $0.id) }
        }
        let change = entry.type == "role.assigned" ? "granted" : "removed"
        var made = row(entry, 0, change, subject ?? ("person", ""), ("role", entry.id(of: "role")))
        made.whatName = names[entry.id(of: "role")]
        return [made]
    }

    /// People and groups that a directory job put into a group or took out, in the order of the event.
    private func members(_ entry: AuditEntry) -> [PopulationRow] {
        var rows: [PopulationRow] = []
        for (fact, change, kind) in [
            ("gained", "granted", "person"), ("lost", "removed", "person"), ("groups_gained", "granted", "group"),
            ("groups_lost", "removed", "group"),
        ] {
            for member in entry.facts[fact]?.list ?? [] {
                guard let id = member["id"]?.string else { continue }
                rows.append(row(entry, rows.count, change, (kind, id), ("group", entry.streamID)))
            }
        }
        return rows
    }

    private func refreshed(_ entry: AuditEntry) -> [PopulationRow] {
        var rows: [PopulationRow] = []
        for (fact, change) in [("gained", "granted"), ("lost", "removed")] {
            for group in entry.facts[fact]?.list ?? [] {
                guard let id = group["id"]?.string else { continue }
                rows.append(row(entry, rows.count, change, ("person", entry.streamID), ("group", id)))
            }
        }
        return rows
    }

    private mutating func assignment(_ entry: AuditEntry, _ event: JournalEntry) throws -> [PopulationRow] {
        guard let id = EntitlementAssignmentID(bytes: event.envelope.stream.id),
            let state = try view.load(Governed.assignment(id)).state
        else { return [] }
        let waits = entry.facts["status"]?.string == AssignmentStatus.pendingApproval.rawValue
        let change =
            switch entry.type {
            case "assignment.assigned": waits ? "requested" : "granted"
            case "assignment.activated": "granted"
            case "assignment.expired": "expired"
            default: "removed"
            }
        var made = row(
            entry, 0, change, (state.subject.kind, state.subject.id), ("entitlement", state.entitlement.description))
        made.whatName = try name(of: state.entitlement)
        made.why = state.source.rawValue
        if entry.type == "assignment.activated" {
            (made.cause, made.causedAt) = ("assignment.assigned entitlement_assignment:\(id)", state.assignedAt)
        }
        return [made]
    }

    private func row(
        _ entry: AuditEntry, _ ordinal: Int, _ change: String, _ subject: (kind: String, id: String),
        _ what: (kind: String, id: String?)
    ) -> PopulationRow {
        PopulationRow(
            position: entry.position, ordinal: ordinal, at: entry.at, change: change, subjectKind: subject.kind,
            subjectID: subject.id, what: what.kind, whatID: what.id, whatName: names[what.id], actor: entry.actor)
    }

    // MARK: Names and reasons

    /// Whoever has the id now; nil when they are gone.
    mutating func login(_ kind: String, _ id: String) throws -> String? {
        if let known = logins["\(kind):\(id)"] { return known }
        var found: String?
        if kind == "person", let person = PersonID(id) { found = try view.sql.person(person, in: view.tenant)?.login }
        if kind == "service_account", let account = ServiceAccountID(id) {
            found = try view.sql.serviceAccount(account, in: view.tenant)?.name
        }
        if kind == "group" { found = names[id] }
        logins["\(kind):\(id)"] = .some(found)
        return found
    }

    mutating func name(of entitlement: EntitlementID) throws -> String? {
        if let known = entitlements[entitlement] { return known }
        let found = try view.load(Governed.entitlement(entitlement)).state?.details.name
        entitlements[entitlement] = .some(found)
        return found
    }

    /// What somebody wrote down as their reason; gone when that person is erased.
    private static func text(_ event: JournalEntry) -> String? {
        let wanted = event.sections.first { $0.name == "justification" || $0.name == "reason" }
        guard let bytes = wanted?.plaintext else { return nil }
        return (try? JSONColumn.decode(AttributeValue.self, String(decoding: bytes, as: UTF8.self)))?.string
    }

    /// What an event followed from, and since when a leaver was known to be one.
    private func explain(_ row: inout PopulationRow, _ envelope: EventEnvelope) throws {
        guard row.cause == nil, let id = envelope.causation,
            let place = try view.sql.journalPlace(of: id, in: view.tenant)
        else { return }
        row.cause =
            "\(place.type) \(place.kind.rawValue):\(Identifier<IDKind.Event>(bytes: place.stream)?.description ?? "")"
        row.causedAt = try view.sql.time(of: place)
        guard row.change == "left", let run = SyncRunID(bytes: place.stream) else { return }
        row.lastSeenAt = try view.sql.runBefore(run, in: view.tenant)
    }
}
