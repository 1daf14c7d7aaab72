import SAML

/// What a sign-in at another provider should be like, whatever is spoken there.
public struct UpstreamWish: Sendable {
    /// Who the person said they are, for the provider's first page.
    public var loginHint: String?
    /// How long ago the person may have been at the provider, in seconds; nil for any time.
    public var maxAgeSeconds: Int64?
    /// The provider may not ask the person anything: it knows them, or says that it does not.
    public var isPassive = false
    /// One factor is not enough here. A provider that was never named as one that asks for several is not asked to.
    public var needsSeveralFactors = false
    /// The request of the application that speaks SAML and sent the person here; nil for every other sign-in.
    public var application: AcceptedRequest?

    public init() {}
}
