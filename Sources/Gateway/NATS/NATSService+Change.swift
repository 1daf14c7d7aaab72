import Identity
import NKeys
import Storage
import Vocabulary

extension NATSService {
    /// Changes what is settled for an operator; its token is signed anew, and its users' where their subjects are others.
    ///
    /// - Throws: `not_found`, `stale`, `nats.…`.
    public func changeOperator(
        _ name: String, _ body: AttributeValue, expecting version: Int64?, by caller: Caller
    ) async throws -> NATSOperator {
        let changed = try await write(by: caller) { writer in
            let owner = try writer.tree.operator(named: name)
            try owner.require(version)
            var members = try NATSMembers(owner.settings.json.changed(by: body), at: "")
            let settings = try NATSOperatorSettings(&members, name: owner.name)
            try members.finish()
            var entity = owner.stored
            entity.record = try JSONColumn.text(of: settings.json)
            try writer.update(entity, "changed")
            try writer.resign(try writer.tree.operator(named: owner.id.description))
            return try writer.tree.operator(named: owner.id.description)
        }
        // Users of domains have other subjects under another prefix. It is changed already: who cannot be followed now is
        // followed later.
        _ = try? await follow(in: caller.tenant)
        return changed
    }

    /// Changes what an account is bound by; its token is signed anew.
    ///
    /// - Throws: `not_found`, `stale`, `nats.…`.
    public func changeAccount(
        _ name: String, _ body: AttributeValue, expecting version: Int64?, by caller: Caller
    ) async throws -> NATSAccount {
        try await write(by: caller) { writer in
            let account = try writer.tree.account(named: name)
            try account.require(version)
            // What was revoked is not said, it comes about.
            let kept: AttributeValue = .object(["revoked": account.settings.json["revoked"] ?? .object([:])])
            var members = try NATSMembers(account.settings.json.changed(by: body).changed(by: kept), at: "")
            let settings = try NATSAccountSettings(&members)
            try members.finish()
            var entity = account.stored
            entity.record = try JSONColumn.text(of: settings.json)
            try writer.update(entity, "changed")
            try writer.settle(try writer.tree.owner(of: account))
            return try writer.tree.account(named: account.id.description)
        }
    }

    /// Changes what a user may do: it has a new token, and the old one holds no longer.
    ///
    /// - Throws: `not_found`, `stale`, `nats.…`.
    public func changeUser(
        _ name: String, _ body: AttributeValue, expecting version: Int64?, by caller: Caller
    ) async throws -> NATSUser {
        let roles = NATSRoles(try await table.snapshot(of: caller.tenant), role: settings.serviceRole)
        return try await write(by: caller) { writer in
            let user = try writer.tree.user(named: name)
            try user.require(version)
            guard user.person != nil, user.assignment == nil else {
                throw Fault.invalid("What this user may do is not settled here.")
            }
            var members = try NATSMembers(user.settings.json.changed(by: body), at: "")
            let settings = try NATSUserSettings(&members)
            try members.finish()
            return try writer.reissue(user, settings, roles, verb: "changed")
        }
    }

    /// Draws a user another key: what was handed out holds no longer.
    public func rotateUser(_ name: String, by caller: Caller) async throws -> NATSUser {
        let roles = NATSRoles(try await table.snapshot(of: caller.tenant), role: settings.serviceRole)
        return try await write(.revocation, by: caller) { writer in
            let user = try writer.tree.user(named: name)
            guard user.assignment == nil else { throw Fault.invalid("Its key is kept by whoever it is for.") }
            return try writer.reissue(user, user.settings, roles, verb: "rotated", pair: try .generate(.user))
        }
    }

    /// Draws an account another signing key, and signs its users anew. What the old key signed holds no longer as soon as
    /// servers hear of it, so every user's credentials are to be handed out again.
    public func rotateAccount(_ name: String, by caller: Caller) async throws -> NATSAccount {
        let roles = NATSRoles(try await table.snapshot(of: caller.tenant), role: self.settings.serviceRole)
        return try await write(.revocation, by: caller) { writer in
            let account = try writer.tree.account(named: name)
            try writer.rotateSigner(of: account.stored, .account)
            // Nothing holds any more that the old key signed: there is nothing left to be revoked.
            var entity = account.stored
            var settings = account.settings
            settings.revoked = [:]
            entity.record = try JSONColumn.text(of: settings.json)
            try writer.update(entity, "changed")
            for user in writer.tree.users(of: account.id) {
                // Somebody's for a time ends here; they fetch another.
                if user.assignment != nil {
                    try writer.remove(user)
                } else {
                    _ = try writer.reissue(user, user.settings, roles, verb: "signed")
                }
            }
            try writer.settle(try writer.tree.owner(of: account))
            return try writer.tree.account(named: account.id.description)
        }
    }

    /// Draws an operator another signing key, and signs its accounts anew. Servers have to be given the operator's token
    /// again, before they believe the accounts'.
    public func rotateOperator(_ name: String?, by caller: Caller) async throws -> NATSOperator {
        try await write(.revocation, by: caller) { writer in
            let owner = try writer.tree.operator(named: name)
            try writer.rotateSigner(of: owner.stored, .operator)
            try writer.resign(owner)
            try writer.settle(try writer.tree.operator(named: owner.id.description))
            return try writer.tree.operator(named: owner.id.description)
        }
    }

    /// Takes a user away: its token holds no longer, and servers that hear of it end its connections.
    public func revokeUser(_ name: String, by caller: Caller) async throws {
        try await write(.revocation, by: caller) { writer in
            let user = try writer.tree.user(named: name)
            guard user.person != nil else { throw Fault.invalid("This is the gateway's own user; rotate it instead.") }
            try writer.remove(user)
            guard let account = writer.tree.account(user.account) else { return }
            try writer.settle(try writer.tree.owner(of: account))
        }
    }
}

extension NATSEntity {
    /// Refuses a change that was made upon another version; nil is any.
    fileprivate func require(_ version: Int64?) throws {
        if let version, version != stored.version { throw Fault.stale("\(stored.kind.rawValue) of NATS") }
    }
}

extension AttributeValue {
    /// With the members of another object in the place of its own of those names.
    fileprivate func changed(by other: AttributeValue) -> AttributeValue {
        .object((object ?? [:]).merging(other.object ?? [:]) { $1 })
    }
}

extension NATSWriter {
    /// Signs a user's token anew for what it may do now. The one before holds no longer: it may have said more.
    mutating func reissue(
        _ user: NATSUser, _ settings: NATSUserSettings, _ roles: NATSRoles, verb: String, pair: NKeyPair? = nil
    ) throws -> NATSUser {
        guard let account = tree.account(user.account) else { throw Fault.notFound("account of NATS") }
        let permissions = try user.person.map { try roles.permissions(of: $0, tx.sql, at: tx.now) } ?? []
        // Servers judge by the second of issue, and the next token is a later one's even within the same second.
        let last = try NATSToken(user.stored.token).issuedAt
        try revoke(user.key, until: pair == nil ? last : max(last, now), in: account)
        var entity = user.stored
        entity.record = try JSONColumn.text(of: settings.json)
        if let pair {
            for key in try tx.sql.natsKeys(in: caller.tenant, of: user.id) {
                _ = try tx.sql.deleteNATSKey(key.id, in: caller.tenant)
            }
            try keys.add(pair, of: user.id, .identity, at: tx.now)
            entity.publicKey = pair.publicKey.text
        }
        let key = pair?.publicKey ?? user.key
        entity.token = try userToken(
            user.name, key, settings, roles: permissions, in: account, issuedAt: max(now, last + 1)
        ).text
        try update(entity, verb)
        try settle(try tree.owner(of: account))
        return try tree.user(named: user.id.description)
    }

    /// Takes a user away, whose tokens hold no longer.
    mutating func remove(_ user: NATSUser) throws {
        // Signed anew within a second, a token may be of the next one.
        let last = try NATSToken(user.stored.token).issuedAt
        if let account = tree.account(user.account) { try revoke(user.key, until: max(now, last), in: account) }
        guard try tx.sql.deleteNATSEntity(user.id, in: caller.tenant) else { return }
        try note("revoked", user.stored)
        tree.users.removeAll { $0.id == user.id }
    }

    mutating func rotateSigner(of entity: StoredNATSEntity, _ kind: NKey.Kind) throws {
        for key in try tx.sql.natsKeys(in: caller.tenant, of: entity.id) where key.purpose == .signing {
            _ = try tx.sql.deleteNATSKey(key.id, in: caller.tenant)
        }
        try keys.add(try .generate(kind), of: entity.id, .signing, at: tx.now)
        try note("rotated", entity)
    }

    /// Signs an operator's token anew, with the signing keys that there are now.
    mutating func resign(_ owner: NATSOperator) throws {
        guard case .operator(var claims) = try NATSToken(owner.stored.token).claims else { return }
        claims.serviceAddresses = owner.settings.servers
        claims.signingKeys = try tx.sql.natsKeys(in: caller.tenant, of: owner.id)
            .filter { $0.purpose == .signing }.map { try NKey($0.publicKey) }
        var entity = owner.stored
        entity.token = try claims.signed(by: try keys.pair(of: owner.id, .identity), issuedAt: now).text
        try update(entity, "signed")
    }
}
