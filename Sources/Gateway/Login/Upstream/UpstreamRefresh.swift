import Identity
import Storage
import Vocabulary

/// What a verified upstream identity came to.
enum UpstreamOutcome: Sendable {
    case person(PersonID, groupsAdded: Bool)
    case refused(LinkRefusal)
    /// Attributes give a role that separation of duties keeps from the person: nothing was stored.
    case barred
}

/// A person whom a directory described exactly as they are stored.
struct UnchangedPerson: Sendable {
    let id: PersonID
    let identity: IdentityID
}

/// Brings what a directory said at a login into the store: the person linked or made, attributes and memberships as
/// they are upstream now. One transaction, every change with its event.
struct UpstreamRefresh: Sendable {
    let identity: ExternalIdentity
    let createsPeople: Bool
    /// For each known group, itself and every group it lies in.
    let containers: [GroupID: [GroupID]]
    /// Judges the groups and attributes a person gains; nil judges none.
    var duties: GroupDuties?
    /// Whether what a provider says of mail addresses of this domain can be relied on.
    var vouches: @Sendable (ProviderID, _ mail: String) -> Bool = { _, _ in false }
    let caller: Caller

    func apply(_ tx: Transaction) throws -> UpstreamOutcome {
        switch LinkDecision.decide(identity, facts: try facts(tx.sql)) {
        case .refused(let refusal): return .refused(refusal)
        case .known(let person, let link):
            guard try refresh(person, tx) else { return .barred }
            try tx.sql.noteSeen(link, login: identity.login, at: tx.now)
            return .person(person, groupsAdded: try refreshGroups(of: person, tx))
        case .link(let person):
            try link(person, tx)
            guard try refresh(person, tx) else { return .barred }
            return .person(person, groupsAdded: try refreshGroups(of: person, tx))
        case .create:
            guard let person = try create(tx) else { return .barred }
            return .person(person, groupsAdded: try refreshGroups(of: person, tx))
        }
    }

    /// The person, where everything that the directory said is stored already; nil where `apply` has to see to it. So it
    /// is at most logins, and reading that is cheaper than a turn at the writer.
    func unchanged(_ sql: any SQLConnection) throws -> UnchangedPerson? {
        guard case .known(let id, let link) = LinkDecision.decide(identity, facts: try facts(sql)),
            try !sql.isWithheld(link), let person = try sql.person(id, in: caller.tenant),
            try refreshed(person, sql) == person
        else { return nil }
        var wanted: Set<GroupID> = []
        for group in identity.groups where UpstreamSubject.isValid(key: group.key) {
            guard let known = try sql.groupID(upstream: group.key, of: identity.provider) else { return nil }
            wanted.insert(known)
        }
        let change = try change(of: id, to: wanted, sql)
        return change.lost.isEmpty && change.gained.isEmpty ? UnchangedPerson(id: id, identity: link) : nil
    }

    private func facts(_ sql: any SQLConnection) throws -> LinkFacts {
        LinkFacts(
            tenant: caller.tenant, linked: try sql.identity(identity.subject),
            loginHolder: try sql.person(login: identity.login, in: caller.tenant)?.id,
            mailHolder: try identity.mail.flatMap { try sql.people(mail: $0, in: caller.tenant).first?.id },
            createsPeople: createsPeople, vouchedHolder: try vouchedHolder(sql))
    }

    /// Somebody else may have written the address there to wait for its owner (pre-hijacking): every account of the
    /// holder has to be a directory's, or of a provider that owns the domain as well.
    private func vouchedHolder(_ sql: any SQLConnection) throws -> PersonID? {
        guard identity.isMailVouchedFor, let mail = identity.mail,
            let holder = try sql.onlyPerson(mail: mail, in: caller.tenant)
        else { return nil }
        let others = try sql.identities(of: holder).filter { $0.subject.provider != identity.provider }
        return others.allSatisfy { vouches($0.subject.provider, mail) } ? holder : nil
    }

    // MARK: The person

    private func link(_ person: PersonID, _ tx: Transaction) throws {
        let link = LinkedIdentity(
            id: IdentityID.random(at: tx.now), tenant: caller.tenant, person: person, subject: identity.subject,
            login: identity.login, linkedAt: tx.now, lastSeenAt: tx.now)
        try tx.sql.insert(link)
        try appendLinked(link, to: person, tx)
    }

    private func appendLinked(_ link: LinkedIdentity, to person: PersonID, _ tx: Transaction) throws {
        try tx.append(
            caller.event(
                "identity.linked", Stream("person", person),
                facts: [
                    Fact("identity", .id(link.id, "identity")), Fact("provider", .id(identity.provider, "provider")),
                ]))
    }

    /// Nil, and nobody is made, where separation of duties is against it.
    private func create(_ tx: Transaction) throws -> PersonID? {
        let person = Person(
            id: PersonID.random(at: tx.now), tenant: caller.tenant, login: identity.login,
            displayName: identity.displayName, givenName: identity.givenName, familyName: identity.familyName,
            mail: identity.mail, attributes: identity.attributes, managedBy: .sync, createdAt: tx.now)
        let link = LinkedIdentity(
            id: IdentityID.random(at: tx.now), tenant: caller.tenant, person: person.id, subject: identity.subject,
            login: identity.login, linkedAt: tx.now, lastSeenAt: tx.now)
        guard try !isBarred(person, was: nil, linked: link, tx) else { return nil }
        try PeopleService.insert(person, by: caller, tx)
        try tx.sql.insert(link)
        try appendLinked(link, to: person.id, tx)
        return person.id
    }

    private func isBarred(
        _ person: Person, was former: Person?, linked: LinkedIdentity? = nil, _ tx: Transaction
    ) throws -> Bool {
        try duties?.bar(person, was: former, linked: linked, GovernedWriter(tx: tx, caller: caller).view) ?? false
    }

    /// False, and nothing is changed, where separation of duties is against it.
    private func refresh(_ id: PersonID, _ tx: Transaction) throws -> Bool {
        guard let known = try tx.sql.person(id, in: caller.tenant) else { throw Fault.notFound("person") }
        var person = try refreshed(known, tx.sql)
        guard person != known else { return true }
        guard try !isBarred(person, was: known, tx) else { return false }
        person.updatedAt = tx.now
        let event = try tx.append(
            caller.event(
                "person.refreshed", Stream("person", id),
                facts: [Fact("provider", .id(identity.provider, "provider"))],
                sections: [try PeopleService.profile(of: person)]))
        guard try tx.sql.update(person, expecting: known.version, at: event.position) else {
            throw Fault.stale("person")
        }
        return true
    }

    /// The person with everything that directories own as this one says it is.
    private func refreshed(_ known: Person, _ sql: any SQLConnection) throws -> Person {
        guard try speaks(of: known, sql) else { return known }
        var person = known
        let owners = known.owners(describedBy: identity.described)
        func take(_ attribute: PersonAttribute, _ path: WritableKeyPath<Person, String?>, _ value: String?) {
            if owners.owner(of: attribute.rawValue) == .sync { person[keyPath: path] = value }
        }
        take(.displayName, \.displayName, identity.displayName)
        take(.givenName, \.givenName, identity.givenName)
        take(.familyName, \.familyName, identity.familyName)
        take(.mail, \.mail, identity.mail)
        if owners.owner(of: PersonAttribute.login.rawValue) == .sync, NameKey.isValid(login: identity.login),
            try person.login == identity.login
                || (sql.person(login: identity.login, in: caller.tenant).map({ $0.id == known.id }) ?? true)
        {
            person.login = identity.login
        }
        for (name, value) in identity.attributes where owners.owner(of: "attributes.\(name)") == .sync {
            person.attributes[name] = value
        }
        return person
    }

    /// Whether the person came to be here through this provider, where it speaks of those alone.
    private func speaks(of person: Person, _ sql: any SQLConnection) throws -> Bool {
        guard identity.describesOwnPeopleOnly else { return true }
        let first = try sql.identities(of: person.id).min { ($0.linkedAt, $0.id) < ($1.linkedAt, $1.id) }
        return first?.subject.provider == identity.provider
    }

    // MARK: Groups

    /// Opens and closes memberships until the person is in exactly the groups the directory named, counting those
    /// reached through nesting; a membership that nesting already gives is not doubled. Answers whether a group was
    /// made.
    private func refreshGroups(of person: PersonID, _ tx: Transaction) throws -> Bool {
        var made: [Group] = []
        var wanted: Set<GroupID> = []
        for group in identity.groups where UpstreamSubject.isValid(key: group.key) {
            if let known = try tx.sql.groupID(upstream: group.key, of: identity.provider) {
                wanted.insert(known)
            } else {
                let fresh = try make(group, tx)
                made.append(fresh)
                wanted.insert(fresh.id)
            }
        }
        var (lost, gained) = try change(of: person, to: wanted, tx.sql)
        let held = try duties?.heldBack(
            gained, of: person, losing: lost, through: identity.provider, GovernedWriter(tx: tx, caller: caller).view)
        gained.removeAll { held?.contains($0) ?? false }
        guard !lost.isEmpty || !gained.isEmpty else { return !made.isEmpty }
        let event = try tx.append(
            caller.event(
                "person.groups_refreshed", Stream("person", person),
                facts: [
                    Fact("provider", .id(identity.provider, "provider")),
                    Fact("gained", .list(gained.map { .id($0, "group") })),
                    Fact("lost", .list(lost.map { .id($0, "group") })),
                ]))
        for group in lost { try tx.sql.closeMembership(person: person, group: group, at: event.position) }
        for group in gained { try tx.sql.openMembership(person: person, group: group, at: event.position) }
        return !made.isEmpty
    }

    private func change(
        of person: PersonID, to wanted: Set<GroupID>, _ sql: any SQLConnection
    ) throws -> (lost: [GroupID], gained: [GroupID]) {
        let present = Set(try sql.directGroups(of: person, from: identity.provider))
        return (present.subtracting(wanted).sorted(), missing(wanted, keeping: present.intersection(wanted)))
    }

    /// The fewest groups, nearly, that reach everything wanted: those that lie in most others go first.
    private func missing(_ wanted: Set<GroupID>, keeping kept: Set<GroupID>) -> [GroupID] {
        func reach(_ group: GroupID) -> [GroupID] { containers[group] ?? [group] }
        var reached = Set(kept.flatMap(reach))
        let order = wanted.subtracting(reached).sorted { (reach($1).count, $0) < (reach($0).count, $1) }
        var gained: [GroupID] = []
        for group in order where !reached.contains(group) {
            gained.append(group)
            reached.formUnion(reach(group))
        }
        return gained
    }

    private func make(_ upstream: UpstreamGroup, _ tx: Transaction) throws -> Group {
        let group = Group(
            id: GroupID.random(at: tx.now), tenant: caller.tenant, name: upstream.name,
            upstream: UpstreamSubject(provider: identity.provider, key: upstream.key), managedBy: .sync,
            createdAt: tx.now)
        try tx.sql.insert(group)
        try tx.append(
            caller.event(
                "group.created", Stream("group", group.id),
                facts: [
                    Fact("managed_by", .word(ManagedBy.sync.rawValue)),
                    Fact("provider", .id(identity.provider, "provider")),
                ]))
        return group
    }
}

extension SQLConnection {
    /// The group with this immutable key.
    func groupID(upstream key: String, of provider: ProviderID) throws -> GroupID? {
        try queryOne(
            "SELECT id FROM directory_group WHERE provider = ?1 AND upstream_key = ?2", [.id(provider), .text(key)])?
            .id(0)
    }

    /// The groups of one provider that a person is in directly; not those a directory job has yet to grant.
    func directGroups(of person: PersonID, from provider: ProviderID) throws -> [GroupID] {
        let granted = Set(try directGroups(of: person))
        return try query(
            """
            SELECT membership.member_of FROM membership JOIN directory_group ON directory_group.id = membership.member_of
            WHERE membership.person = ?1 AND membership.valid_to IS NULL AND directory_group.provider = ?2
            """, [.id(person), .id(provider)]
        ).map { try $0.id(0) }.filter(granted.contains)
    }

    /// Whether a person has an identity at this provider.
    func isLinked(_ person: PersonID, to provider: ProviderID) throws -> Bool {
        try queryOne(
            "SELECT 1 FROM identity WHERE person = ?1 AND provider = ?2 LIMIT 1", [.id(person), .id(provider)]) != nil
    }

    /// The one person with this mail address; nil when nobody or more than one has it.
    func onlyPerson(mail: String, in tenant: TenantID) throws -> PersonID? {
        let found = try query(
            "SELECT id FROM person WHERE tenant = ?1 AND mail_key = ?2 LIMIT 2", [.id(tenant), .text(NameKey.of(mail))])
        return found.count == 1 ? try found[0].id(0) : nil
    }
}
