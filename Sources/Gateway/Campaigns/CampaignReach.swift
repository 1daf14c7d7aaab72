import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Finds what a campaign asks about: every access within its scope, each way to it a line of its own.
struct CampaignReach {
    /// One access before a reviewer is chosen.
    struct Access: Sendable, Hashable {
        let item: CampaignLine.Item
        let holder: Subject
    }

    private let view: GovernedView
    private let authorization: TenantAuthorization

    init(_ view: GovernedView, _ authorization: TenantAuthorization) {
        (self.view, self.authorization) = (view, authorization)
    }

    /// Everything in the scope. Throws `governance.invalid` for more than a campaign may have, and
    /// `governance.not_found` for a scope that is not there.
    func all(in scope: Campaign.Scope) throws -> [Access] {
        switch scope {
        case .application(let id):
            guard try view.sql.governed(Governed.application(id).stream, in: view.tenant) != nil else {
                throw GovernanceError.notFound(resource: "application", id: id.description)
            }
            return try bounded(of(try entitlements { $0.parent == id.bytes }))
        case .risk(let level):
            return try bounded(of(try entitlements { RiskLevel(rawValue: $0.type).map { $0 >= level } ?? false }))
        case .role(let id):
            guard authorization.roles[id] != nil else {
                throw GovernanceError.notFound(resource: "role", id: id.description)
            }
            return try bounded(roles([id]))
        case .manager(let id):
            try view.sql.require(.person(id), in: view.tenant)
            return try bounded(of(Set(view.sql.reports(to: id, in: view.tenant).map(Subject.person))))
        }
    }

    private func bounded(_ found: [Access]) throws -> [Access] {
        guard found.count <= Campaign.Limits.lines else {
            throw GovernanceError.invalid(field: "scope", reason: "has more than \(Campaign.Limits.lines) lines")
        }
        guard !found.isEmpty else { throw GovernanceError.invalid(field: "scope", reason: "has nothing to review") }
        return found
    }

    // MARK: By what is held

    private func entitlements(_ isMeant: (GovernedRow) -> Bool) throws -> Set<EntitlementID> {
        var found: Set<EntitlementID> = []
        try view.sql.forEachGoverned(.governed(Entitlement.aggregate.kind), in: view.tenant) { row in
            if isMeant(row), let id = EntitlementID(bytes: row.id) { found.insert(id) }
        }
        return found
    }

    private func of(_ entitlements: Set<EntitlementID>) throws -> [Access] {
        var found: [Access] = []
        for id in entitlements.sorted() {
            found += try view.holdings { $0.parent = id.bytes }.compactMap(access)
        }
        let bound = try view.entitlements(of: authorization.roles.keys)
            .filter { !$0.value.isDisjoint(with: entitlements) }
        let carriers = authorization.roles.keys.filter { role in
            authorization.rules.closure(of: [role]).contains { bound[$0] != nil }
        }
        return found + (try roles(Set(carriers)))
    }

    private func access(_ holding: Holding) -> Access? {
        guard holding.isInForce(at: view.now) else { return nil }
        return Access(
            item: .entitlement(holding.assignment, holding.entitlement, holding.source), holder: holding.subject)
    }

    private func roles(_ roles: Set<RoleID>, of holders: Set<Subject>? = nil) throws -> [Access] {
        var found: [Access] = []
        for role in roles.sorted() {
            for given in try view.sql.assignments(in: view.tenant, role: role)
            where given.expiresAt.map({ view.now < $0 }) ?? true && holders?.contains(given.subject) ?? true {
                found.append(Access(item: .role(given.id, role), holder: given.subject))
            }
        }
        var mapped: Set<Access> = []
        for mapping in authorization.mappings.mappings where roles.contains(mapping.role) {
            for person in try SyncService.mappedHolders(mapping, in: view.tenant, view.sql) {
                guard holders?.contains(.person(person)) ?? true else { continue }
                mapped.insert(Access(item: .mappedRole(mapping.role), holder: .person(person)))
            }
        }
        return found + mapped
    }

    // MARK: By who holds it

    private func of(_ holders: Set<Subject>) throws -> [Access] {
        let own = try holders.sorted { $0.id < $1.id }.flatMap { try view.holdings(of: $0).compactMap(access) }
        return own + (try roles(Set(authorization.roles.keys), of: holders))
    }
}
