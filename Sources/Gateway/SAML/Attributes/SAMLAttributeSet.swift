import SAML
import Vocabulary

/// `saml.attributes`: what people are told about by assertions, by our names; and the scope that identifiers of people have
/// in each tenant.
public struct SAMLAttributeSet: Sendable {
    /// One attribute: what it is called there, and where its values come from.
    public struct Definition: Sendable, Hashable {
        /// Ours, by which rules and applications name it.
        public var name: String
        /// Without values.
        public var attribute: SAMLAttribute
        public var source: Source
    }

    /// Where values come from.
    public enum Source: Sendable, Hashable {
        /// What is known of the person, as tokens tell it.
        case claim(ClaimSource)
        /// Their login, `@` and the tenant's scope (eduPersonPrincipalName).
        case scopedLogin
        /// Identifiers that stay and tell nothing (Subject Identifier Attributes Profile §3.3, §3.4).
        case subjectID
        case pairwiseID
    }

    /// By name.
    public var definitions: [Definition]
    /// By the tenant's slug. A login is unique within its tenant alone, so that no two tenants have one scope.
    public var scopes: [String: String]

    /// The names, in order.
    var names: [String] { definitions.map(\.name) }

    subscript(name: String) -> Definition? { definitions.first { $0.name == name } }

    /// Ours of an attribute as it is told; nil for one that is none of these.
    public func name(of attribute: SAMLAttribute) -> String? {
        definitions.first { $0.attribute.isSame(as: attribute) }?.name
    }

    static let limit = 200

    init(_ section: ConfigurationSection, tenant: String) {
        scopes = section.dictionary("tenant_scopes", limit: 1_000)
        if let scope = section.optionalText("scope") {
            if scopes.updateValue(scope, forKey: tenant) != nil {
                section.report("scope", "is the scope of `\(tenant)`, which stands in tenant_scopes too.")
            }
        }
        var own: [Definition] = []
        for entry in section.sections("attributes", limit: Self.limit) {
            guard let made = Definition(entry) else { continue }
            if own.contains(where: { $0.name == made.name }) { entry.report("name", "`\(made.name)` stands twice.") }
            own.append(made)
        }
        let names = Set(own.map(\.name))
        definitions = (Self.usual.filter { !names.contains($0.name) } + own).sorted { $0.name < $1.name }
        check(section)
    }

    private func check(_ section: ConfigurationSection) {
        for (slug, scope) in scopes.sorted(by: { $0.key < $1.key }) {
            if !SubjectIdentifier.isWellFormed("x@" + scope) {
                section.report("scope", "`\(scope.prefix(80))` of `\(slug)` is no domain such as example.org.")
            }
            let same = scopes.filter { $0.value.lowercased() == scope.lowercased() }.keys.sorted()
            if same.count > 1, same.first == slug {
                section.report(
                    "tenant_scopes",
                    "`\(scope)` is the scope of \(same.joined(separator: " and ")): one login would be several people.")
            }
        }
        var seen: [String: String] = [:]
        for definition in definitions {
            if let other = seen.updateValue(definition.name, forKey: definition.attribute.name) {
                section.report(
                    "attributes",
                    "`\(definition.name)` and `\(other)` have the same saml_name; redefine `\(other)` instead.")
            }
        }
    }
}

extension SAMLAttributeSet.Definition {
    init(_ name: String, _ samlName: String, _ friendly: String? = nil, from source: SAMLAttributeSet.Source) {
        self.init(
            name: name,
            attribute: SAMLAttribute(samlName, nameFormat: AttributeNameFormat.uri, friendlyName: friendly ?? name),
            source: source)
    }

    /// One of `saml.attributes`; nil, and reported, where it names no source.
    fileprivate init?(_ section: ConfigurationSection) {
        defer { section.finish() }
        let name = section.text("name")
        let samlName = section.text("saml_name")
        let format =
            section.optional("name_format", "uri, basic, unspecified or a URI") { text in
                switch text {
                case "uri": AttributeNameFormat.uri
                case "basic": AttributeNameFormat.basic
                case "unspecified": AttributeNameFormat.unspecified
                default: text.contains(":") ? text : nil
                }
            } ?? AttributeNameFormat.uri
        let friendly = section.optionalText("friendly_name")
        let source = section.optional("source", "one of \(SAMLAttributeSet.Source.words)") {
            SAMLAttributeSet.Source($0)
        }
        if source == nil, !section.has("source") { section.report("source", "is required.") }
        for (key, text) in [("name", name), ("saml_name", samlName)] where text.utf8.count > 256 {
            section.report(key, "has more than 256 bytes.")
        }
        guard let source, !name.isEmpty, !samlName.isEmpty else { return nil }
        self.init(
            name: name, attribute: SAMLAttribute(samlName, nameFormat: format, friendlyName: friendly), source: source)
    }
}

extension SAMLAttributeSet.Source {
    private static let named: [(String, SAMLAttributeSet.Source)] = [
        ("scoped_login", .scopedLogin), ("subject_id", .subjectID), ("pairwise_id", .pairwiseID),
    ]

    /// What may be written.
    static let words = named.map(\.0).joined(separator: ", ") + ", " + ClaimSource.words

    init?(_ text: String) {
        if let own = Self.named.first(where: { $0.0 == text })?.1 {
            self = own
            return
        }
        guard let claim = ClaimSource(text) else { return nil }
        self = .claim(claim)
    }

    /// As it is written.
    public var word: String {
        if case .claim(let source) = self { return source.word }
        return Self.named.first { $0.1 == self }?.0 ?? ""
    }
}

extension SAMLAttributeSet {
    /// What there is without anybody writing it, by the names that others know (eduPerson, inetOrgPerson, eduMember).
    static let usual: [Definition] = [
        Definition("mail", "urn:oid:0.9.2342.19200300.100.1.3", from: .claim(.mail)),
        Definition("displayName", "urn:oid:2.16.840.1.113730.3.1.241", from: .claim(.name)),
        Definition("givenName", "urn:oid:2.5.4.42", from: .claim(.givenName)),
        Definition("sn", "urn:oid:2.5.4.4", from: .claim(.familyName)),
        Definition("uid", "urn:oid:0.9.2342.19200300.100.1.1", from: .claim(.login)),
        Definition("eduPersonPrincipalName", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", from: .scopedLogin),
        Definition("groups", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "isMemberOf", from: .claim(.groups)),
        Definition("roles", "urn:gatehouse:attribute:roles", from: .claim(.roles)),
        Definition(
            "entitlements", "urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "eduPersonEntitlement", from: .claim(.entitlements)),
        Definition("locale", "urn:oid:2.16.840.1.113730.3.1.39", "preferredLanguage", from: .claim(.locale)),
        Definition("department", "urn:oid:2.5.4.11", "ou", from: .claim(.department)),
        Definition("subject-id", SubjectIdentifier.subjectID, from: .subjectID),
        Definition("pairwise-id", SubjectIdentifier.pairwiseID, from: .pairwiseID),
    ]
}
