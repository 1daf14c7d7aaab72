import Identity
import LDAP

/// What a person typed as a login, taken apart: `ada`, `ada@example.org`, and where the directory knows the domain or
/// is an Active Directory, `EXAMPLE\ada`.
struct LoginName: Sendable, Hashable {
    let text: String
    /// Without the domain.
    let account: String
    let domain: String?

    /// - Parameter splitsAnyBackslash: in Active Directory no account has one in its name; elsewhere `back\slash` is a
    ///   name like any other, unless what stands before it is one of `domains`.
    init(_ text: String, domains: Set<String>, splitsAnyBackslash: Bool) {
        self.text = text
        if let slash = text.firstIndex(of: "\\"), slash > text.startIndex {
            let before = String(text[..<slash])
            if splitsAnyBackslash || domains.contains(NameKey.of(before)) {
                (account, domain) = (String(text[text.index(after: slash)...]), before)
                return
            }
        }
        if let at = text.lastIndex(of: "@"), at > text.startIndex {
            (account, domain) = (String(text[..<at]), String(text[text.index(after: at)...]))
        } else {
            (account, domain) = (text, nil)
        }
    }

    /// What may stand between the braces of a template: `{domain}` only where the login has one.
    static let placeholders: Set<String> = ["login", "localpart", "domain"]

    var values: [String: String] {
        var values = ["login": text, "localpart": account]
        values["domain"] = domain
        return values
    }

    var isMailLike: Bool { domain != nil && text.contains("@") && !text.contains("\\") }
}

/// Which entries a login may mean.
struct LoginFilter: Sendable {
    private let people: LDAPDirectorySettings.People
    private let template: LDAPTemplate?
    private let mailAttribute: String?

    /// - Throws: `LDAPTemplate.Flaw` where the template is no filter.
    init(_ people: LDAPDirectorySettings.People, template: String?, mailAttribute: String?) throws(LDAPTemplate.Flaw) {
        self.people = people
        self.mailAttribute = mailAttribute
        self.template =
            if let template {
                try LDAPTemplate(template, grammar: .filter, placeholders: LoginName.placeholders)
            } else { nil }
    }

    /// The filter, `people.filter` included; nil for a login that no entry can have.
    ///
    /// Without a template a login is the login attribute's value, and one with an `@` may be the mail address as well:
    /// that is what home-realm discovery by domain is asked with. Two entries that fit are never chosen between.
    func filter(for login: LoginName) -> String? {
        if let template { return template.filled(login.values).map { "(&\(people.filter)\($0))" } }
        let isPlain = login.domain == nil || login.isMailLike
        var terms = [LDAPFilter.equals(people.loginAttribute, isPlain ? login.text : login.account)]
        if login.isMailLike {
            terms.append(mailAttribute.flatMap { LDAPFilter.equals($0, login.text) })
            if people.keyAttribute == .objectGUID { terms.append(LDAPFilter.equals("userPrincipalName", login.text)) }
        }
        let found = terms.compactMap(\.self)
        guard !found.isEmpty else { return nil }
        return "(&\(people.filter)\(found.count == 1 ? found[0] : "(|\(found.joined()))"))"
    }
}
