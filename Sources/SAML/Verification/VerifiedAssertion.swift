/// What an identity provider said of somebody, once everything about it was checked. Only verification makes one, and it
/// reads nothing but bytes that a signature covers.
public struct VerifiedAssertion: Sendable {
    /// The identity provider's entity id.
    public let issuer: String
    /// Its ID: with `issuer`, what is remembered until `notOnOrAfter` so that nobody uses it twice.
    public let id: String
    /// The response's ID; as well signed only where the response is.
    public let responseID: String
    /// The request that it answers; nil where the identity provider began.
    public let inResponseTo: String?
    /// nil where the subject is told by attributes only, and that was allowed.
    public let nameID: Name?
    public let attributes: [Attribute]
    /// When the person signed in there.
    public let authnInstant: SAMLTime
    /// The session there, for logging out of it.
    public let sessionIndex: String?
    public let sessionNotOnOrAfter: SAMLTime?
    public let authnContextClass: String?
    /// Who else took part in signing in, from the nearest on.
    public let authenticatingAuthorities: [String]
    /// How often it may be passed on; nil where nothing is said.
    public let proxyCount: Int?
    /// When it ends to prove anything: the earliest of its bounds, without allowance for clocks.
    public let notOnOrAfter: SAMLTime
    /// All of it.
    public let element: XMLElement

    init?(
        verifiedElement element: XMLElement, response: XMLElement, subject: AssertionSubject,
        conditions: AssertionConditions, statement: AuthenticationStatement, attributes: [Attribute]
    ) {
        guard let issuer = try? element.issuer(), let id = element.attribute("ID") else { return nil }
        self.issuer = issuer
        self.id = id
        responseID = response.attribute("ID") ?? ""
        inResponseTo = subject.confirmation.inResponseTo
        nameID = subject.name
        self.attributes = attributes
        authnInstant = statement.instant
        sessionIndex = statement.sessionIndex
        sessionNotOnOrAfter = statement.sessionNotOnOrAfter
        authnContextClass = statement.contextClass
        authenticatingAuthorities = statement.authorities
        proxyCount = conditions.proxyCount
        let end = subject.confirmation.notOnOrAfter
        notOnOrAfter = conditions.notOnOrAfter.map { min($0, end) } ?? end
        self.element = element
    }
}
