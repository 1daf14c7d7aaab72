import Vocabulary

/// What a target system says of its accounts: all of them, so that what it does not name is not there.
public struct TargetReport: Sendable, Hashable {
    /// Bounds; one past each is refused.
    public enum Limits {
        public static let accounts = 20_000
        public static let entitlements = 500
        public static let attributes = 32
        public static let textBytes = 512
        /// Differences that one report may show; past it the report is of something else.
        public static let findings = 50_000
    }

    /// One account of the target.
    public struct Account: Sendable, Hashable {
        /// What the target calls it.
        public let name: String
        /// Whose it is, by login or service account's name; the account's own name without it.
        public let login: String?
        public let isDisabled: Bool
        /// What it may do, as the target calls it: the external id of an entitlement, or its name.
        public let entitlements: [String]
        public let attributes: [String: String]

        public init(
            name: String, login: String? = nil, isDisabled: Bool = false, entitlements: [String] = [],
            attributes: [String: String] = [:]
        ) {
            (self.name, self.login, self.isDisabled) = (name, login, isDisabled)
            (self.entitlements, self.attributes) = (entitlements, attributes)
        }

        /// The name by which its owner is looked for.
        public var owner: String { login ?? name }
    }

    public let accounts: [Account]

    /// Throws `governance.invalid` past the limits, and for an account that stands twice.
    public init(_ accounts: [Account]) throws(GovernanceError) {
        guard accounts.count <= Limits.accounts else {
            throw .invalid(field: "accounts", reason: "are more than \(Limits.accounts)")
        }
        guard Set(accounts.map(\.name)).count == accounts.count else {
            throw .invalid(field: "accounts", reason: "name one account twice")
        }
        for account in accounts {
            let texts =
                [account.name, account.owner] + account.entitlements
                + account.attributes.flatMap { [$0.key, $0.value] }
            guard account.entitlements.count <= Limits.entitlements, account.attributes.count <= Limits.attributes,
                !account.name.isEmpty, texts.allSatisfy({ $0.utf8.count <= Limits.textBytes })
            else { throw .invalid(field: "accounts", reason: "hold too much, or one has no name") }
        }
        self.accounts = accounts
    }
}

/// What should be there, by assignments and roles.
public struct TargetExpectation: Sendable {
    /// An owner of accounts, as this gateway knows them.
    public struct Owner: Sendable, Hashable {
        public let subject: Subject
        public let isActive: Bool
        public let attributes: [String: String]

        public init(_ subject: Subject, isActive: Bool, attributes: [String: String]) {
            (self.subject, self.isActive, self.attributes) = (subject, isActive, attributes)
        }
    }

    /// Who goes by the names that the report has.
    public let owners: [String: Owner]
    /// The application's entitlements, by what the target calls them.
    public let entitlements: [String: EntitlementID]
    /// What each subject should have there; nobody who may not sign in.
    public let held: [Subject: Set<EntitlementID>]

    public init(owners: [String: Owner], entitlements: [String: EntitlementID], held: [Subject: Set<EntitlementID>]) {
        (self.owners, self.entitlements, self.held) = (owners, entitlements, held)
    }
}

/// One difference between what a target reports and what should be there.
public struct TargetDifference: Sendable, Hashable {
    /// What differs.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Somebody should have an entitlement, and has it not.
        case missing
        /// An account has what nobody gave it.
        case unexpected
        /// An account is usable whose owner is not here, or may not sign in.
        case orphaned
        /// An account says something else of its owner.
        case drift
    }

    public let kind: Kind
    public let subject: Subject?
    public let entitlement: EntitlementID?
    /// The account; nil for what is missing.
    public let account: String?
    /// What the target calls an entitlement that is none here.
    public let unknownName: String?
    /// The attributes that differ, as they are reported.
    public let reported: [String: String]

    init(
        _ kind: Kind, _ subject: Subject?, entitlement: EntitlementID? = nil, account: String? = nil,
        unknownName: String? = nil, reported: [String: String] = [:]
    ) {
        (self.kind, self.subject, self.entitlement) = (kind, subject, entitlement)
        (self.account, self.unknownName, self.reported) = (account, unknownName, reported)
    }
}

extension TargetReport {
    /// Every difference, in no particular order. Pure. Throws `governance.invalid` for more than `Limits.findings`.
    public func differences(from expected: TargetExpectation) throws(GovernanceError) -> [TargetDifference] {
        var (found, present): ([TargetDifference], [Subject: Set<EntitlementID>]) = ([], [:])
        for account in accounts {
            guard let owner = expected.owners[account.owner], owner.isActive else {
                if !account.isDisabled {
                    found.append(
                        TargetDifference(.orphaned, expected.owners[account.owner]?.subject, account: account.name))
                }
                continue
            }
            let known = Set(account.entitlements.compactMap { expected.entitlements[$0] })
            if !account.isDisabled { present[owner.subject, default: []].formUnion(known) }
            found += account.differences(from: owner, expected)
            guard found.count <= Limits.findings else { break }
        }
        for (subject, held) in expected.held {
            for entitlement in held.subtracting(present[subject] ?? []).sorted() {
                found.append(TargetDifference(.missing, subject, entitlement: entitlement))
            }
        }
        guard found.count <= Limits.findings else {
            throw .invalid(field: "accounts", reason: "differ in more than \(Limits.findings) places")
        }
        return found
    }
}

extension TargetReport.Account {
    fileprivate func differences(
        from owner: TargetExpectation.Owner, _ expected: TargetExpectation
    ) -> [TargetDifference] {
        let held = expected.held[owner.subject] ?? []
        var found: [TargetDifference] = []
        for name in Set(entitlements).sorted() {
            if let id = expected.entitlements[name] {
                if held.contains(id) { continue }
                found.append(TargetDifference(.unexpected, owner.subject, entitlement: id, account: self.name))
            } else {
                found.append(TargetDifference(.unexpected, owner.subject, account: self.name, unknownName: name))
            }
        }
        let drifted = attributes.filter { name, value in owner.attributes[name].map { $0 != value } ?? false }
        if !drifted.isEmpty {
            found.append(TargetDifference(.drift, owner.subject, account: self.name, reported: drifted))
        }
        return found
    }
}
