/// An attribute of somebody or something (SAML Core §2.7.3.1).
public struct SAMLAttribute: Sendable, Hashable {
    public var name: String
    /// The format of the name; `unspecified` where none is said.
    public var nameFormat: String
    /// For people who look at messages. Nothing may be decided by it (IIP-SP11).
    public var friendlyName: String?
    public var values: [String]

    public init(
        _ name: String, nameFormat: String = AttributeNameFormat.uri, friendlyName: String? = nil, values: [String] = []
    ) {
        self.name = name
        self.nameFormat = nameFormat
        self.friendlyName = friendlyName
        self.values = values
    }

    /// Whether both are the same attribute: by name and format, octet by octet.
    public func isSame(as other: SAMLAttribute) -> Bool {
        Exact.same(name, other.name) && Exact.same(nameFormat, other.nameFormat)
    }

    /// No attribute holds more values.
    public static let valueLimit = 1_000
}

extension SAMLAttribute {
    /// An attribute that was verified: its values that are text or names, and not those that are anything else.
    public init(_ verified: VerifiedAssertion.Attribute) {
        self.init(
            verified.name, nameFormat: verified.nameFormat ?? AttributeNameFormat.unspecified,
            friendlyName: verified.friendlyName, values: verified.texts)
    }

    var element: XMLElement { element(named: .saml("Attribute")) }

    func element(named name: XMLName, isRequired: Bool? = nil) -> XMLElement {
        Markup.element(
            name,
            [
                "Name": self.name, "NameFormat": nameFormat, "FriendlyName": friendlyName,
                "isRequired": isRequired.map(Markup.flag),
            ], values.map { Markup.text(.saml("AttributeValue"), $0) })
    }

    /// Reads an attribute; nil when it has no name or too many values. A value that holds elements is left away: no part of
    /// it is mistaken for the whole.
    init?(reading element: XMLElement) {
        guard let name = element.attribute("Name"), !name.isEmpty else { return nil }
        let values = element.children(.saml("AttributeValue"))
        guard values.count <= Self.valueLimit else { return nil }
        self.init(
            name, nameFormat: element.attribute("NameFormat") ?? AttributeNameFormat.unspecified,
            friendlyName: element.attribute("FriendlyName"),
            values: values.filter { !$0.holdsElements }.map(\.text))
    }
}
