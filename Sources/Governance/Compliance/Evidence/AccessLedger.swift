import Vocabulary

/// Which roles are privileged and who holds them, who owns entitlements, and every change of access: the fold of
/// `role.`, `mapping.`, `entitlement.` and `assignment.`.
struct AccessLedger: Sendable {
    struct Grant: Sendable {
        let role: RoleID
        let subject: Subject
        let place: EvidencePlace
        let expiresAt: Timestamp?
        let isOwnDoing: Bool
    }

    private(set) var privileged: Set<RoleID> = []
    private(set) var grants: [AssignmentID: Grant] = [:]
    /// Where each entitlement was made or last changed, and whether it has an owner.
    private(set) var entitlements: [EntitlementID: (position: Int64, hasOwner: Bool)] = [:]
    private var changes = AttributedChanges()

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "configuration.applied":
            // Each start says which roles are privileged, all of them; a role's own events follow in between.
            if event.facts.contains(where: { $0.name == "privileged_roles" }) {
                privileged = Set(event.ids("privileged_roles"))
            }
            return
        case "role.created", "role.changed": settle(event)
        case "role.deleted": if let id = RoleID(bytes: event.stream) { forget(id) }
        case "role.assigned": grant(event)
        case "role.revoked": if let id = AssignmentID(bytes: event.stream) { grants[id] = nil }
        case "entitlement.created", "entitlement.updated": own(event)
        case "entitlement.deleted": if let id = EntitlementID(bytes: event.stream) { entitlements[id] = nil }
        default: break
        }
        changes.add(event.place, isNamed: event.actor != .anonymous)
    }

    private mutating func settle(_ event: EvidenceEvent) {
        guard let id = RoleID(bytes: event.stream), let isPrivileged = event.bool("privileged") else { return }
        if isPrivileged { privileged.insert(id) } else { privileged.remove(id) }
    }

    private mutating func forget(_ role: RoleID) {
        privileged.remove(role)
        grants = grants.filter { $0.value.role != role }
    }

    private mutating func grant(_ event: EvidenceEvent) {
        guard let id = AssignmentID(bytes: event.stream), let role: RoleID = event.id("role"),
            let subject = event.subject("subject")
        else { return }
        grants[id] = Grant(
            role: role, subject: subject, place: event.place, expiresAt: event.time("expires_at"),
            isOwnDoing: event.subject == subject)
    }

    private mutating func own(_ event: EvidenceEvent) {
        guard let id = EntitlementID(bytes: event.stream) else { return }
        let owner: PersonID? = event.id("owner")
        entitlements[id] = (event.position, owner != nil)
    }
}

extension AccessLedger {
    /// Privileged grants that hold at a moment.
    private func privilegedGrants(at moment: Timestamp) -> [Grant] {
        grants.values.filter { privileged.contains($0.role) && ($0.expiresAt.map { moment < $0 } ?? true) }
    }

    /// Active people with a privileged role: given by hand, or brought by their newest sign-in.
    private func privilegedPeople(_ people: PeopleLedger, at moment: Timestamp) -> [(id: PersonID, position: Int64)] {
        var found: [PersonID: Int64] = [:]
        for grant in privilegedGrants(at: moment) {
            guard case .person(let id) = grant.subject, people.people[id]?.isActive == true else { continue }
            found[id] = max(found[id] ?? 0, grant.place.position)
        }
        for (id, person) in people.active {
            guard let login = person.newestLogin, !privileged.isDisjoint(with: login.roles) else { continue }
            found[id] = max(found[id] ?? 0, login.place.position)
        }
        return found.map { (id: $0.key, position: $0.value) }
    }

    func privilegedMFA(_ asked: EvidenceRequirement, _ people: PeopleLedger, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let holders = privilegedPeople(people, at: moment)
        let weak = holders.filter { holder in
            guard let person = people.people[holder.id] else { return true }
            return !person.hasSecondFactor && !(person.newestLogin?.hasTwoFactors ?? false)
        }
        let strong = holders.count - weak.count
        let percent = holders.isEmpty ? 0 : strong * 100 / holders.count
        draft.count("privileged_people", holders.count)
        draft.count("with_second_factor", strong)
        draft.count("percent", percent)
        for holder in holders { draft.rest(on: holder.position) }
        draft.show("person", weak)
        guard !privileged.isEmpty else { return draft.absent("No role is recorded as privileged.") }
        guard !holders.isEmpty else { return draft.absent("Nobody is known to hold a privileged role.") }
        let found =
            "\(strong) of \(holders.count.of("person", "people")) with a privileged role"
            + " \(strong == 1 ? "has" : "have") a second factor"
        return percent >= asked[.percent]
            ? draft.met(found + ".") : draft.unmet(found + "; \(asked[.percent]) % are asked for.")
    }

    func privilegedAccess(_ asked: EvidenceRequirement, _ people: PeopleLedger, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let holders = privilegedPeople(people, at: moment)
        let standing = privilegedGrants(at: moment)
        let own = standing.filter(\.isOwnDoing)
        draft.count("privileged_roles", privileged.count)
        draft.count("privileged_people", holders.count)
        draft.count("grants", standing.count)
        draft.count("granted_to_oneself", own.count)
        draft.rest(on: standing.map(\.place))
        let wrong = own.compactMap { grant -> (id: PersonID, position: Int64)? in
            guard case .person(let id) = grant.subject else { return nil }
            return (id: id, position: grant.place.position)
        }
        draft.show("person", own.isEmpty ? holders : wrong)
        guard !privileged.isEmpty else { return draft.absent("No role is recorded as privileged.") }
        guard own.isEmpty else {
            return draft.unmet(
                "\(own.count.of("privileged role was", "privileged roles were")) given by its own holder.")
        }
        return draft.met(
            "\(privileged.count.of("privileged role", "privileged roles")), held by"
                + " \(holders.count.of("person", "people")); none was given by its own holder.")
    }

    func accessChanges(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        changes.evidence(
            asked, at: moment, none: "Access was not changed", missing: "no author",
            named: " of access, each with its author")
    }

    func owners(_ asked: EvidenceRequirement) -> Evidence {
        var draft = EvidenceDraft(asked)
        let orphans = entitlements.filter { !$0.value.hasOwner }
        draft.count("entitlements", entitlements.count)
        draft.count("without_owner", orphans.count)
        for entry in entitlements.values { draft.rest(on: entry.position) }
        draft.show("entitlement", orphans.map { (id: $0.key, position: $0.value.position) })
        guard !entitlements.isEmpty else { return draft.absent("There are no entitlements.") }
        guard orphans.isEmpty else {
            return draft.unmet(
                "\(orphans.count) of \(entitlements.count.of("entitlement has", "entitlements have")) no owner.")
        }
        return draft.met("Each of \(entitlements.count.of("entitlement", "entitlements")) has an owner.")
    }
}
