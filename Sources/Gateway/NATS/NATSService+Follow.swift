import Governance
import Identity
import NKeys
import Storage
import Vocabulary

extension NATSService {
    /// Brings users to what is known of their people: whoever is gone, inactive or no service any more is taken away, and so
    /// is who was let in for a time that is over or was taken back; whose roles give something else has another token.
    ///
    /// - Returns: how many were changed.
    @discardableResult
    func follow(in tenant: TenantID) async throws -> Int {
        let due = try await due(in: tenant)
        guard !due.isEmpty else { return 0 }
        let caller = Caller(tenant: tenant, actor: .system("nats"), command: .random(at: clock()))
        let roles = NATSRoles(try await table.snapshot(of: tenant), role: settings.serviceRole)
        var failure: (any Error)?
        // Each by itself: no lane holds the writer for long, and one that fails keeps nobody else's. Who is to go goes first.
        for (id, step) in due.filter({ $0.1 == .remove }) + due.filter({ $0.1 == .sign }) {
            do { try await carryOut(step, for: id, roles, by: caller) } catch {
                failure = failure ?? error
                // Whose rights cannot be written down any more has none: the token at hand may say more than they are.
                if step == .sign { try? await withdraw(id, by: caller) }
            }
        }
        if let failure { throw failure }
        return due.count
    }

    private func carryOut(_ step: Step, for id: NATSEntityID, _ roles: NATSRoles, by caller: Caller) async throws {
        try await write(.revocation, by: caller) { writer in
            guard let user = writer.tree.users.first(where: { $0.id == id }) else { return }
            switch step {
            case .remove:
                try writer.remove(user)
                guard let account = writer.tree.account(user.account) else { return }
                try writer.settle(try writer.tree.owner(of: account))
            case .sign: _ = try writer.reissue(user, user.settings, roles, verb: "signed")
            }
        }
    }

    /// Ends what a user was handed; it keeps its place, and is signed anew as soon as that can be.
    private func withdraw(_ id: NATSEntityID, by caller: Caller) async throws {
        try await write(.revocation, by: caller) { writer in
            guard let user = writer.tree.users.first(where: { $0.id == id }),
                let account = writer.tree.account(user.account)
            else { return }
            let last = try NATSToken(user.stored.token).issuedAt
            guard account.settings.revoked[user.key.text].map({ $0 < last }) ?? true else { return }
            try writer.revoke(user.key, until: last, in: account)
            try writer.settle(try writer.tree.owner(of: account))
        }
    }

    private enum Step: Sendable { case remove, sign }

    private func due(in tenant: TenantID) async throws -> [(NATSEntityID, Step)] {
        let authorization = try await table.snapshot(of: tenant)
        let (role, now) = (settings.serviceRole, clock())
        return try await store.ask(tenant, now: now) { view in
            let tree = try NATSTree(try view.sql.natsEntities(in: tenant))
            let roles = NATSRoles(authorization, role: role)
            return try tree.users.compactMap { user -> (NATSEntityID, Step)? in
                guard let person = user.person else { return nil }
                if let end = user.expiresAt, end <= now { return (user.id, .remove) }
                guard try view.sql.person(person, in: tenant)?.isActive ?? false else { return (user.id, .remove) }
                if let assignment = user.assignment {
                    let held = try view.load(Governed.assignment(assignment)).state
                    let isInForce = held?.isInForce(at: now) ?? false
                    return isInForce ? nil : (user.id, .remove)
                }
                guard try roles.isService(person, view.sql, at: now) else { return (user.id, .remove) }
                let rights = NATSPermissions.rights(
                    user.settings, roles: try roles.permissions(of: person, view.sql, at: now),
                    of: try tree.account(user.account).map(tree.owner)?.settings
                        ?? NATSOperatorSettings(subjectPrefix: ""), key: user.publicKey)
                guard case .user(let claims) = try NATSToken(user.stored.token).claims else { return nil }
                return claims.rights == rights ? nil : (user.id, .sign)
            }
        }
    }
}
