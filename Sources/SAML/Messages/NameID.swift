/// A name for somebody (SAML Core §2.2.3). What it says is opaque, and is told back exactly as it came (SDP-SP29).
public struct NameID: Sendable, Hashable, Codable {
    public var value: String
    public var format: String?
    public var nameQualifier: String?
    public var spNameQualifier: String?
    public var spProvidedID: String?

    public init(
        _ value: String, format: String? = nil, nameQualifier: String? = nil, spNameQualifier: String? = nil,
        spProvidedID: String? = nil
    ) {
        self.value = value
        self.format = format
        self.nameQualifier = nameQualifier
        self.spNameQualifier = spNameQualifier
        self.spProvidedID = spProvidedID
    }

    /// Whether both are the same name, element and every attribute, octet by octet.
    public func isSame(as other: NameID) -> Bool {
        Exact.same(value, other.value) && Exact.same(format, other.format)
            && Exact.same(nameQualifier, other.nameQualifier) && Exact.same(spNameQualifier, other.spNameQualifier)
            && Exact.same(spProvidedID, other.spProvidedID)
    }

    /// The longest name that is made or taken, in characters (SAML Core §8.3.7, IIP-G02).
    public static let lengthLimit = 256
    /// No longer one is read, in octets.
    static let byteLimit = 4_096
}

extension NameID {
    /// A name that was verified, as it came.
    public init(_ verified: VerifiedAssertion.Name) {
        self.init(
            verified.value, format: verified.format, nameQualifier: verified.nameQualifier,
            spNameQualifier: verified.spNameQualifier, spProvidedID: verified.spProvidedID)
    }

    var element: XMLElement { element(named: .saml("NameID")) }

    func element(named name: XMLName) -> XMLElement {
        Markup.text(
            name, value,
            [
                "NameQualifier": nameQualifier, "SPNameQualifier": spNameQualifier, "Format": format,
                "SPProvidedID": spProvidedID,
            ])
    }

    /// - Throws: `malformed` for one that is empty or holds elements: a part of a name is never taken for the name.
    init(reading element: XMLElement) throws(MessageFault) {
        guard !element.holdsElements else {
            throw MessageFault(.malformed, "\(element.name.local): holds elements")
        }
        let text = element.text
        guard !text.trimmingXMLSpace().isEmpty, text.utf8.count <= Self.byteLimit else {
            throw MessageFault(.malformed, "\(element.name.local): is empty or too long")
        }
        self.init(
            text, format: element.attribute("Format"), nameQualifier: element.attribute("NameQualifier"),
            spNameQualifier: element.attribute("SPNameQualifier"), spProvidedID: element.attribute("SPProvidedID"))
    }
}
