import Identity
import Storage
import Vocabulary

/// What an administrator may say about a person; nil leaves a value as it is, unless it stands in `cleared`.
public struct PersonEdit: Sendable {
    public var login: String?
    public var displayName: String?
    public var givenName: String?
    public var familyName: String?
    public var mail: String?
    public var department: String?
    public var organizationUnit: OrganizationUnitID?
    public var manager: PersonID?
    /// Each replaces the attribute of its name; `.null` removes it.
    public var attributes: [String: AttributeValue]?
    /// The values to remove; the login cannot be.
    public var cleared: Set<PersonAttribute> = []

    /// Bytes of a name, a department or an attribute's name at most.
    public static let textLimit = 256
    /// Attributes in one edit at most.
    public static let attributeLimit = 100

    public init() {}

    /// The names of what it touches, as ownership knows them.
    var touched: [String] {
        var names: [String] = []
        if login != nil { names.append(PersonAttribute.login.rawValue) }
        if displayName != nil { names.append(PersonAttribute.displayName.rawValue) }
        if givenName != nil { names.append(PersonAttribute.givenName.rawValue) }
        if familyName != nil { names.append(PersonAttribute.familyName.rawValue) }
        if mail != nil { names.append(PersonAttribute.mail.rawValue) }
        if department != nil { names.append(PersonAttribute.department.rawValue) }
        if organizationUnit != nil { names.append(PersonAttribute.organizationUnit.rawValue) }
        if manager != nil { names.append(PersonAttribute.manager.rawValue) }
        names.append(contentsOf: cleared.map(\.rawValue))
        names.append(contentsOf: (attributes ?? [:]).keys.map { "attributes.\($0)" })
        return names
    }

    func apply(to person: inout Person) {
        if let login { person.login = login }
        if let displayName { person.displayName = displayName }
        if let givenName { person.givenName = givenName }
        if let familyName { person.familyName = familyName }
        if let mail { person.mail = mail }
        if let department { person.department = department }
        if let organizationUnit { person.organizationUnit = organizationUnit }
        if let manager { person.manager = manager }
        for attribute in cleared { Self.clear(attribute, of: &person) }
        for (name, value) in attributes ?? [:] { person.attributes[name] = value == .null ? nil : value }
    }

    private static func clear(_ attribute: PersonAttribute, of person: inout Person) {
        switch attribute {
        case .login, .status: break
        case .displayName: person.displayName = nil
        case .givenName: person.givenName = nil
        case .familyName: person.familyName = nil
        case .mail: person.mail = nil
        case .locale: person.locale = nil
        case .organizationUnit: person.organizationUnit = nil
        case .department: person.department = nil
        case .manager: person.manager = nil
        }
    }

    /// Refuses what cannot be kept. Throws `invalid` naming the value.
    func check() throws {
        if let login, !NameKey.isValid(login: login) {
            throw Fault.invalid(
                "A login has 1 to \(NameKey.lengthLimit) bytes, is not blank and holds no control characters.")
        }
        for (name, text) in [
            ("display name", displayName), ("given name", givenName), ("family name", familyName),
            ("department", department),
        ] where text.map({ $0.utf8.count > Self.textLimit }) ?? false {
            throw Fault.invalid("The \(name) has more than \(Self.textLimit) bytes.")
        }
        if let mail, mail.utf8.count > NameKey.lengthLimit {
            throw Fault.invalid("The mail address has more than \(NameKey.lengthLimit) bytes.")
        }
        let names = (attributes ?? [:]).keys
        guard names.count <= Self.attributeLimit, names.allSatisfy({ (1...Self.textLimit).contains($0.utf8.count) })
        else {
            throw Fault.invalid("An edit has at most \(Self.attributeLimit) attributes with names of 1 to 256 bytes.")
        }
    }

    /// Whether the unit and the manager are there, in the person's own tenant, and nobody would manage themselves.
    func checkPlace(of person: PersonID, in tenant: TenantID, _ sql: any SQLConnection) throws {
        if let organizationUnit,
            try !sql.organizationUnits(of: tenant).contains(where: { $0.id == organizationUnit })
        {
            throw Fault.invalid("The organization unit is none of this tenant.")
        }
        guard let manager else { return }
        var next: PersonID? = manager
        var seen: Set<PersonID> = []
        while let above = next, seen.insert(above).inserted, seen.count <= Self.managerDepth {
            guard above != person else { throw Fault.invalid("A person cannot be their own manager's manager.") }
            guard let found = try sql.person(above, in: tenant) else {
                guard above == manager else { return }
                throw Fault.invalid("The manager is nobody of this tenant.")
            }
            next = found.manager
        }
    }

    private static let managerDepth = 64
}
