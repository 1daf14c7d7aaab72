import JOSE

/// What names a person for good at a provider. Never an address of theirs: addresses change hands.
public enum UpstreamIdentityRule: Sendable, Hashable {
    /// OpenID Connect Core §5.7: issuer and subject together.
    case issuerAndSubject
    /// Entra ID: tenant and object. Its `sub` differs between applications, and a mail address is anybody's to claim.
    case entraObject
    /// Plain OAuth 2: a member of what userinfo answers, a text or a number (`id` at GitHub).
    case userInfo(member: String)

    /// The key of the person within this provider; two people never have the same, one never two.
    ///
    /// - Throws: `no_subject`.
    public func key(idToken: VerifiedIDToken?, userInfo: UpstreamUserInfo?) throws(UpstreamFault) -> String {
        switch self {
        case .issuerAndSubject:
            guard let idToken else { throw UpstreamFault(.noSubject, "sub") }
            return idToken.subject
        case .entraObject:
            guard let claims = idToken?.claims, let tenant = claims["tid"]?.text, let object = claims["oid"]?.text,
                EntraTenant.isOne(tenant), EntraTenant.isOne(object)
            else { throw UpstreamFault(.noSubject, "oid") }
            return tenant + "/" + object
        case .userInfo(let member):
            switch userInfo?.claims[member] {
            case .integer(let number)?: return String(number)
            case .string(let text)? where !text.isEmpty && text.utf8.count <= VerifiedIDToken.subjectByteLimit:
                return text
            default: throw UpstreamFault(.noSubject, member)
            }
        }
    }
}

/// Where in a provider's claims the things stand that applications call by one name.
public struct ProfileMapping: Sendable, Hashable {
    /// A member, or members within members, separated by dots.
    public var displayName: String
    public var username: String
    public var mail: String
    /// Nil: what the provider says of a mail address counts as verified by nobody.
    public var mailVerified: String?
    public var groups: String?

    public init(displayName: String, username: String, mail: String, mailVerified: String?, groups: String?) {
        self.displayName = displayName
        self.username = username
        self.mail = mail
        self.mailVerified = mailVerified
        self.groups = groups
    }

    /// The names of OpenID Connect Core §5.1.
    public static let standard = ProfileMapping(
        displayName: "name", username: "preferred_username", mail: "email", mailVerified: "email_verified",
        groups: "groups")

    /// No more groups are read of one person.
    public static let groupLimit = 2_000

    /// What was found.
    public struct Profile: Sendable, Hashable {
        public var displayName: String?
        public var username: String?
        public var mail: String?
        /// The provider says that the address is theirs.
        public var isMailVerified: Bool
        public var groups: [String]
    }

    /// Reads a profile out of claims; of several sources the first that has a thing gives it.
    public func profile(of sources: [JSONObject]) -> Profile {
        Profile(
            displayName: text(displayName, sources), username: text(username, sources), mail: text(mail, sources),
            isMailVerified: mailVerified.map { isTrue($0, sources) } ?? false, groups: groupNames(sources))
    }

    private func value(_ path: String, _ sources: [JSONObject]) -> JSONValue? {
        for source in sources {
            var value: JSONValue? = .object(source)
            for name in path.split(separator: ".").prefix(4) { value = value?.object?[String(name)] }
            if let value, value != .null { return value }
        }
        return nil
    }

    private func text(_ path: String, _ sources: [JSONObject]) -> String? {
        guard let text = value(path, sources)?.text, !text.isEmpty, text.utf8.count <= 512 else { return nil }
        return text
    }

    /// Some providers write the boolean as text.
    private func isTrue(_ path: String, _ sources: [JSONObject]) -> Bool {
        let value = value(path, sources)
        return value?.bool ?? (value?.text == "true")
    }

    private func groupNames(_ sources: [JSONObject]) -> [String] {
        guard let groups, let names = value(groups, sources)?.texts else { return [] }
        return names.prefix(Self.groupLimit).filter { !$0.isEmpty && $0.utf8.count <= 512 }
    }
}
