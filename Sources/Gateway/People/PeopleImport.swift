import Identity
import Passwords
import Storage
import Vocabulary

/// One person to import, with the hash of the password they had elsewhere.
public struct PersonImport: Sendable {
    public var edit: PersonEdit
    /// bcrypt, PBKDF2, argon2, scrypt, crypt or a directory's digest, as it was stored there.
    public var passwordHash: SecretText?
    /// Whether a new password is asked for at the first login.
    public var mustChange: Bool

    public init(edit: PersonEdit, passwordHash: SecretText? = nil, mustChange: Bool = false) {
        self.edit = edit
        self.passwordHash = passwordHash
        self.mustChange = mustChange
    }
}

/// What came of one row of an import.
public struct ImportOutcome: Sendable {
    /// Made, makeable (in a dry run), or the reason against it.
    public enum Result: Sendable {
        case created(PersonID)
        case acceptable
        case refused(Fault)
    }

    public let result: Result
    /// The format of the password's hash, such as `bcrypt`; nil without one.
    public let format: String?
}

/// Brings people in from elsewhere, each in a transaction of their own: one row that is refused keeps no other out.
public struct PeopleImport: Sendable {
    let store: Store
    let hasher: PasswordHasher

    /// Rows of one import at most.
    public static let rowLimit = 1_000

    /// Imports the rows in order, or with `isDryRun` only says what would come of them.
    ///
    /// - Throws: `import.too_large` above the limit, and what the store throws.
    public func run(_ rows: [PersonImport], isDryRun: Bool, by caller: Caller) async throws -> [ImportOutcome] {
        guard rows.count <= Self.rowLimit else {
            throw Fault(
                "import.too_large", .caller, "An import has at most \(Self.rowLimit) people.", remedy: "Split it.")
        }
        var outcomes: [ImportOutcome] = []
        var logins: Set<String> = []
        for row in rows {
            outcomes.append(try await outcome(of: row, logins: &logins, isDryRun: isDryRun, by: caller))
        }
        return outcomes
    }

    private func outcome(
        of row: PersonImport, logins: inout Set<String>, isDryRun: Bool, by caller: Caller
    ) async throws -> ImportOutcome {
        var format: String?
        do {
            let hash = try row.passwordHash.map { try hasher.read($0.reveal()) }
            format = hash?.format
            guard hash?.pepperKeyID == nil else {
                throw Fault("import.peppered", .caller, "The hash needs a pepper that is not here.")
            }
            guard logins.insert(NameKey.of(row.edit.login ?? "")).inserted else {
                throw Fault("conflict", .caller, "This login stands twice in the import.")
            }
            guard !isDryRun else {
                try await check(row, in: caller.tenant)
                return ImportOutcome(result: .acceptable, format: format)
            }
            let person = try await insert(row, hash, by: caller)
            return ImportOutcome(result: .created(person), format: format)
        } catch let fault as Fault where fault.culprit == .caller {
            return ImportOutcome(result: .refused(fault), format: format)
        }
    }

    private func check(_ row: PersonImport, in tenant: TenantID) async throws {
        try row.edit.check()
        try await store.read { sql in
            try row.edit.checkPlace(of: PersonID(high: 0, low: 0), in: tenant, sql)
            if let login = row.edit.login, try sql.person(login: login, in: tenant) != nil {
                throw PeopleService.loginTaken
            }
        }
    }

    private func insert(_ row: PersonImport, _ hash: PasswordHash?, by caller: Caller) async throws -> PersonID {
        try await store.write(.administration) { tx in
            let person = try PeopleService.create(row.edit, by: caller, tx)
            guard let hash else { return person.id }
            try tx.sql.setPassword(
                hash.encoded, of: person.id, in: caller.tenant, mustChange: row.mustChange, keeping: 0, at: tx.now)
            try tx.append(
                caller.event(
                    "password.imported", Stream("person", person.id),
                    facts: [Fact("format", .word(hash.format)), Fact("must_change", .bool(row.mustChange))]))
            return person.id
        }
    }
}

extension Gateway {
    /// Imports people with the hashes of the passwords they had.
    public var peopleImport: PeopleImport { PeopleImport(store: store, hasher: hasher) }
}
