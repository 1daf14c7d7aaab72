import Foundation
import Identity
import Storage
import Vocabulary

/// People: made, changed, disabled, erased, each with its event in the same transaction.
public struct PeopleService: Sendable {
    let store: Store
    let live: LiveCredentials
    let standings: StandingCache
    let providers: ProviderTable
    /// Judges what attributes lead to; nil where no role can come of them.
    var gate: (@Sendable (Caller) async throws -> AttributeGate)?

    /// The person. Throws `not found` when the tenant has nobody of this id.
    public func person(_ id: PersonID, in tenant: TenantID) async throws -> Person {
        guard let person = try await store.read({ try $0.person(id, in: tenant) }) else {
            throw Fault.notFound("person")
        }
        return person
    }

    /// Several at once, by id; whoever is gone is left out.
    public func people(_ ids: Set<PersonID>, in tenant: TenantID) async throws -> [PersonID: Person] {
        try await store.read { sql in
            try ids.reduce(into: [:]) { people, id in people[id] = try sql.person(id, in: tenant) }
        }
    }

    /// A person by id, login or mail: what the command line is given. Throws `person.ambiguous` for a mail address that
    /// two people have.
    public func person(named text: String, in tenant: TenantID) async throws -> Person {
        let found = try await store.read { sql -> Person? in
            if let id = PersonID(text) { return try sql.person(id, in: tenant) }
            return try sql.onlyPerson(named: text, in: tenant)
        }
        guard let found else { throw Fault.notFound("person") }
        return found
    }

    /// A page of people in the order of their ids, those after `last`, whose names match the search.
    public func list(in tenant: TenantID, after last: PersonID?, search: String?, limit: Int) async throws -> [Person] {
        try await store.read { try $0.people(in: tenant, after: last, search: search, limit: limit) }
    }

    /// Adds a person without any credential. Throws when the login is missing, malformed or taken.
    public func create(_ change: PersonEdit, by caller: Caller) async throws -> Person {
        try await store.write(.administration) { try Self.create(change, by: caller, $0) }
    }

    /// As `create`, inside a transaction that does more.
    static func create(_ change: PersonEdit, by caller: Caller, _ tx: Transaction) throws -> Person {
        try change.check()
        guard let login = change.login else { throw Fault.invalid("A person needs a login.") }
        guard try tx.sql.person(login: login, in: caller.tenant) == nil else { throw Self.loginTaken }
        var person = Person(id: PersonID.random(at: tx.now), tenant: caller.tenant, login: login, createdAt: tx.now)
        try change.checkPlace(of: person.id, in: caller.tenant, tx.sql)
        change.apply(to: &person)
        try Self.insert(person, by: caller, tx)
        return person
    }

    static let loginTaken = Fault(
        "conflict", .caller, "This login is taken.", remedy: "Choose another one.")

    /// Inserts a person with the event that says so; used by the API, by first logins and by set-up.
    static func insert(_ person: Person, by caller: Caller, _ tx: Transaction) throws {
        let event = try tx.append(
            caller.event(
                "person.created", Stream("person", person.id),
                facts: [
                    Fact("managed_by", .word(person.managedBy.rawValue)), Fact("status", .word(person.status.word)),
                ], sections: [try profile(of: person)]))
        try tx.sql.insert(person, at: event.position)
    }

    /// Changes what the edit names if `version` is still the person's. Throws on a conflict, and for what a directory
    /// owns.
    public func change(
        _ id: PersonID, _ change: PersonEdit, expecting version: Int64?, by caller: Caller
    ) async throws -> Person {
        try change.check()
        let gate = try await gate?(caller)
        return try await store.write(.administration) { [standings, providers] tx in
            guard let known = try tx.sql.person(id, in: caller.tenant) else { throw Fault.notFound("person") }
            var person = known
            if let version, version != person.version { throw Fault.stale("person") }
            let ownership = person.owners(describedBy: providers.described(by: try tx.sql.identities(of: id)))
            if let conflict = ownership.conflict(changing: change.touched, by: .api) { throw conflict.fault }
            if let login = change.login, let holder = try tx.sql.person(login: login, in: caller.tenant),
                holder.id != id
            {
                throw Self.loginTaken
            }
            try change.checkPlace(of: id, in: caller.tenant, tx.sql)
            change.apply(to: &person)
            try gate?.judge(person, was: known, by: caller, tx)
            person.updatedAt = tx.now
            let event = try tx.append(
                caller.event(
                    "person.changed", Stream("person", id),
                    facts: [
                        Fact("attributes", .list(change.touched.filter(Self.isWord).map { .word($0.lowercased()) }))
                    ],
                    sections: [try Self.profile(of: person)]))
            guard try tx.sql.update(person, expecting: person.version, at: event.position) else {
                throw Fault.stale("person")
            }
            person.version += 1
            tx.afterCommit { standings.forget(.person(id), in: caller.tenant) }
            return person
        }
    }

    /// Disables a person and ends everything they have open, in one commit. Throws `conflict` for the last one who holds
    /// a protected role and can sign in.
    public func disable(_ id: PersonID, _ reason: DisabledReason, by caller: Caller) async throws {
        try await setStatus(id, by: caller, lane: .revocation) { .disabled(reason, at: $0) }
    }

    /// Lets a disabled person sign in again; their ended sessions stay ended.
    public func enable(_ id: PersonID, by caller: Caller) async throws {
        try await setStatus(id, by: caller, lane: .administration) { _ in .active }
    }

    private func setStatus(
        _ id: PersonID, by caller: Caller, lane: WriterLane, _ status: @escaping @Sendable (Timestamp) -> PersonStatus
    ) async throws {
        let ways = providers.ways(in: caller.tenant)
        try await store.write(lane) { [live, standings] tx in
            guard var person = try tx.sql.person(id, in: caller.tenant) else { throw Fault.notFound("person") }
            let next = status(tx.now)
            // The reason counts: whom the directory disabled, the directory would enable again.
            guard !next.isSame(as: person.status) else { return }
            person.status = next
            person.updatedAt = tx.now
            var facts: [Fact] = []
            if case .disabled(let reason, _) = next { facts.append(Fact("reason", .word(reason.rawValue))) }
            let event = try tx.append(
                caller.event(
                    next == .active ? "person.enabled" : "person.disabled", Stream("person", id), facts: facts))
            try ProtectedHolders.keep(in: caller.tenant, ways, tx) {
                guard try tx.sql.update(person, expecting: person.version, at: event.position) else {
                    throw Fault.stale("person")
                }
            }
            if next != .active { try SessionService.endAll(of: id, .personDisabled, by: caller, live, tx) }
            tx.afterCommit { standings.forget(.person(id), in: caller.tenant) }
        }
    }

    /// The personal part of a person's events.
    static func profile(of person: Person) throws -> PersonalSection {
        var values: [String: String] = ["login": person.login]
        values["display_name"] = person.displayName
        values["given_name"] = person.givenName
        values["family_name"] = person.familyName
        values["mail"] = person.mail
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return PersonalSection(person: person.id, name: "profile", plaintext: Array(try encoder.encode(values)))
    }

    // Attribute names come from configuration, but only words may stand in the clear.
    private static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x5F
                    || $0 == 0x2D
            }
    }
}
