import Providers
import SAML
import Vocabulary

/// A provider of `type: saml`: people are sent there to sign in, and the gateway is its service provider.
public struct SAMLProviderConfiguration: Sendable {
    /// Where the identity provider's metadata are.
    public enum Place: Sendable, Hashable {
        case file(String)
        case address(String)
        /// A responder of the Metadata Query Protocol.
        case query(String)
    }

    public var place: Place
    /// PEM of the keys or certificates that fetched metadata are signed with.
    public var metadataKeyFiles: [String]
    /// Whether fetched metadata have to say until when they hold, and how long that may be; a signature alone would let an
    /// old copy be served for ever.
    public var policy: MetadataPolicy
    public var entityID: String?
    public var profile: ServiceProviderSettings.Profile
    public var nameID: ServiceProviderSettings.NameIDWish
    public var signature: ResponseExpectation.SignatureRequirement
    public var signsRequests: Bool
    public var contexts: [String]
    public var subjectRules: [SubjectRule]
    public var scopes: SAML.ScopePolicy
    public var clockSkew: Int64
    public var attributes: [String: String]
    public var loginAttribute: String?
    public var groupsAttribute: String?
    public var ownedDomains: Set<String>
    public var multiFactorContexts: Set<String>
    /// Asked for where one factor is not enough; none asks for nothing then.
    public var askedFactorContexts: [String]
    /// Passed on for applications that ask for them.
    public var passedContexts: [String]
    public var sendsScoping: Bool
    /// Asked, without anybody being asked anything there, for applications that want it so.
    public var isAskedPassively: Bool
    /// How the identity provider is asked to answer: by a form, or by an artifact that the gateway resolves.
    public var answerBinding: SAML.Binding
    /// Takes answers that nobody asked for.
    public var allowsUnsolicited: Bool
    /// Where somebody who comes so may be sent on to (`RelayState`): paths of the gateway, or addresses of applications.
    public var returnTargets: [String]
    public var route: UpstreamProviderConfiguration.Route
    public var createsPeopleAtLogin: Bool
    /// Whether it is told of sign-outs that begin here; it may always tell us.
    public var singleLogout: Bool
    /// Whether names are encrypted when it is told.
    public var encryptsLogoutNames: Bool
}

/// The gateway's own keys of SAML: the first signs, every one opens what was encrypted for it, and all are published, so that
/// one follows another without a break.
public struct SAMLConfiguration: Sendable {
    /// A private key and the certificate it is published as.
    public struct KeyPair: Sendable, Hashable {
        public var key: SecretSource
        public var certificateFile: String
    }

    public var keys: [KeyPair]
    /// What is signed and encrypted by, and what is believed of others.
    public var algorithms: AlgorithmPolicy
    /// Where people who cannot say which provider is theirs are sent to choose one.
    public var discoveryURL: String?
    /// A PEM file of authorities that the servers of applications' metadata are certified by; nil for the system's.
    public var metadataAuthorities: String?
    /// Whether enhanced clients may sign people in with a password that they send along (SAML V2.0 Enhanced Client or Proxy
    /// Profile Version 2.0).
    public var servesEnhancedClients: Bool
    /// Where their logins are checked that belong to no provider by their domain, by the providers' ids; the first that is
    /// the tenant's.
    public var enhancedClientProviders: [String]
    /// What people are told about by assertions, by our names.
    public var attributes: SAMLAttributeSet
    /// Which application is told what.
    public var release: [SAMLReleaseConfiguration]
    public var applications: [SAMLApplicationConfiguration]
}
