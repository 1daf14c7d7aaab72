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
        try await store.write(.administration) { tx in
            let writer = try NATSWriter(tx, caller)
            return try NATSNames.known {
                let owner = try writer.tree.operator(named: name)
                let export = try NATSExport(writer, owner)
                let plan = try export.plan(format)
                try writer.note("exported", owner.stored, [Fact("format", .word(format.rawValue))])
                return plan
            }
        }
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
    let writer: NATSWriter
    let owner: NATSOperator
    private let tree: NATSTree
    private let pairs: [NATSEntityID: [NKeyPair]]

    init(_ writer: NATSWriter, _ owner: NATSOperator) throws {
        self.writer = writer
        self.owner = owner
        tree = writer.tree
        var pairs: [NATSEntityID: [NKeyPair]] = [:]
        for key in try writer.tx.sql.natsKeys(in: writer.caller.tenant) {
            if let pair = try writer.keys.open(key) { pairs[key.entity, default: []].append(pair) }
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
            let signing = try writer.tx.sql.natsKeys(in: writer.caller.tenant).filter { key in
                key.purpose == .signing && (key.entity == owner.id || accounts.contains { $0.id == key.entity })
            }
            return FlatLayout(
                try about(), keys: try signing.compactMap(item), identities: identities.compactMap(\.self))
        }
    }

    private func identity(_ entity: StoredNATSEntity) throws -> FlatLayout.Identity? {
        guard let pair = pairs[entity.id]?.first(where: { $0.publicKey.text == entity.publicKey }) else { return nil }
        return FlatLayout.Identity(
            id: entity.id.description, try Credentials(try NATSToken(entity.token), pair))
    }

    private func item(_ key: StoredNATSKey) throws -> FlatLayout.Item? {
        guard let pair = try writer.keys.open(key) else { return nil }
        return FlatLayout.Item(
            id: key.publicKey, label: "Signing", fileName: "\(key.publicKey).nk", format: "NKeySeed",
            content: pair.seed())
    }

    private func about() throws -> FlatLayout.Export {
        let id = owner.unit?.description ?? owner.id.description
        return FlatLayout.Export(
            manifestID: EventID.random(at: writer.tx.now).description, organizationID: id,
            organizationName: try owner.unit.map { try writer.unit($0.description).name } ?? owner.name,
            timestamp: writer.tx.now.description,
            eventsCount: try writer.tx.position(of: writer.caller.tenant),
            correlationID: writer.caller.command.description)
    }
}
