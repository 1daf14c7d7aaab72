import Identity
import SAML
import Vocabulary

/// A provider that people are sent to by SAML 2.0, as the gateway is its service provider: everything but the network.
public struct SAMLProviderSettings: Sendable {
    public var provider: ProviderID
    /// The configuration's name: what an attempt is bound to.
    public var key: String
    /// The identity provider's entity id; nil for the only identity provider that its metadata tell of.
    public var entityID: String?
    /// How the gateway asks, and what it insists on.
    public var service: ServiceProviderSettings
    /// Which signature has to be there; one always has.
    public var signature = ResponseExpectation.SignatureRequirement.either
    /// How the identity provider is asked to answer; an answer by another binding is not taken.
    public var answerBinding = Binding.post
    /// Where somebody who comes without a request may be sent on to.
    public var returnTargets: [String] = []
    /// Signs requests; nil leaves them unsigned.
    public var signingKey: SAMLSigningKey?
    /// Open what was encrypted for the gateway, each tried in turn.
    public var decryptionKeys: [SAMLDecryptionKey] = []
    /// What may be signed and encrypted by, here and there.
    public var algorithms = AlgorithmPolicy()
    /// Our attribute's name to the `Name` of one in assertions.
    public var attributes: [String: String] = [:]
    /// What is the login here, by the `Name` of an attribute; the usual ones are tried where there is none.
    public var loginAttribute: String?
    public var groupsAttribute: String?
    /// Domains of mail addresses that are the provider's to give, in lower case.
    public var ownedDomains: Set<String> = []
    /// Authentication contexts that are believed to mean several factors.
    public var multiFactorContexts: Set<String> = [AuthnContextClass.multiFactor]
    /// Contexts that it is asked for, exactly, where one factor is not enough, in order; none asks for nothing then.
    public var askedFactorContexts: [String] = []
    /// Contexts that applications may ask for and the gateway cannot reach itself: this provider is asked for them, and
    /// believed when it says them.
    public var passedContexts: [String] = []
    /// It is told which application asks, and how often that may be passed on (SAML Core §3.4.1.2).
    public var sendsScoping = true
    /// Whether it is asked for people who may not be asked anything themselves, for applications behind us that may not.
    public var isAskedPassively = false
    /// It is told of sign-outs that begin here.
    public var isToldOfLogout = true
    /// The name in what it is told is encrypted where its metadata have a key for that (against saml2int, SDP-SP30).
    public var encryptsLogoutNames = false
    /// How far the gateway believes that the authentication happened when the assertion says so.
    public var saysSignInTime = true

    public init(provider: ProviderID, key: String, service: ServiceProviderSettings) {
        self.provider = provider
        self.key = key
        self.service = service
    }

    /// The attributes of people that every such provider may describe, in the names of `attributes`.
    public static let builtIn: [PersonAttribute] = [.displayName, .givenName, .familyName, .mail]

    /// What the provider says something about, from the mapping alone.
    public static func described(_ attributes: [String: String]) -> DescribedAttributes {
        DescribedAttributes(
            builtIn, free: attributes.keys.filter { name in !builtIn.contains { $0.rawValue == name } })
    }
}
