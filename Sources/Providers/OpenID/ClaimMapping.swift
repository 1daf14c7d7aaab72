import Identity
import JOSE
import OAuth
import Vocabulary

/// What claims mean here: who somebody is, what they are called, and which groups they are in.
struct ClaimMapping {
    private let settings: OpenIDSettings

    init(_ settings: OpenIDSettings) { self.settings = settings }

    /// No text of a claim is longer, in bytes.
    static let textLimit = 512

    /// The identity behind verified evidence.
    ///
    /// - Throws: `no_subject`.
    func identity(_ evidence: Evidence) throws -> ExternalIdentity {
        let key = try settings.preset.identity.key(idToken: evidence.idToken, userInfo: evidence.userInfo)
        guard UpstreamSubject.isValid(key: key) else { throw UpstreamFault(.noSubject, "key") }
        let proven = [evidence.idToken?.claims.json, evidence.userInfo?.claims].compactMap(\.self)
        let named = proven + [evidence.posted].compactMap(\.self)
        let profile = settings.preset.profile.profile(of: proven)
        let (mail, isVerified) = self.mail(profile, evidence)
        let names = Names(
            display: settings.preset.profile.profile(of: named).displayName, given: Self.text("given_name", named),
            family: Self.text("family_name", named))
        let attributes = free(proven)
        return ExternalIdentity(
            provider: settings.provider, subjectKey: key, login: login(profile, mail, key, proven),
            displayName: names.display, givenName: names.given, familyName: names.family, mail: mail,
            attributes: attributes, groups: evidence.groups ?? profile.groups.map { UpstreamGroup(key: $0, name: $0) },
            described: described(names, mail, attributes), describesOwnPeopleOnly: true,
            isMailVouchedFor: isVerified && owns(mail))
    }

    private struct Names {
        let display: String?
        let given: String?
        let family: String?
    }

    // MARK: Parts

    /// A name to read; the key says who it is.
    private func login(
        _ profile: ProfileMapping.Profile, _ mail: String?, _ key: String, _ sources: [JSONObject]
    ) -> String {
        let said = settings.loginClaim.map { Self.text($0, sources) } ?? profile.username
        return [said, mail, key].compactMap(\.self).first { NameKey.isValid(login: $0) } ?? key
    }

    /// An address that the provider does not call verified may be anybody's, and is left out unless it is trusted.
    private func mail(_ profile: ProfileMapping.Profile, _ evidence: Evidence) -> (String?, isVerified: Bool) {
        if let confirmed = evidence.confirmedMail, NameKey.isValid(login: confirmed) { return (confirmed, true) }
        let isVerified = profile.isMailVerified || settings.trustsUnverifiedMail
        guard isVerified, let mail = profile.mail, NameKey.isValid(login: mail) else { return (nil, false) }
        return (mail, true)
    }

    private func owns(_ mail: String?) -> Bool {
        mail.flatMap(NameKey.domain).map(settings.ownedDomains.contains) ?? false
    }

    private func free(_ sources: [JSONObject]) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for (name, path) in settings.attributes where !Self.isBuiltIn(name) {
            values[name] = Self.value(path, sources).flatMap(Self.attribute)
        }
        return values
    }

    /// What was not said this time is left as it is: some say a name only once.
    private func described(
        _ names: Names, _ mail: String?, _ attributes: [String: AttributeValue]
    ) -> DescribedAttributes {
        var builtIn: [PersonAttribute] = []
        if names.display != nil { builtIn.append(.displayName) }
        if names.given != nil { builtIn.append(.givenName) }
        if names.family != nil { builtIn.append(.familyName) }
        if mail != nil { builtIn.append(.mail) }
        return DescribedAttributes(builtIn, free: attributes.keys)
    }

    private static func isBuiltIn(_ name: String) -> Bool { OpenIDSettings.builtIn.contains { $0.rawValue == name } }

    // MARK: Claims

    private static func value(_ path: String, _ sources: [JSONObject]) -> JSONValue? {
        for source in sources {
            var value: JSONValue? = .object(source)
            for name in path.split(separator: ".").prefix(4) { value = value?.object?[String(name)] }
            if let value, value != .null { return value }
        }
        return nil
    }

    private static func text(_ path: String, _ sources: [JSONObject]) -> String? {
        guard let text = value(path, sources)?.text, !text.isEmpty, text.utf8.count <= textLimit else { return nil }
        return text
    }

    /// Single values and lists of texts; what is larger or deeper is no attribute of a person.
    private static func attribute(_ value: JSONValue) -> AttributeValue? {
        switch value {
        case .bool(let flag): return .bool(flag)
        case .integer(let number): return .integer(number)
        case .string(let text): return text.utf8.count <= textLimit ? .string(text) : nil
        case .array:
            guard let texts = value.texts, texts.count <= 200, texts.allSatisfy({ $0.utf8.count <= textLimit }) else {
                return nil
            }
            return .list(texts.map(AttributeValue.string))
        case .null, .decimal, .object: return nil
        }
    }
}
