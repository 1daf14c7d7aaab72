import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// Begins what was granted, in rows, journal and memory; `GrantEnding` ends it.
enum GrantIssuing {
    /// Grants that one person may have open at one client; the oldest ends where there is one more.
    static let limit = 64

    /// How somebody is signed in, as tokens for a client tell it, with the `sid` by which it knows the session from now on.
    static func authentication(
        of session: Session, at client: OAuthClient, as subject: String, _ tx: Transaction
    ) throws -> Authentication {
        let sid = try tx.sql.enterClient(
            client.id, with: session.id, in: client.tenant, as: subject,
            fresh: Base64URL.encode(Randomness.bytes(16)), isTold: client.metadata.backchannelLogoutURI != nil,
            until: session.absoluteEnd)
        return Authentication(of: session, sessionID: sid)
    }

    /// Writes a grant, and counts on it once that is committed.
    static func insert(_ grant: LiveGrant, by caller: Caller, _ live: LiveGrants, _ tx: Transaction) throws {
        try endOldest(before: grant, by: caller, live, tx)
        try tx.sql.insert(try grant.stored)
        try tx.append(caller.event("grant.issued", Stream("grant", grant.id), facts: facts(of: grant)))
        tx.afterCommit { live.add(grant) }
    }

    private static func endOldest(
        before grant: LiveGrant, by caller: Caller, _ live: LiveGrants, _ tx: Transaction
    ) throws {
        guard let person = grant.person else { return }
        let present = live.grants(of: person, in: grant.tenant, at: tx.now).filter { $0.client == grant.client }
        guard present.count >= limit, let oldest = present.first else { return }
        try GrantEnding.end(.grant(oldest.id), .superseded, by: caller, live, tx)
    }

    private static func facts(of grant: LiveGrant) -> [Fact] {
        var facts = [
            Fact("client", .id(grant.client, "client")),
            Fact("scopes", .list(grant.tokens.scope.names.sorted().map { .word($0) })),
        ]
        if let person = grant.person { facts.append(Fact("person", .id(person, "person"))) }
        if let session = grant.session { facts.append(Fact("session", .id(session, "session"))) }
        return facts
    }
}
