import OAuth
import Providers
import Vocabulary

/// A provider of `type: oidc` or `type: oauth2`: people are sent there to sign in.
public struct UpstreamProviderConfiguration: Sendable {
    /// What is spoken with it.
    public enum Language: String, Sendable, CaseIterable {
        case oidc
        case oauth2
    }

    /// What would otherwise have to be looked up.
    public enum Preset: String, Sendable, CaseIterable {
        case generic, google, entra, okta, keycloak, gitlab, apple, github

        var language: Language { self == .github ? .oauth2 : .oidc }
        /// Anybody in the world has an account there, or can make one.
        var isPublic: Bool { self == .google || self == .gitlab || self == .apple || self == .github }
        /// Its ID tokens say when the person was there, where that is asked for.
        var saysSignInTime: Bool { self != .google && self != .apple && self != .github }
    }

    /// How the gateway proves itself there.
    public enum Credential: Sendable, Hashable {
        case none
        case secret(SecretSource)
        case key(SecretSource, id: String?)
        case appleKey(SecretSource, id: String, team: String)

        /// Where the secret is.
        public var source: SecretSource? {
            switch self {
            case .none: nil
            case .secret(let source), .key(let source, _), .appleKey(let source, _, _): source
            }
        }
    }

    /// How the provider is reached.
    public struct Route: Sendable {
        public var caFile: String?
        public var proxy: String?
        public var proxyCredentials: SecretSource?
        /// It may stand in the operator's own network; plain HTTP stays on the own machine all the same.
        public var allowsPrivateAddresses = false
    }

    public var language: Language
    public var preset: Preset
    /// The preset with what the file adds to it.
    public var description: ProviderPreset
    public var service: OpenIDSettings.Service
    public var clientID: String
    public var credential: Credential
    public var route: Route
    public var attributes: [String: String]
    public var loginClaim: String?
    public var trustsUnverifiedMail: Bool
    public var ownedDomains: Set<String>
    public var multiFactor: OpenIDSettings.MultiFactorClaims
    public var saysSignInTime: Bool
    public var asksUserInfo: Bool
    public var createsPeopleAtLogin: Bool
    public var signsOut: Bool
    /// How people are asked about again; nil where nothing of a sign-in is kept.
    public var keeping: OpenIDSettings.Keeping?
}
