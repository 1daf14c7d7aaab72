import Identity
import NKeys
import Storage
import Vocabulary

/// Changes of a tenant's operators, accounts and users inside one transaction: what is made is stored, signed and journalled,
/// and every account whose token has to say something else afterwards is signed anew.
struct NATSWriter {
    let tx: Transaction
    let caller: Caller
    var tree: NATSTree

    init(_ tx: Transaction, _ caller: Caller) throws {
        self.tx = tx
        self.caller = caller
        tree = try NATSTree(try tx.sql.natsEntities(in: caller.tenant))
    }

    var keys: NATSKeyStore { NATSKeyStore(keys: tx.keys, tenant: caller.tenant, sql: tx.sql) }
    var now: Int64 { tx.now.seconds }

    // MARK: Storing

    /// Stores a new one with its keys, and says so in the journal.
    ///
    /// - Parameter holderKey: nil where the holder keeps the seed.
    mutating func insert(
        _ kind: StoredNATSEntity.Kind, _ place: Place, key: NKey, holderKey: NKeyPair?, signer: NKeyPair? = nil,
        record: AttributeValue, token: NATSToken, expiresAt: Timestamp? = nil
    ) throws -> StoredNATSEntity {
        let entity = StoredNATSEntity(
            id: place.id, tenant: caller.tenant, kind: kind, parent: place.parent, unit: place.unit,
            person: place.person, assignment: place.assignment, name: place.name, publicKey: key.text,
            record: try JSONColumn.text(of: record), token: token.text, expiresAt: expiresAt, createdAt: tx.now)
        try tx.sql.insert(entity)
        if let holderKey { try keys.add(holderKey, of: entity.id, .identity, at: tx.now) }
        if let signer { try keys.add(signer, of: entity.id, .signing, at: tx.now) }
        try note("created", entity)
        try tree.put(entity)
        return entity
    }

    /// Where a new one stands, and what it is called.
    struct Place {
        let id: NATSEntityID
        let name: String
        var parent: NATSEntityID?
        var unit: OrganizationUnitID?
        var person: PersonID?
        var assignment: [UInt8]?
    }

    /// Writes one back, and says so in the journal.
    mutating func update(_ entity: StoredNATSEntity, _ verb: String, facts: [Fact] = []) throws {
        guard try tx.sql.update(entity) else { throw Fault.stale("\(entity.kind.rawValue) of NATS") }
        try note(verb, entity, facts)
        try tree.put(entity.stored)
    }

    func note(_ verb: String, _ entity: StoredNATSEntity, _ more: [Fact] = []) throws {
        var facts: [Fact] = []
        if let parent = entity.parent { facts.append(Fact("parent", .id(parent, "nats_entity"))) }
        if let unit = entity.unit { facts.append(Fact("organization_unit", .id(unit, "organization_unit"))) }
        if let person = entity.person { facts.append(Fact("person", .id(person, "person"))) }
        if let assignment = entity.assignment { facts.append(Fact("assignment", .digest(assignment))) }
        if let key = try? NKey(entity.publicKey) { facts.append(Fact("public_key", .digest(key.bytes))) }
        if let end = entity.expiresAt { facts.append(Fact("expires_at", .time(end))) }
        try tx.append(
            caller.event(
                try NATSEventTypes.type(verb, of: entity.kind),
                Stream(StreamKind(rawValue: "nats_\(entity.kind.rawValue)"), entity.id),
                facts: facts + more))
    }

    // MARK: Signing

    /// Signs every account of an operator anew whose token has to say something else now.
    mutating func settle(_ owner: NATSOperator) throws {
        var signingKeys: [NATSEntityID: [NKey]] = [:]
        for key in try tx.sql.natsKeys(in: caller.tenant) where key.purpose == .signing {
            signingKeys[key.entity, default: []].append(try NATSNames.known { try NKey(key.publicKey) })
        }
        let signer = try keys.pair(of: owner.id, .signing)
        let accounts = tree.accounts(of: owner.id)
        let subjects = MessagingSubjects(prefix: owner.settings.subjectPrefix)
        let traffic = accounts.map { NATSAccountTraffic($0, tree.users(of: $0.id), subjects) }
        let imports = NATSImports(traffic)
        if let circle = imports.circle { throw circle }
        let before = self
        for account in accounts {
            let plan = NATSAccountPlan(
                account: account, traffic: traffic, imports: imports, signingKeys: signingKeys[account.id] ?? [],
                activation: { [signingKeys] in
                    try before.activation($0, for: $1, trusted: signingKeys[$0.exporter.id] ?? [])
                })
            let claims = try plan.claims()
            let present = try? NATSToken(account.stored.token)
            if case .account(claims)? = present?.claims, present?.issuer == signer.publicKey { continue }
            var entity = account.stored
            entity.token = try NATSNames.known { try claims.signed(by: signer, issuedAt: now).text }
            try update(entity, "signed")
        }
    }

    /// The activation that the importer has already, while the exporter's keys still stand behind it; a new one otherwise.
    private func activation(
        _ taken: NATSImports.Taken, for importer: NATSAccount, trusted: [NKey]
    ) throws -> String {
        let (exporter, subject) = (taken.exporter, taken.subject.text)
        if case .account(let claims)? = (try? NATSToken(importer.stored.token))?.claims,
            let held = claims.imports.first(where: {
                $0.account == exporter.key && $0.subject == subject && $0.kind == taken.kind
            }),
            let text = held.activation, let token = try? NATSToken(text), trusted.contains(token.issuer)
        {
            return text
        }
        let claims = ActivationClaims(
            CommonClaims(importer.key, name: importer.name), subject: subject, kind: taken.kind)
        let pair = try keys.pair(of: exporter.id, .signing)
        return try NATSNames.known { try claims.signed(by: pair, of: exporter.key, issuedAt: now).text }
    }

    /// The token of a user as its settings and its person's roles have it now.
    func userToken(
        _ name: String, _ key: NKey, _ settings: NATSUserSettings, roles: [RolePermission], in account: NATSAccount,
        expiresAt: Timestamp? = nil, issuedAt: Int64? = nil
    ) throws -> NATSToken {
        let owner = try tree.owner(of: account)
        let rights = NATSPermissions.rights(settings, roles: roles, of: owner.settings, key: key.text)
        guard settings.policyCommands.isEmpty || !NATSPermissions.asksForOthers(settings, of: owner.settings) else {
            throw Fault(
                "nats.malformed", .caller, "`policy_commands` stand beside subjects that are leave to ask as anybody.",
                remedy: "Leave the domain policy, and wildcards above its commands, to the user that runs the service.")
        }
        let claims = UserClaims(
            CommonClaims(key, name: name, expires: expiresAt.map(\.seconds)), rights: rights)
        let pair = try keys.pair(of: account.id, .signing)
        return try NATSNames.known {
            let token = try claims.signed(by: pair, of: account.key, issuedAt: issuedAt ?? now)
            if let fault = token.faults().first(where: { $0.code == .tooLarge }) { throw fault }
            return token
        }
    }

    /// From now on no token of this key holds that was issued up to this second.
    mutating func revoke(_ key: NKey, until second: Int64, in account: NATSAccount) throws {
        var settings = account.settings
        settings.revoked[key.text] = max(second, settings.revoked[key.text] ?? 0)
        var entity = account.stored
        entity.record = try JSONColumn.text(of: settings.json)
        try update(entity, "changed")
    }
}
