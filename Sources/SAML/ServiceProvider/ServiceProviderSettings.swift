/// What a service provider of ours goes by.
public struct ServiceProviderSettings: Sendable, Hashable {
    /// How requests are made and what is insisted on.
    public enum Profile: String, Sendable, Hashable, CaseIterable {
        /// What SAML Core allows and most identity providers take.
        case standard
        /// Kantara's deployment profile saml2int v2.
        case saml2int
    }

    /// What is said of the name that an answer should carry.
    public enum NameIDWish: Sendable, Hashable {
        /// No `NameIDPolicy` (SDP-SP04 recommends it).
        case unsaid
        /// A policy without a format: whatever there is, new if need be.
        case any
        /// This format; with saml2int it is left unsaid.
        case format(String)
    }

    public var entityID: String
    /// Where answers are taken, by index.
    public var consumers: [IndexedEndpoint]
    public var profile: Profile
    /// Signs requests even to those who do not ask for it.
    public var signsRequests: Bool
    public var nameID: NameIDWish
    /// What is asked of every sign-in; a wish of its own goes before it.
    public var authnContext: RequestedAuthnContext?
    /// Answers that nobody asked for are taken. They let anybody sign somebody else in as themselves.
    public var takesUnsolicited: Bool
    /// Seconds that clocks may differ: 0 to 300 (SDP-G01 says 180 to 300).
    public var skew: Int64
    /// Seconds that a request waits for its answer.
    public var requestLifetime: Int64
    /// What is tried to know somebody by, in order.
    public var subjectRules: [SubjectRule]
    public var scopes: ScopePolicy

    /// Whether somebody can be known without a name in the subject (SDP-SP13).
    public var knowsPeopleByAttributes: Bool { subjectRules.contains(where: \.isAttribute) }

    public init(
        entityID: String, consumers: [IndexedEndpoint], profile: Profile = .standard, signsRequests: Bool = false,
        nameID: NameIDWish = .any, authnContext: RequestedAuthnContext? = nil, takesUnsolicited: Bool = false,
        skew: Int64 = 180, requestLifetime: Int64 = 900, subjectRules: [SubjectRule] = SubjectRule.usual,
        scopes: ScopePolicy = .metadata
    ) {
        self.entityID = entityID
        self.consumers = consumers
        self.profile = profile
        self.signsRequests = signsRequests
        self.nameID = nameID
        self.authnContext = authnContext
        self.takesUnsolicited = takesUnsolicited
        self.skew = skew
        self.requestLifetime = requestLifetime
        self.subjectRules = subjectRules
        self.scopes = scopes
    }
}
