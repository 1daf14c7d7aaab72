import Vocabulary

/// Why an upstream identity could not become a person.
public enum LinkRefusal: String, Sendable, Hashable, Codable, CaseIterable {
    /// The provider does not create people at login, and nobody is linked.
    case notProvisioned = "link.not_provisioned"
    /// Somebody else has this login. Never linked by name: a directory could otherwise take over any account.
    case loginTaken = "link.login_taken"
    /// Somebody else has this mail address. Never linked by mail either.
    case mailTaken = "link.mail_taken"
    /// The upstream key is empty, too long or malformed.
    case malformedKey = "link.malformed_key"
    /// The login is blank, too long or malformed.
    case malformedLogin = "link.malformed_login"
    /// The upstream subject is already linked to another person.
    case linkedElsewhere = "link.linked_elsewhere"
    /// The provider vouches for another tenant's subject.
    case otherTenant = "link.other_tenant"
}

/// What the store knows that bears on an upstream identity, loaded beforehand.
public struct LinkFacts: Sendable, Hashable {
    public let tenant: TenantID
    /// The link with exactly this (provider, key), if there is one.
    public let linked: LinkedIdentity?
    /// Who has this login, by `NameKey`.
    public let loginHolder: PersonID?
    /// Who has this mail address, by `NameKey`.
    public let mailHolder: PersonID?
    /// Whether the provider may create people at their first login.
    public let createsPeople: Bool
    /// The one person with this mail address, whom nobody but providers that own its domain has described: nobody else
    /// can have put the address there to wait for its owner.
    public let vouchedHolder: PersonID?

    public init(
        tenant: TenantID, linked: LinkedIdentity?, loginHolder: PersonID?, mailHolder: PersonID?, createsPeople: Bool,
        vouchedHolder: PersonID? = nil
    ) {
        self.tenant = tenant
        self.linked = linked
        self.loginHolder = loginHolder
        self.mailHolder = mailHolder
        self.createsPeople = createsPeople
        self.vouchedHolder = vouchedHolder
    }
}

/// What follows from a verified upstream identity at login.
public enum LinkDecision: Sendable, Hashable {
    case known(PersonID, IdentityID)
    /// Link it to this person: the provider owns the domain of their mail address.
    case link(PersonID)
    /// Make a person of this identity and link it.
    case create
    case refused(LinkRefusal)

    /// Decides by (provider, subject key) and by nothing else; a holder of the same login or mail is a conflict for
    /// that one person, never a match. Only where the configuration says that a provider owns the address's domain does
    /// the address find somebody.
    public static func decide(_ identity: ExternalIdentity, facts: LinkFacts) -> LinkDecision {
        guard UpstreamSubject.isValid(key: identity.subjectKey) else { return .refused(.malformedKey) }
        if let linked = facts.linked {
            guard linked.subject == identity.subject else { return .refused(.linkedElsewhere) }
            guard linked.tenant == facts.tenant else { return .refused(.otherTenant) }
            return .known(linked.person, linked.id)
        }
        guard NameKey.isValid(login: identity.login) else { return .refused(.malformedLogin) }
        if identity.isMailVouchedFor, let holder = facts.vouchedHolder { return .link(holder) }
        guard facts.createsPeople else { return .refused(.notProvisioned) }
        if facts.loginHolder != nil { return .refused(.loginTaken) }
        if facts.mailHolder != nil { return .refused(.mailTaken) }
        return .create
    }
}
