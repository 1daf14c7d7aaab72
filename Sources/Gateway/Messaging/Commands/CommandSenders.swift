import Authorization
import Identity
import NKeys
import Storage
import Vocabulary

/// Whose request it is that came to a subject of NATS.
///
/// Servers do not say who published. So the subject does: only the holder of a key has the right to publish to the subject that
/// ends with it, because all rights at those servers were given here. That holds at servers of our own operator and nowhere else.
/// Elsewhere, and at subjects without a key, a request is by the one account that the configuration names for it, or refused.
struct CommandSenders: Sendable {
    let store: Store
    let resolver: SubjectResolver
    let tenant: TenantID
    /// The operator whose servers we are connected to; nil where they are not of ours.
    let owner: NATSEntityID?
    /// The service account behind requests without a key; nil to refuse them.
    let unsigned: String?
    let clock: @Sendable () -> Timestamp

    /// - Throws: `command.unauthenticated`.
    func principal(key: String?) async throws -> Principal {
        guard let key else { return try await unsignedPrincipal() }
        guard let owner else {
            throw Self.refused("these servers are not of an operator of ours, so a key proves nothing")
        }
        guard (try? NKey(key, .user)) != nil else { throw Self.refused("the subject ends with no user's key") }
        let now = clock()
        let user = try await store.read { [tenant] sql -> StoredNATSEntity? in
            guard let user = try sql.natsEntity(publicKey: key, in: tenant), user.kind == .user,
                let account = try user.parent.flatMap({ try sql.natsEntity($0, in: tenant) }), account.parent == owner
            else { return nil }
            return user
        }
        guard let user, let person = user.person, user.expiresAt.map({ $0 > now }) ?? true else {
            throw Self.refused("the key is of nobody here")
        }
        return Principal(
            tenant: tenant, subject: .person(person), credential: .natsUser(user.id), provider: nil,
            events: [AuthenticationEvent(method: .apiKey, provider: nil, at: user.createdAt)])
    }

    private func unsignedPrincipal() async throws -> Principal {
        guard let unsigned,
            case .serviceAccount(let id)? = try await resolver.find(.serviceAccount, unsigned, in: tenant)
        else { throw Self.refused("the subject ends with no key") }
        return Principal(
            tenant: tenant, subject: .serviceAccount(id), credential: .natsSubject, provider: nil, events: [])
    }

    private static func refused(_ why: String) -> Fault {
        Fault(
            "command.unauthenticated", .caller, "It is not known who asks: \(why).",
            remedy: "Ask at policy.commands.NAME.KEY as a user who may, or name an account for requests without a key.")
    }
}
