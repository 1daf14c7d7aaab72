import Identity
import JOSE
import OAuth
import Vocabulary

/// A provider that people are sent to, as the gateway is a client of it: everything but the network.
public struct OpenIDSettings: Sendable {
    public var provider: ProviderID
    /// The configuration's name: what an attempt is bound to, and the end of the redirect URI.
    public var key: String
    public var preset: ProviderPreset
    public var clientID: String
    public var proof: ClientProof
    /// One of its own for each provider (RFC 9700 §4.4.2.2): an answer says by its address whose it should be.
    public var redirectURI: String
    /// Our attribute's name to the path of a claim.
    public var attributes: [String: String] = [:]
    /// What stands at this path is the login here; the provider's own user name where there is none.
    public var loginClaim: String?
    public var trustsUnverifiedMail = false
    /// Domains of mail addresses that are the provider's to give, in lower case.
    public var ownedDomains: Set<String> = []
    /// What counts as a second factor; nothing does by default.
    public var multiFactor = MultiFactorClaims()
    /// Its ID tokens say when the person was there (`auth_time`) where that is asked for.
    public var saysSignInTime = true
    public var asksUserInfo = true
    /// What else the provider is asked for, beyond the standards.
    public var service = Service.standard
    /// `http` on the own machine, to develop against.
    public var allowsLoopback = false
    /// The ID token is kept, to sign people out at the provider too.
    public var signsOut = false
    /// Its refresh token is kept, to ask again who the person is; nil where nothing is kept.
    public var keeping: Keeping?

    /// How what a provider says of somebody is kept up to date while they are signed in.
    public struct Keeping: Sendable, Hashable {
        /// How often the provider is asked, for each session that came of it.
        public var refreshEvery: Duration
        /// How long sessions go on while it cannot be asked, or says nothing that is believed.
        public var unreachableFor: Duration

        public init(refreshEvery: Duration, unreachableFor: Duration) {
            self.refreshEvery = refreshEvery
            self.unreachableFor = unreachableFor
        }
    }

    /// How the client proves itself at the token endpoint.
    public enum ClientProof: Sendable {
        case none
        case secret(SecretText)
        /// `private_key_jwt` (RFC 7523 §2.2).
        case key(SigningKey)
        /// Apple: the secret is a token of its own, signed with the team's key.
        case apple(team: String, SigningKey)
    }

    /// The values of `amr` and `acr` that are believed to mean several factors.
    public struct MultiFactorClaims: Sendable, Hashable {
        public var methods: Set<String>
        public var contexts: Set<String>
        /// The contexts are asked for (`acr_values`) where one factor is not enough, and one of them has to be reached.
        public var isAsked: Bool

        public init(methods: Set<String> = [], contexts: Set<String> = [], isAsked: Bool = false) {
            self.methods = methods
            self.contexts = contexts
            self.isAsked = isAsked
        }

        /// What is asked for then; nothing where it is not to be.
        public var asked: [String] { isAsked ? contexts.sorted() : [] }
    }

    /// What one provider has and no standard does.
    public enum Service: Sendable, Hashable {
        case standard
        /// Addresses of mail and the check of tokens, below this address.
        case gitHub(api: String)
        /// Groups beyond those in the token, from Graph.
        case entra
    }

    public init(
        provider: ProviderID, key: String, preset: ProviderPreset, clientID: String, proof: ClientProof,
        redirectURI: String
    ) {
        self.provider = provider
        self.key = key
        self.preset = preset
        self.clientID = clientID
        self.proof = proof
        self.redirectURI = redirectURI
    }

    /// What the provider says something about.
    public var described: DescribedAttributes { Self.described(attributes) }

    /// As above, from the mapping alone.
    public static func described(_ attributes: [String: String]) -> DescribedAttributes {
        DescribedAttributes(
            Self.builtIn, free: attributes.keys.filter { name in !Self.builtIn.contains { $0.rawValue == name } })
    }

    /// The attributes of people that every such provider may describe, in the names of `attributes`.
    public static let builtIn: [PersonAttribute] = [.displayName, .givenName, .familyName, .mail]
}
