import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Judges what a directory brings at a login, groups and attributes, by the entitlements it leads to.
struct GroupDuties: Sendable {
    let authorization: TenantAuthorization

    /// Which of these groups lead to what a rule of separation of duties keeps from the person: they are left for an
    /// administrator to see to, so that a login cannot do what a directory job may not.
    ///
    /// - Parameter lost: groups that the person leaves at the same time.
    func heldBack(
        _ gained: [GroupID], of person: PersonID, losing lost: [GroupID], through provider: ProviderID,
        _ view: GovernedView
    ) throws -> [GroupID] {
        let led = try entitlements(ledToBy: gained, through: provider, view)
        let added = led.values.reduce(into: Set<EntitlementID>()) { $0.formUnion($1) }
        guard !added.isEmpty else { return [] }
        let subject = Subject.person(person)
        let leaving = try entitlements(ledToBy: lost, through: provider, view).values
            .reduce(into: Set<EntitlementID>()) { $0.formUnion($1) }
        let kept = try RoleDuties(view, authorization).held(by: subject).subtracting(leaving)
        let duties = try view.duties(naming: added, for: [subject])
        let found = duties.validatePreventive(adding: added, to: kept, for: subject, at: view.now).violations
        let wrong = Set(found.flatMap(\.conflictingEntitlements))
        return gained.filter { !(led[$0] ?? []).isDisjoint(with: wrong) }
    }

    /// Whether attributes give somebody a role that a rule of separation of duties keeps from them. No attribute is left
    /// out to prevent it: what it says may be why something else was taken away. So nobody signs in with it, until an
    /// administrator has seen to it or an exemption allows it. What was broken before stands in nobody's way.
    ///
    /// - Parameters:
    ///   - former: the person as they are stored; nil for somebody new.
    ///   - linked: the account of somebody new.
    func bar(
        _ person: Person, was former: Person?, linked: LinkedIdentity? = nil, _ view: GovernedView
    ) throws -> Bool {
        func held(_ roles: Set<RoleID>) throws -> Set<EntitlementID> {
            try view.catalog(of: .person(person.id), roles: roles).effective(.person(person.id), roles, view.now)
        }
        let before = try former.map { try HeldRoles.of($0, authorization, view.sql, now: view.now) } ?? []
        let after = try HeldRoles.of(person, linked: linked, authorization, view.sql, now: view.now)
        guard !after.isSubset(of: before) else { return false }
        let all = try held(after)
        let added = all.subtracting(try held(before))
        guard !added.isEmpty else { return false }
        return try !view.duties(naming: added, for: [.person(person.id)]).validatePreventive(
            adding: added, to: all.subtracting(added), for: .person(person.id), at: view.now
        ).isValid
    }

    /// What being in each of these groups gives, by the groups around it, the mappings of the provider and the roles'
    /// inheritance.
    private func entitlements(
        ledToBy groups: [GroupID], through provider: ProviderID, _ view: GovernedView
    ) throws -> [GroupID: Set<EntitlementID>] {
        var led: [GroupID: Set<EntitlementID>] = [:]
        for group in groups {
            let around = authorization.containers[group] ?? [group]
            // A group that this very login made is in no snapshot yet.
            let keys = try around.compactMap { id in
                try authorization.groups[id]?.upstream ?? view.sql.group(id, in: view.tenant)?.upstream
            }.filter { $0.provider == provider }
            let roles = authorization.mappings.roles(provider: provider, groups: keys.map(\.key), attributes: [:])
            let closure = authorization.rules.closure(of: roles.map(\.role))
            led[group] = try view.entitlements(of: closure).values.reduce(into: []) { $0.formUnion($1) }
        }
        return led
    }
}
