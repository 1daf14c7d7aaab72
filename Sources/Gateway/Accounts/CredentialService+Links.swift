import Identity
import Storage
import Vocabulary

/// What a presented link is worth. A person sees one sentence for everything but `valid`.
public enum LinkOutcome: Sendable, Hashable {
    case valid(SingleUseLink)
    case unknown
    case refused(LinkUseRefusal)
}

/// A link just made: its token leaves once.
public struct MadeLink: Sendable {
    public let link: SingleUseLink
    public let token: SecretText
}

extension CredentialService {
    /// Makes a link; what the person had open of that purpose is revoked, so that only the newest works. `lifetime` is
    /// cut to the purpose's longest.
    /// - Throws: `not_found`, `invalid` for a link of nobody that is not for set-up.
    public func createLink(
        for purpose: LinkPurpose, person: PersonID?, lifetime: Duration, by caller: Caller
    ) async throws -> MadeLink {
        guard (person == nil) == (purpose == .setup), lifetime > .zero else {
            throw Fault.invalid("A link is for one person and some time; only a set-up link makes its person.")
        }
        let token = try Randomness.token(.link)
        let link = try await store.write(.administration) { tx in
            let link = SingleUseLink(
                id: .random(at: tx.now), tenant: caller.tenant, purpose: purpose, tokenHash: token.hash, person: person,
                createdBy: caller.actor, createdAt: tx.now,
                expiresAt: tx.now + min(lifetime, purpose.longestLifetime))
            if let person {
                guard try tx.sql.person(person, in: caller.tenant) != nil else { throw Fault.notFound("person") }
                try tx.sql.revokeLinks(of: person, purpose, at: tx.now)
            }
            try tx.sql.insert(link)
            try tx.append(
                caller.event(
                    "link.created", Self.stream(link),
                    facts: Self.facts(link) + [Fact("expires", .time(link.expiresAt))]))
            return link
        }
        return MadeLink(link: link, token: token.text)
    }

    /// Looks at a link without using it up: what the page behind it does. Mail scanners open links too.
    public func openLink(_ text: String, for purpose: LinkPurpose, in tenant: TenantID) async throws -> LinkOutcome {
        guard let token = BearerToken(text: text, kind: .link) else { return .unknown }
        let now = clock()
        return try await store.read { try Self.look(token, for: purpose, in: tenant, now, $0) }
    }

    /// Uses a link up by itself; of two requests with one link, one gets it.
    public func useLink(_ text: String, for purpose: LinkPurpose, by caller: Caller) async throws -> LinkOutcome {
        try await store.write(.login) { [self] tx in try useLink(text, for: purpose, by: caller, in: tx) }
    }

    /// Uses a link up within the transaction that does what it is for.
    func useLink(
        _ text: String, for purpose: LinkPurpose, by caller: Caller, in tx: Transaction
    ) throws -> LinkOutcome {
        guard let token = BearerToken(text: text, kind: .link) else { return .unknown }
        let outcome = try Self.look(token, for: purpose, in: caller.tenant, tx.now, tx.sql)
        guard case .valid(let link) = outcome else { return outcome }
        guard try tx.sql.useLink(link.id, at: tx.now) else { return .refused(.used) }
        try tx.append(caller.event("link.used", Self.stream(link), facts: Self.facts(link)))
        return outcome
    }

    private static func look(
        _ token: BearerToken, for purpose: LinkPurpose, in tenant: TenantID, _ now: Timestamp, _ sql: any SQLConnection
    ) throws -> LinkOutcome {
        guard let link = try sql.link(token.hash) else { return .unknown }
        return link.refusal(usingFor: purpose, in: tenant, now: now).map { .refused($0) } ?? .valid(link)
    }

    private static func stream(_ link: SingleUseLink) -> Stream {
        link.person.map { Stream("person", $0) } ?? Stream("link", link.id)
    }

    private static func facts(_ link: SingleUseLink) -> [Fact] {
        [Fact("link", .id(link.id, "link")), Fact("purpose", .word(link.purpose.word))]
    }
}

extension LinkPurpose {
    /// The journal's word.
    var word: String {
        switch self {
        case .setup: "setup"
        case .invitation: "invitation"
        case .passwordReset: "password_reset"
        }
    }
}
