import Foundation
import Identity
import JOSE
import NKeys
import Storage
import Vocabulary

/// The forms in which credentials leave.
public enum NATSExportFormat: String, Sendable, CaseIterable {
    /// One folder with a manifest and `nats/{id}.creds`.
    case flat
    /// A store in folders by operator and account, with the users' credentials in their accounts' folders.
    case nsc
    /// What the tool `nsc` reads.
    case nscTool = "nsc-tool"
}

extension NATSService {
    /// The files of an operator's credentials, with every seed that is kept here. That they left is journalled.
    ///
    /// - Throws: `not_found`; `nats.…` for names that cannot be files.
    public func export(
        _ format: NATSExportFormat, of name: String?, by caller: Caller
    ) async throws -> FilePlan {
        let now = clock()
        // Beside the writer: thousands of seeds are opened, and nobody who signs in waits for them.
        let (plan, owner) = try await store.read { [store] sql in
            try NATSNames.known {
                let tree = try NATSTree(try sql.natsEntities(in: caller.tenant))
                let owner = try tree.operator(named: name)
                let keys = NATSKeyStore(keys: store.keys, tenant: caller.tenant, sql: sql)
                return (try NATSExport(tree, owner, keys, by: caller, at: now).plan(format), owner)
            }
        }
        try await store.write(.administration) { tx in
            try NATSWriter(tx, caller).note("exported", owner.stored, [Fact("format", .word(format.rawValue))])
        }
        return plan
    }

    /// What a server of an operator is configured with: nothing in it is secret.
    ///
    /// - Parameter directory: where it keeps accounts that it is told of; nil for a configuration that holds them all.
    public func serverConfiguration(
        of name: String?, directory: String?, in tenant: TenantID
    ) async throws -> String {
        let tree = try await tree(of: tenant)
        return try NATSNames.known {
            let owner = try tree.operator(named: name)
            return try NKeys.ServerConfiguration(
                operator: try NATSToken(owner.stored.token),
                accounts: try tree.accounts(of: owner.id).map { try NATSToken($0.stored.token) },
                resolver: directory.map { .full(directory: $0, allowsDeletion: false) } ?? .memory
            ).text
        }
    }

    /// The credentials of one user, as clients read them.
    public func credentials(of name: String, by caller: Caller) async throws -> SecretOctets {
        try await store.write(.administration) { tx in
            let writer = try NATSWriter(tx, caller)
            return try NATSNames.known {
                let user = try writer.tree.user(named: name)
                let text = try writer.credentials(user).text()
                try writer.note("exported", user.stored)
                return text
            }
        }
    }
}

extension NATSWriter {
    func credentials(_ user: NATSUser) throws -> Credentials {
        try Credentials(try NATSToken(user.stored.token), try keys.pair(of: user.id, .identity))
    }
}

/// Gathers an operator's tokens and seeds for a layout.
private struct NATSExport {
    private let tree: NATSTree
    private let owner: NATSOperator
    private let caller: Caller
    private let now: Timestamp
    private let sql: any SQLConnection
    private let keys: [StoredNATSKey]
    /// Those whose seeds are kept here, oldest first.
    private let pairs: [NATSEntityID: [NKeyPair]]

    init(
        _ tree: NATSTree, _ owner: NATSOperator, _ store: NATSKeyStore, by caller: Caller, at now: Timestamp
    ) throws {
        (self.tree, self.owner, self.caller, self.now, sql) = (tree, owner, caller, now, store.sql)
        let accounts = tree.accounts(of: owner.id).map(\.id)
        let holders = Set([owner.id] + accounts + tree.users.filter { accounts.contains($0.account) }.map(\.id))
        keys = try sql.natsKeys(in: caller.tenant).filter { holders.contains($0.entity) }
        var pairs: [NATSEntityID: [NKeyPair]] = [:]
        for key in keys {
            if let pair = try store.open(key) { pairs[key.entity, default: []].append(pair) }
        }
        self.pairs = pairs
    }

    func plan(_ format: NATSExportFormat) throws -> FilePlan {
        switch format {
        case .flat: try flat.plan()
        case .nsc: try credentialTree.storePlan()
        case .nscTool: try credentialTree.toolPlan()
        }
    }

    private var accounts: [NATSAccount] { tree.accounts(of: owner.id) }

    /// Users whose seeds are kept by others are left out: there is nothing to hand over.
    private func users(of account: NATSAccount) throws -> [(NATSUser, Credentials)] {
        try tree.users(of: account.id).compactMap { user in
            guard let pair = pairs[user.id]?.last else { return nil }
            return (user, try Credentials(try NATSToken(user.stored.token), pair))
        }
    }

    private var credentialTree: CredentialTree {
        get throws {
            CredentialTree(
                operator: try NATSToken(owner.stored.token), keys: pairs[owner.id] ?? [],
                accounts: try accounts.map { account in
                    CredentialTree.Account(
                        try NATSToken(account.stored.token), keys: pairs[account.id] ?? [],
                        users: try users(of: account).map(\.1))
                })
        }
    }

    private var flat: FlatLayout {
        get throws {
            var identities = try [identity(owner.stored)]
            for account in accounts {
                identities.append(try identity(account.stored))
                identities += try users(of: account).map { FlatLayout.Identity(id: $0.0.id.description, $0.1) }
            }
            let signing = keys.filter { $0.purpose == .signing }
            return FlatLayout(
                try about(), keys: signing.compactMap(item), identities: identities.compactMap(\.self))
        }
    }

    private func identity(_ entity: StoredNATSEntity) throws -> FlatLayout.Identity? {
        guard let pair = pairs[entity.id]?.first(where: { $0.publicKey.text == entity.publicKey }) else { return nil }
        return FlatLayout.Identity(
            id: entity.id.description, try Credentials(try NATSToken(entity.token), pair))
    }

    private func item(_ key: StoredNATSKey) -> FlatLayout.Item? {
        guard let pair = pairs[key.entity]?.first(where: { $0.publicKey.text == key.publicKey }) else { return nil }
        return FlatLayout.Item(
            id: key.publicKey, label: "Signing", fileName: "\(key.publicKey).nk", format: "NKeySeed",
            content: pair.seed())
    }

    private func about() throws -> FlatLayout.Export {
        let id = owner.unit?.description ?? owner.id.description
        return FlatLayout.Export(
            manifestID: EventID.random(at: now).description, organizationID: id,
            organizationName: try owner.unit.flatMap { unit in
                try sql.organizationUnits(of: caller.tenant).first { $0.id == unit }?.name
            } ?? owner.name, timestamp: now.rfc3339, eventsCount: try sql.journalPosition(of: caller.tenant),
            correlationID: caller.command.description)
    }
}
