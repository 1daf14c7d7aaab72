import Identity
import Storage
import Vocabulary

extension SyncApplier {
    /// False when the step was left out: the row moved on since the plan was made, or somebody else owns the person.
    func apply(_ change: Identity.PersonChange, of job: SyncService.Job, _ tx: Transaction) throws -> Bool {
        if change.kind == .add { return try add(change, of: job, tx) }
        if let id = change.id, keys.takeEarly(id) { return true }
        guard let id = change.id, let version = change.version, var person = try tx.sql.person(id, in: job.row.tenant),
            person.version == version
        else { return false }
        // Whoever is managed elsewhere keeps their status; what of them is the directory's still follows it.
        guard person.managedBy == .sync || change.kind == .change || change.kind == .rename else { return false }
        // A plan that was held since before they were disabled here changes nothing of it either.
        guard !person.status.isHeldHere || change.kind == .change || change.kind == .rename else { return false }
        switch change.kind {
        case .delete:
            try Self.delete(id, by: job.caller, cause: job.cause, live, standings, tx)
            return true
        case .leave:
            person.status = .leaver(since: tx.now, deleteAfter: change.deleteAfter ?? tx.now)
        case .suspend:
            person.status = .disabled(.directory, at: tx.now)
        case .resume: person.status = .active
        case .restore:
            person.status = change.record?.isDisabled == true ? .disabled(.directory, at: tx.now) : .active
        case .change, .rename, .add: break
        }
        guard try write(change, to: &person, of: job, tx) else { return false }
        return try save(person, change, of: job, tx)
    }

    /// False when the new login is somebody else's, who keeps it.
    private func write(
        _ change: Identity.PersonChange, to person: inout Person, of job: SyncService.Job, _ tx: Transaction
    ) throws -> Bool {
        guard let record = change.record else { return true }
        if change.attributes.contains("login") {
            guard try free(record.login, for: person.id, of: job, tx) else { return false }
            person.login = record.login
        }
        for name in change.attributes {
            if name.hasPrefix("attributes.") {
                let own = String(name.dropFirst("attributes.".count))
                person.attributes[own] = record.attributes[own]
                continue
            }
            switch PersonAttribute(rawValue: name) {
            case .displayName: person.displayName = record.displayName
            case .givenName: person.givenName = record.givenName
            case .familyName: person.familyName = record.familyName
            case .mail: person.mail = record.mail
            case .department: person.department = record.department
            case .organizationUnit: person.organizationUnit = try unit(of: change, tx)
            case .manager: person.manager = try manager(of: record, tx)
            case .login, .locale, .status, nil: break
            }
        }
        return true
    }

    /// Where the plan puts them, if the unit is still there: a held plan may be older than the tree.
    private func unit(of change: Identity.PersonChange, _ tx: Transaction) throws -> OrganizationUnitID? {
        try change.organizationUnit.flatMap { try tx.sql.hasOrganizationUnit($0) ? $0 : nil }
    }

    /// Whoever the directory names, if they are here.
    private func manager(of record: PersonRecord, _ tx: Transaction) throws -> PersonID? {
        try record.manager.flatMap { try keys.person($0, provider, tx.sql) }
    }

    private func save(
        _ person: Person, _ change: Identity.PersonChange, of job: SyncService.Job, _ tx: Transaction
    ) throws -> Bool {
        var person = person
        person.updatedAt = tx.now
        let sections = change.record == nil ? [] : [ProfileSection.make(person)]
        let event = try tx.append(
            job.event(
                Self.type(change.kind), Stream("person", person.id), facts: Self.facts(change), sections: sections))
        guard try tx.sql.update(person, expecting: person.version, at: event.position) else {
            throw Fault.stale("person")
        }
        if change.attributes.contains("login") {
            for identity in try tx.sql.identities(of: person.id) where identity.subject.provider == provider {
                try tx.sql.noteSeen(identity.id, login: person.login, at: tx.now)
            }
        }
        if [.resume, .restore].contains(change.kind), let grants {
            try tx.sql.withholdGrants(of: person.id, through: provider, pending: grants)
        }
        if !person.isActive {
            try SessionService.endAll(of: person.id, .personDisabled, by: job.caller, live, tx)
        }
        let (id, tenant) = (person.id, person.tenant)
        tx.afterCommit { [standings] in standings.forget(.person(id), in: tenant) }
        return true
    }

    private static func type(_ kind: Identity.PersonChange.Kind) -> String {
        switch kind {
        case .add: "person.created"
        case .leave, .suspend: "person.disabled"
        case .resume: "person.enabled"
        case .restore: "person.restored"
        case .delete: "person.deleted"
        case .change, .rename: "person.changed"
        }
    }

    private static func facts(_ change: Identity.PersonChange) -> [Fact] {
        var facts: [Fact] = []
        switch change.kind {
        case .leave:
            facts.append(Fact("reason", .word("leaver")))
            if let deadline = change.deleteAfter { facts.append(Fact("delete_after", .time(deadline))) }
        case .suspend: facts.append(Fact("reason", .word(DisabledReason.directory.rawValue)))
        default: break
        }
        if !change.attributes.isEmpty {
            let words = change.attributes.prefix(256).map { $0.lowercased() }.filter(ProfileSection.isWord)
            facts.append(Fact("attributes", .list(words.map { .word($0) })))
        }
        return facts
    }

    // MARK: Coming and going

    private func add(_ change: Identity.PersonChange, of job: SyncService.Job, _ tx: Transaction) throws -> Bool {
        guard let record = change.record, try tx.sql.personID(of: record.key, provider: provider) == nil,
            try free(record.login, for: nil, of: job, tx)
        else { return false }
        let person = Person(
            id: PersonID.random(at: tx.now), tenant: job.row.tenant, login: record.login,
            displayName: record.displayName, givenName: record.givenName, familyName: record.familyName,
            mail: record.mail, status: record.isDisabled ? .disabled(.directory, at: tx.now) : .active,
            organizationUnit: try unit(of: change, tx), department: record.department,
            manager: try manager(of: record, tx), attributes: record.attributes, managedBy: .sync, createdAt: tx.now)
        var created = job.event(
            "person.created", Stream("person", person.id),
            facts: [
                Fact("managed_by", .word("sync")), Fact("status", .word(person.status.word)),
                Fact("provider", .id(provider, "provider")),
            ], sections: [ProfileSection.make(person)])
        created.expectedVersion = 0
        let event = try tx.append(created)
        try tx.sql.insert(person, at: event.position)
        try tx.sql.insert(
            LinkedIdentity(
                id: IdentityID.random(at: tx.now), tenant: person.tenant, person: person.id,
                subject: UpstreamSubject(provider: provider, key: record.key), login: record.login, linkedAt: tx.now),
            pending: grants)
        keys.note(record.key, person.id)
        return true
    }

    /// Removes a leaver for good: the row with everything that hangs on it.
    static func delete(
        _ id: PersonID, by caller: Caller, cause: EventID?, _ live: LiveCredentials, _ standings: StandingCache,
        _ tx: Transaction
    ) throws {
        try SessionService.endAll(of: id, .personDisabled, by: caller, live, tx)
        var event = caller.event("person.deleted", Stream("person", id), facts: [Fact("reason", .word("leaver"))])
        event.context.causation = cause
        let appended = try tx.append(event)
        _ = try tx.sql.deletePerson(id, in: caller.tenant, at: appended.position)
        tx.afterCommit { standings.forget(.person(id), in: caller.tenant) }
    }
}

/// The personal part of a person's events, as `PeopleService.profile` writes it. Made very often by a first
/// run, so without an encoder.
enum ProfileSection {
    static func make(_ person: Person) -> PersonalSection {
        var json: [UInt8] = []
        json.reserveCapacity(192)
        json.append(0x7B)
        // In order of name.
        member("display_name", person.displayName, &json)
        member("family_name", person.familyName, &json)
        member("given_name", person.givenName, &json)
        member("login", person.login, &json)
        member("mail", person.mail, &json)
        json.append(0x7D)
        return PersonalSection(person: person.id, name: "profile", plaintext: json)
    }

    private static func member(_ name: String, _ value: String?, _ json: inout [UInt8]) {
        guard let value else { return }
        if json.count > 1 { json.append(0x2C) }
        json.append(0x22)
        json.append(contentsOf: name.utf8)
        json.append(contentsOf: [0x22, 0x3A, 0x22])
        escape(value, &json)
        json.append(0x22)
    }

    /// RFC 8259 §7.
    private static func escape(_ text: String, _ json: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: json.append(contentsOf: [0x5C, byte])
            case 0..<0x20:
                json.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: json.append(byte)
            }
        }
    }

    static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
                    || $0 == 0x3A
            }
    }
}
