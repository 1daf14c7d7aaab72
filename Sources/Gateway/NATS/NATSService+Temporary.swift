import Governance
import Identity
import NKeys
import Storage
import Vocabulary

/// Credentials for a time: what somebody connects with who was let in by an assignment.
public struct TemporaryNATSCredentials: Sendable {
    public let user: NATSEntityID
    public let name: String
    public let account: String
    /// The token. Its key is kept by whoever asked.
    public let token: String
    public let expiresAt: Timestamp
    public let servers: [String]
}

extension NATSService {
    /// Signs a token for whoever holds an entitlement in whose metadata `nats` says an account and what may be done there. It
    /// holds for as long as the assignment at most; when that is taken back, so is the token.
    ///
    /// - Parameters:
    ///   - assignment: the holder's own; it is in force, and ends by itself.
    ///   - publicKey: of the holder's own pair, whose seed never comes here.
    /// - Throws: `not_found` for an assignment of another or one that is not in force; `nats.no_end` for one without an end;
    ///   `nats.no_access` where the entitlement says nothing of NATS.
    public func temporaryCredentials(
        _ assignment: EntitlementAssignmentID, publicKey: String, of person: PersonID, by caller: Caller
    ) async throws -> TemporaryNATSCredentials {
        let key = try NATSNames.known { try NKey(publicKey, .user, place: "public_key") }
        let now = clock()
        let (held, metadata) = try await store.ask(caller.tenant, now: now) { view in
            guard let held = try view.load(Governed.assignment(assignment)).state, held.isInForce(at: now),
                held.subject == .person(person)
            else { throw Fault.notFound("assignment") }
            return (held, try view.load(Governed.entitlement(held.entitlement)).state?.details.metadata)
        }
        guard let end = held.expiresAt else {
            throw Fault(
                "nats.no_end", .caller, "Such credentials are for a time, and this assignment has no end.",
                remedy: "Have it assigned until a moment.")
        }
        guard let said = metadata?["nats"] else {
            throw Fault("nats.no_access", .caller, "This entitlement says nothing of NATS.")
        }
        let expiresAt = min(end, now + settings.longestTemporary)
        return try await write(by: caller) { writer in
            try writer.insertTemporary(said, key, person, held.id, until: expiresAt)
        }
    }
}

extension NATSWriter {
    fileprivate mutating func insertTemporary(
        _ said: AttributeValue, _ key: NKey, _ person: PersonID, _ assignment: EntitlementAssignmentID,
        until end: Timestamp
    ) throws -> TemporaryNATSCredentials {
        var members = try NATSMembers(said, at: "metadata.nats")
        let account = try tree.account(named: try members.required("account"))
        guard !account.isSystem else { throw Fault.invalid("Nobody is let into the system account.") }
        let settings = try NATSUserSettings(&members)
        try members.finish()
        guard let known = try tx.sql.person(person, in: caller.tenant), known.isActive else {
            throw Fault.notFound("person")
        }
        // A key that was revoked stays so; one that somebody has already is theirs.
        guard account.settings.revoked[key.text] == nil, !tree.users.contains(where: { $0.key == key }) else {
            throw Fault(
                "conflict", .caller, "This key was used before.", remedy: "Draw another pair for each time.")
        }
        let name = "\(NATSNames.slug(known.login))-\(key.text.suffix(8).lowercased())"
        let token = try userToken(name, key, settings, roles: [], in: account, expiresAt: end)
        let entity = try insert(
            .user,
            Place(
                id: .random(at: tx.now), name: name, parent: account.id, person: person, assignment: assignment.bytes),
            key: key, holderKey: nil, record: settings.json, token: token, expiresAt: end)
        let owner = try tree.owner(of: account)
        try settle(owner)
        return TemporaryNATSCredentials(
            user: entity.id, name: name, account: account.name, token: token.text, expiresAt: end,
            servers: owner.settings.servers)
    }
}
