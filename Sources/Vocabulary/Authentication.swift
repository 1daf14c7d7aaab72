/// How one factor was proven, by the names of RFC 8176 (`amr` values).
public enum AuthenticationMethod: String, Sendable, Codable, CaseIterable, Hashable {
    /// A password or passphrase, checked here or by a directory.
    case password = "pwd"
    /// A one-time password (TOTP, RFC 6238).
    case oneTimePassword = "otp"
    /// A recovery code, a knowledge-based last resort that counts as a second factor once.
    case recoveryCode = "kba"
    /// A single-use link printed or mailed by an administrator (set-up, invitation, reset).
    case singleUseLink = "link"
    /// An API key of a service account.
    case apiKey = "swk"
    /// The machine's own administrator, known by the operating system.
    case operatingSystem = "os"
    /// A sign-in at another provider, which says whom it has recognized: a first factor, whatever it asked for itself.
    case federated = "fed"
    /// Several factors, as that provider says and the configuration believes: what is a second factor of it.
    case multiFactor = "mfa"

    /// What may begin a login, and what `auth_time` counts from.
    public static let primary: Set<AuthenticationMethod> = [.password, .federated]
}

/// One proof within a session: which method, by which provider, when.
public struct AuthenticationEvent: Sendable, Codable, Hashable {
    public let method: AuthenticationMethod
    public let provider: ProviderID?
    public let at: Timestamp

    public init(method: AuthenticationMethod, provider: ProviderID?, at: Timestamp) {
        self.method = method
        self.provider = provider
        self.at = at
    }
}

/// How strong a session's authentication is (`acr`). Ordered: a higher level satisfies a demand for a lower one.
///
/// The names are those of NIST SP 800-63B-4 §2; the transported value is `urn:gatehouse:aal:1` and so on.
public enum AuthenticationStrength: Int, Sendable, Codable, Comparable, CaseIterable {
    /// No proof by the person: a bare link.
    case none = 0
    /// One factor.
    case aal1 = 1
    /// Two different factors.
    case aal2 = 2

    public var acr: String { "urn:gatehouse:aal:\(rawValue)" }

    public init?(acr: String) {
        guard let match = Self.allCases.first(where: { $0.acr == acr }) else { return nil }
        self = match
    }

    /// What a list of proofs amounts to: two proofs by different methods, one of them a possession, are AAL2.
    public init(of events: some Sequence<AuthenticationEvent>) {
        // Every decision and introspection asks: one pass, nothing allocated.
        var (isProven, isKnown, isPossessed) = (false, false, false)
        for event in events {
            isProven = true
            switch event.method {
            // What another provider recognized somebody by is not known here: a first factor, and no possession.
            case .password, .singleUseLink, .federated: isKnown = true
            case .oneTimePassword, .recoveryCode, .multiFactor: isPossessed = true
            case .apiKey, .operatingSystem: break
            }
        }
        self = isKnown && isPossessed ? .aal2 : isProven ? .aal1 : .none
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
