import Identity
import SAML
import Vocabulary

/// What the attributes of an assertion mean here: who somebody is, what they are called, and which groups they are in.
struct AttributeMapping {
    private let settings: SAMLProviderSettings

    init(_ settings: SAMLProviderSettings) { self.settings = settings }

    /// No text is taken that is longer, in bytes.
    static let textLimit = 512
    /// Values of one attribute.
    static let valueLimit = 1_000

    /// The names under which identity providers tell the same thing, the one made for it first: those of LDAP by their
    /// object identifiers (SAML X.500/LDAP Attribute Profile), Microsoft's addresses, and plain words.
    enum Usual {
        static let login = [
            "urn:oid:0.9.2342.19200300.100.1.1", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "uid", "username",
            "eduPersonPrincipalName", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        ]
        static let mail = [
            "urn:oid:0.9.2342.19200300.100.1.3", "mail", "email",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        ]
        static let displayName = [
            "urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3", "displayName", "cn",
            "http://schemas.microsoft.com/identity/claims/displayname",
        ]
        static let givenName = [
            "urn:oid:2.5.4.42", "givenName", "firstName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        ]
        static let familyName = [
            "urn:oid:2.5.4.4", "sn", "surname", "lastName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        ]
        static let groups = [
            "urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "isMemberOf", "memberOf", "groups",
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "http://schemas.xmlsoap.org/claims/Group",
        ]
    }

    /// The identity behind a verified assertion; nil where its subject is no key.
    func identity(_ signedIn: SignedIn) throws -> ExternalIdentity? {
        let key = try SubjectDigest.text(of: signedIn.subject)
        guard UpstreamSubject.isValid(key: key) else { return nil }
        let values = Values(signedIn.attributes)
        let mail = values.first(of: Usual.mail).flatMap { NameKey.isValid(login: $0) ? $0 : nil }
        let names = (
            display: values.first(of: Usual.displayName), given: values.first(of: Usual.givenName),
            family: values.first(of: Usual.familyName)
        )
        let free = self.free(values)
        var described: [PersonAttribute] = []
        if names.display != nil { described.append(.displayName) }
        if names.given != nil { described.append(.givenName) }
        if names.family != nil { described.append(.familyName) }
        if mail != nil { described.append(.mail) }
        return ExternalIdentity(
            provider: settings.provider, subjectKey: key, login: login(signedIn, values, mail, key),
            displayName: names.display, givenName: names.given, familyName: names.family, mail: mail,
            attributes: free, groups: groups(values).map { UpstreamGroup(key: $0, name: $0) },
            described: DescribedAttributes(described, free: free.keys), describesOwnPeopleOnly: true,
            isMailVouchedFor: mail.flatMap(NameKey.domain).map(settings.ownedDomains.contains) ?? false)
    }

    /// A name to read; the key says who it is.
    private func login(_ signedIn: SignedIn, _ values: Values, _ mail: String?, _ key: String) -> String {
        let said = settings.loginAttribute.map { values.first(of: [$0]) } ?? values.first(of: Usual.login)
        let named = signedIn.nameID.flatMap { name in
            [NameIDFormat.emailAddress, NameIDFormat.unspecified].contains(NameIDFormat.effective(name.format))
                ? name.value : nil
        }
        return [said, mail, named, key].compactMap(\.self).first { NameKey.isValid(login: $0) } ?? key
    }

    private func groups(_ values: Values) -> [String] {
        let names = settings.groupsAttribute.map { [$0] } ?? Usual.groups
        return names.lazy.map { values.all($0) }.first { !$0.isEmpty } ?? []
    }

    private func free(_ values: Values) -> [String: AttributeValue] {
        var found: [String: AttributeValue] = [:]
        for (name, source) in settings.attributes {
            let texts = values.all(source)
            if texts.count == 1 { found[name] = .string(texts[0]) }
            if texts.count > 1 { found[name] = .list(texts.map(AttributeValue.string)) }
        }
        return found
    }

    /// Attributes by `Name`, of which an assertion has each once; never by a friendly name (IIP-SP11).
    private struct Values {
        private let byName: [String: [String]]

        init(_ attributes: [SAMLAttribute]) {
            byName = Dictionary(attributes.map { ($0.name, $0.values) }) { first, _ in first }
        }

        func all(_ name: String) -> [String] {
            let found = (byName[name] ?? []).map { $0.trimmingXMLSpace() }
            return Array(found.filter { !$0.isEmpty && $0.utf8.count <= textLimit }.prefix(valueLimit))
        }

        func first(of names: [String]) -> String? { names.lazy.compactMap { all($0).first }.first }
    }
}
