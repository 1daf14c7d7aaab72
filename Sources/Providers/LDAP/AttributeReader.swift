import Identity
import LDAP
import Vocabulary

extension LDAPDirectorySettings.People {
    /// What the directory says something about: the attributes that it is asked for.
    public var described: DescribedAttributes { AttributeReader(self).described }
}

/// Turns directory entries into records, by the declared attributes alone.
struct AttributeReader: Sendable {
    private let settings: LDAPDirectorySettings.People
    /// (ours, the directory's), in order of our names.
    private let declared: [(name: String, source: String)]
    private let builtIn: [PersonAttribute: String]

    /// Used where configuration declares none.
    static let defaults = [
        "displayName": "displayName", "givenName": "givenName", "familyName": "sn", "mail": "mail",
        "department": "departmentNumber",
    ]

    init(_ settings: LDAPDirectorySettings.People) {
        self.settings = settings
        var builtIn: [PersonAttribute: String] = [:]
        var declared: [(String, String)] = []
        for (name, source) in settings.attributes.isEmpty ? Self.defaults : settings.attributes {
            switch name {
            case "displayName", "display_name": builtIn[.displayName] = source
            case "givenName", "given_name": builtIn[.givenName] = source
            case "familyName", "family_name": builtIn[.familyName] = source
            case "mail": builtIn[.mail] = source
            case "department": builtIn[.department] = source
            case "manager": builtIn[.manager] = source
            case "organizationUnit", "organization_unit": builtIn[.organizationUnit] = source
            default: declared.append((name, source))
            }
        }
        self.builtIn = builtIn
        self.declared = declared.sorted { $0.0 < $1.0 }.map { (name: $0.0, source: $0.1) }
    }

    /// Our names of what goes into `PersonRecord.attributes`.
    var names: [String] { declared.map(\.name) }

    /// What this directory says something about.
    var described: DescribedAttributes { DescribedAttributes(builtIn.keys, free: names) }

    /// The directory's attribute for mail addresses, where one is declared.
    var mailAttribute: String? { builtIn[.mail] }

    /// The name of the manager's entry, where the directory is asked for it.
    func manager(of entry: LDAPEntry) -> String? { text(entry, .manager) }

    /// Whether the directory is asked for managers.
    var readsManagers: Bool { builtIn[.manager] != nil }

    /// What to ask for. Never "all": that has brought password hashes out of directories.
    var wanted: [String] {
        var wanted = [settings.keyAttribute.rawValue, settings.loginAttribute]
        wanted += builtIn.values.sorted() + declared.map(\.source) + AccountState.attributes(settings.keyAttribute)
        if settings.keyAttribute == .objectGUID { wanted += ["objectSid", "primaryGroupID"] }
        var seen: Set<String> = []
        return wanted.filter { seen.insert($0.lowercased()).inserted }
    }

    /// The record; an empty key or login stays empty and is reported by the plan as malformed.
    func record(_ entry: LDAPEntry, now: Timestamp) -> PersonRecord {
        PersonRecord(
            key: UpstreamKey.text(of: entry) ?? "", login: entry[settings.loginAttribute] ?? "",
            displayName: text(entry, .displayName), givenName: text(entry, .givenName),
            familyName: text(entry, .familyName), mail: text(entry, .mail), department: text(entry, .department),
            organizationUnit: text(entry, .organizationUnit), isDisabled: AccountState.refusal(entry, now: now) != nil,
            attributes: declared.isEmpty ? [:] : attributes(entry))
    }

    private func text(_ entry: LDAPEntry, _ attribute: PersonAttribute) -> String? {
        builtIn[attribute].flatMap { entry[$0] }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func attributes(_ entry: LDAPEntry) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for (name, source) in declared {
            // Servers keep no order among values: sorted, or every run would see a change.
            let texts = entry.strings(source).sorted()
            if texts.count == 1 { values[name] = .string(texts[0]) }
            if texts.count > 1 { values[name] = .list(texts.map(AttributeValue.string)) }
        }
        return values
    }
}
