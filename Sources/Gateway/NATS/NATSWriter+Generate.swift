import Identity
import NKeys
import Storage
import Vocabulary

extension NATSWriter {
    // MARK: Operators

    mutating func generateOperator(
        of unit: OrganizationUnit, name given: String?, _ body: AttributeValue
    ) throws -> NATSOperator {
        let name = try Self.name(given, or: unit.name)
        guard !tree.operators.contains(where: { $0.unit == unit.id || NATSNames.same($0.name, name) }) else {
            throw Self.taken("operator", name)
        }
        var members = try NATSMembers(body, at: "")
        let settings = try NATSOperatorSettings(&members, name: name)
        try members.finish()
        let (pair, signer) = (try NKeyPair.generate(.operator), try NKeyPair.generate(.operator))
        let (system, systemSigner) = (try NKeyPair.generate(.account), try NKeyPair.generate(.account))
        let id = NATSEntityID.random(at: tx.now)
        var claims = OperatorClaims(
            CommonClaims(pair.publicKey, name: name), signingKeys: [signer.publicKey], systemAccount: system.publicKey)
        claims.serviceAddresses = settings.servers
        // Where an account's token was signed by the operator's own key, that key would have to be at hand each day.
        claims.strictSigningKeys = true
        _ = try insert(
            .operator, Place(id: id, name: name, unit: unit.id), key: pair.publicKey, holderKey: pair, signer: signer,
            record: settings.json, token: try claims.signed(by: pair, issuedAt: now))
        try generateSystemAccount(system, systemSigner, of: id, signer)
        return try tree.operator(named: id.description)
    }

    private mutating func generateSystemAccount(
        _ pair: NKeyPair, _ signer: NKeyPair, of owner: NATSEntityID, _ operatorSigner: NKeyPair
    ) throws {
        let settings = NATSAccountSettings(type: "system")
        let claims = AccountClaims(
            CommonClaims(pair.publicKey, name: NATSService.systemAccount), limits: settings.accountLimits,
            signingKeys: [.plain(signer.publicKey)])
        let id = NATSEntityID.random(at: tx.now)
        _ = try insert(
            .account, Place(id: id, name: NATSService.systemAccount, parent: owner), key: pair.publicKey,
            holderKey: pair, signer: signer, record: settings.json,
            token: try claims.signed(by: operatorSigner, issuedAt: now))
        guard let account = tree.account(id) else { return }
        // It tells servers of accounts, and hears their answers; nothing else.
        var own = NATSUserSettings()
        own.publish = [NKeys.ServerConfiguration.updateSubject]
        own.allowsResponses = false
        try insertUser(
            Place(id: .random(at: tx.now), name: NATSService.ownUser, parent: id), own, roles: [], in: account)
    }

    // MARK: Accounts

    mutating func generateAccount(
        of unit: OrganizationUnit, name given: String?, _ body: AttributeValue
    ) throws -> NATSAccount {
        let owner = try owner(of: unit)
        let name = try Self.name(given, or: unit.name)
        guard
            !tree.accounts.contains(where: {
                $0.unit == unit.id || $0.operator == owner.id && NATSNames.same($0.name, name)
            })
        else { throw Self.taken("account", name) }
        var members = try NATSMembers(body, at: "")
        let settings = try NATSAccountSettings(&members)
        try members.finish()
        guard settings.revoked.isEmpty else { throw Fault.invalid("`revoked` is not said, it comes about.") }
        let (pair, signer) = (try NKeyPair.generate(.account), try NKeyPair.generate(.account))
        let claims = AccountClaims(
            CommonClaims(pair.publicKey, name: name), limits: settings.accountLimits,
            signingKeys: [.plain(signer.publicKey)])
        let id = NATSEntityID.random(at: tx.now)
        _ = try insert(
            .account, Place(id: id, name: name, parent: owner.id, unit: unit.id), key: pair.publicKey, holderKey: pair,
            signer: signer, record: settings.json,
            token: try claims.signed(by: try keys.pair(of: owner.id, .signing), issuedAt: now))
        return try tree.account(named: id.description)
    }

    /// The operator that the organization above a unit is.
    private func owner(of unit: OrganizationUnit) throws -> NATSOperator {
        let above = [unit.id] + OrganizationTree(try units()).ancestors(of: unit.id).map(\.id)
        guard let owner = tree.operators.first(where: { $0.unit.map(above.contains) ?? false }) else {
            throw Fault(
                "nats.no_operator", .caller, "The organization above this unit is no operator of NATS.",
                remedy: "Make it one first.")
        }
        return owner
    }

    // MARK: Users

    mutating func generateUser(
        of person: Person, in named: String?, _ body: AttributeValue, _ roles: NATSRoles, isSettled: Bool = true
    ) throws -> NATSUser {
        guard person.isActive, try roles.isService(person.id, tx.sql, at: tx.now) else {
            throw Fault(
                "nats.no_service", .caller,
                "Only an active person with the role `\(roles.role)` is a user of NATS, and `\(person.login)` is not one.",
                remedy: person.isActive ? "Assign the role first." : "Enable them first.")
        }
        let account = try named.map { try tree.account(named: $0) } ?? account(of: person)
        guard !account.isSystem else { throw Fault.invalid("The system account has no users but the gateway.") }
        try NATSNames.check(person.login, "login")
        guard !tree.users.contains(where: { $0.person == person.id && $0.assignment == nil }) else {
            throw Self.taken("user", person.login)
        }
        var members = try NATSMembers(body, at: "")
        let settings = try NATSUserSettings(&members)
        try members.finish()
        let id = NATSEntityID.random(at: tx.now)
        let permissions = try roles.permissions(of: person.id, tx.sql, at: tx.now)
        try insertUser(
            Place(id: id, name: person.login, parent: account.id, person: person.id), settings, roles: permissions,
            in: account)
        // Whoever makes many at once settles their accounts at the end.
        if isSettled { try settle(try tree.owner(of: account)) }
        return try tree.user(named: id.description)
    }

    private mutating func insertUser(
        _ place: Place, _ settings: NATSUserSettings, roles: [RolePermission], in account: NATSAccount
    ) throws {
        let pair = try NKeyPair.generate(.user)
        let token = try userToken(place.name, pair.publicKey, settings, roles: roles, in: account)
        _ = try insert(
            .user, place, key: pair.publicKey, holderKey: pair, record: settings.json, token: token)
    }

    /// The account of somebody's unit, or of the next above it that is one.
    private func account(of person: Person) throws -> NATSAccount {
        guard let unit = person.organizationUnit else {
            throw Fault(
                "nats.no_account", .caller, "The person is in no organization unit.",
                remedy: "Place them in one, or name the account.")
        }
        let path = [unit] + OrganizationTree(try units()).ancestors(of: unit).map(\.id)
        for place in path {
            if let account = tree.accounts.first(where: { $0.unit == place }) { return account }
        }
        throw Fault(
            "nats.no_account", .caller, "No unit above the person is an account of NATS.",
            remedy: "Make one of a unit, or name the account.")
    }

    // MARK: The organization

    func units() throws -> [OrganizationUnit] { try tx.sql.organizationUnits(of: caller.tenant) }

    func unit(_ text: String) throws -> OrganizationUnit { try OrganizationService.find(text, in: try units()) }

    private static func name(_ given: String?, or other: String) throws -> String {
        let name = given ?? NATSNames.slug(other)
        try NATSNames.check(name, "name")
        guard !NATSNames.same(name, NATSService.systemAccount) else {
            throw Fault.invalid("`\(name)` is the name of the system account.")
        }
        return name
    }

    private static func taken(_ kind: String, _ name: String) -> Fault {
        Fault(
            "conflict", .caller, "There is this \(kind) of NATS already, or one called `\(name)`.",
            remedy: "Change that one, or choose another name.")
    }
}
