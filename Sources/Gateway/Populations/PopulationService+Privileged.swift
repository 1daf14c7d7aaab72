import Authorization
import Governance
import Identity
import Storage
import Vocabulary

extension PopulationService {
    /// Privileged access that held at some time between the bounds: roles that are protected or ask for two factors, by
    /// assignment and by group, and entitlements of high or critical risk. Small beside everything else, so it is put
    /// together whole and given out in parts, in the order in which it began.
    func privileged(_ begin: PopulationPlace, in tenant: TenantID, limit: Int) async throws -> PopulationPage {
        let authorization = try await table.snapshot(of: tenant)
        let rows = try await store.read { [keys = store.keys, now = clock()] sql in
            var reading = PrivilegedReading(
                reader: PopulationReader(
                    view: GovernedView(sql: sql, tenant: tenant, keys: keys, now: now),
                    names: PopulationNames(authorization)),
                roles: Self.privilegedRoles(authorization), first: begin.first, last: begin.last)
            try reading.assignments()
            try reading.memberships(authorization)
            try reading.entitlements()
            return reading.rows
        }
        let ordered = rows.sorted {
            ($0.position, $0.subjectID, $0.whatID ?? "") < ($1.position, $1.subjectID, $1.whatID ?? "")
        }
        // Several may begin with one event, so that a place in this list is a number.
        let numbered = ordered.enumerated().map { $1.numbered($0) }
        let rest = begin.ordinal == .max ? numbered : numbered.filter { $0.ordinal > begin.ordinal }
        return Self.part(Array(rest.prefix(limit + 1)), limit, begin)
    }

    /// Roles that much hangs on, and those that inherit from one.
    static func privilegedRoles(_ authorization: TenantAuthorization) -> Set<RoleID> {
        let own = Set(authorization.roles.values.filter(\.isPrivileged).map(\.id))
            .union(authorization.multiFactorRoles)
        return Set(
            authorization.roles.keys.filter {
                !own.isDisjoint(with: authorization.index.roles.effectiveRoles([$0]))
            })
    }
}

extension PopulationRow {
    fileprivate func numbered(_ ordinal: Int) -> PopulationRow {
        var copy = PopulationRow(
            position: position, ordinal: ordinal, at: at, change: change, subjectKind: subjectKind,
            subjectID: subjectID, what: what, whatID: whatID, actor: actor)
        (copy.login, copy.whatName, copy.why, copy.text) = (login, whatName, why, text)
        (copy.cause, copy.causedAt, copy.endedAt, copy.expiresAt) = (cause, causedAt, endedAt, expiresAt)
        return copy
    }
}

/// Collects privileged access on one snapshot.
private struct PrivilegedReading {
    var reader: PopulationReader
    let roles: Set<RoleID>
    let first: Int64
    let last: Int64
    var rows: [PopulationRow] = []

    private var sql: any SQLConnection { reader.view.sql }
    private var tenant: TenantID { reader.view.tenant }

    init(reader: PopulationReader, roles: Set<RoleID>, first: Int64, last: Int64) {
        (self.reader, self.roles, self.first, self.last) = (reader, roles, first, last)
    }

    mutating func assignments() throws {
        for span in try sql.assignmentSpans(in: tenant, from: first, to: last) where roles.contains(span.role) {
            let name = reader.names[span.role.description]
            let row = try row(
                span.validFrom, span.validTo, (span.subject.kind, span.subject.id), ("role", span.role.description),
                name: name, why: "assigned")
            guard var row, span.expiresAt.map({ $0 > row.at }) ?? true else { continue }
            row.expiresAt = span.expiresAt
            // It ended by itself before the list begins.
            if let end = span.expiresAt, let start = try time(first), end <= start { continue }
            rows.append(row)
        }
    }

    /// Membership in groups that a mapping turns into such a role, directly or through a group they lie in.
    mutating func memberships(_ authorization: TenantAuthorization) throws {
        let leading = authorization.privilegedGroups(roles)
        guard !leading.isEmpty else { return }
        for span in try sql.membershipSpans(in: tenant, of: Set(leading.keys), from: first, to: last) {
            guard let role = leading[span.group] else { continue }
            let made = try row(
                span.validFrom, span.validTo, ("person", span.person.description), ("role", role.description),
                name: reader.names[role.description], why: "group:\(span.group)")
            if let made { rows.append(made) }
        }
    }

    mutating func entitlements() throws {
        let kind = Governed.entitlement(EntitlementID(high: 0, low: 0)).stream.kind
        var risky: [EntitlementID] = []
        try sql.forEachGoverned(kind, in: tenant, GovernedFilter()) { row in
            if let id = EntitlementID(bytes: row.id) { risky.append(id) }
        }
        for id in risky {
            guard let state = try reader.view.load(Governed.entitlement(id)).state,
                [.high, .critical].contains(state.details.riskLevel)
            else { continue }
            try holders(of: id, named: state.details.name)
        }
    }

    private mutating func holders(of entitlement: EntitlementID, named name: String) throws {
        let kind = Governed.assignment(EntitlementAssignmentID(high: 0, low: 0)).stream.kind
        var ids: [EntitlementAssignmentID] = []
        try sql.forEachGoverned(kind, in: tenant, GovernedFilter(parent: entitlement.bytes)) { row in
            if let id = EntitlementAssignmentID(bytes: row.id) { ids.append(id) }
        }
        let start = try time(first)
        for id in ids {
            guard let state = try reader.view.load(Governed.assignment(id)).state, state.status != .pendingApproval,
                let began = try sql.beginning(of: Governed.assignment(id).stream, in: tenant), began <= last
            else { continue }
            if let start, let end = state.endedAt, end <= start { continue }
            var made = try row(
                began, nil, (state.subject.kind, state.subject.id), ("entitlement", entitlement.description),
                name: name, why: state.source.rawValue)
            made?.endedAt = state.endedAt
            made?.expiresAt = state.expiresAt
            if let made { rows.append(made) }
        }
    }

    /// Nil where the event that it began with is not in the journal.
    private mutating func row(
        _ from: Int64, _ to: Int64?, _ subject: (kind: String, id: String), _ what: (kind: String, id: String),
        name: String?, why: String
    ) throws -> PopulationRow? {
        guard let began = try sql.envelope(at: from, in: tenant) else { return nil }
        var made = PopulationRow(
            position: from, ordinal: 0, at: began.at, change: "held", subjectKind: subject.kind, subjectID: subject.id,
            what: what.kind, whatID: what.id, actor: began.actor.description)
        made.login = try reader.login(subject.kind, subject.id)
        (made.whatName, made.why) = (name, why)
        made.endedAt = try to.flatMap { try time($0) }
        return made
    }

    private func time(_ position: Int64) throws -> Timestamp? { try sql.envelope(at: position, in: tenant)?.at }
}

extension TenantAuthorization {
    /// Groups whose members a mapping gives one of these roles, each with the first such role.
    fileprivate func privilegedGroups(_ roles: Set<RoleID>) -> [GroupID: RoleID] {
        var mapped: [GroupID: RoleID] = [:]
        for mapping in mappings.mappings where roles.contains(mapping.role) {
            guard case .group(let key) = mapping.match else { continue }
            for group in groups.values where group.upstream?.provider == mapping.provider && group.upstream?.key == key
            {
                mapped[group.id] = mapping.role
            }
        }
        return containers.reduce(into: mapped) { found, entry in
            if found[entry.key] == nil, let role = entry.value.lazy.compactMap({ mapped[$0] }).first {
                found[entry.key] = role
            }
        }
    }
}
