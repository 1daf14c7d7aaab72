/// What every message has (SAML Core §3.2.1, §3.2.2).
public struct MessageHeader: Sendable, Hashable {
    /// An NCName nobody can guess, of at least 128 random bits (§1.3.4).
    public var id: String
    /// Seconds since 1970.
    public var issueInstant: Int64
    public var destination: String?
    public var issuer: String
    /// The request that is answered.
    public var inResponseTo: String?

    public init(
        id: String, issueInstant: Int64, issuer: String, destination: String? = nil, inResponseTo: String? = nil
    ) {
        self.id = id
        self.issueInstant = issueInstant
        self.issuer = issuer
        self.destination = destination
        self.inResponseTo = inResponseTo
    }

    /// An ID out of random octets.
    ///
    /// - Parameter random: 16 or more, drawn for this message.
    public static func id(random: [UInt8]) -> String {
        "_" + random.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The longest ID that is read, in octets.
    static let idByteLimit = 256
}

extension MessageHeader {
    /// The element of a message, its `Issuer` first.
    func element(
        _ name: XMLName, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [XMLElement?]
    ) throws(MessageFault) -> XMLElement {
        guard Self.isName(id) else { throw MessageFault(.malformed, "ID: is no NCName") }
        var made = Markup.element(
            name,
            [
                "ID": id, "Version": "2.0", "IssueInstant": SchemaTime.text(issueInstant), "Destination": destination,
                "InResponseTo": inResponseTo,
            ], [Markup.text(.saml("Issuer"), issuer)] + children)
        for (local, value) in attributes { made.setAttribute(local, value) }
        return try Markup.checked(made)
    }

    /// Reads what every message has, and holds it to §3.2.1: version, ID and time.
    init(reading element: XMLElement) throws(MessageFault) {
        let name = element.name.local
        guard element.attribute("Version") == "2.0" else {
            throw MessageFault(.version, "\(name): Version has to be 2.0")
        }
        guard let id = element.attribute("ID"), Self.isName(id) else {
            throw MessageFault(.malformed, "\(name): ID is missing, too long or no NCName")
        }
        guard let instant = element.attribute("IssueInstant").flatMap(SchemaTime.seconds) else {
            throw MessageFault(.malformed, "\(name): IssueInstant is missing or no moment in UTC")
        }
        let issuers = element.children(.saml("Issuer"))
        guard issuers.count == 1, !issuers[0].holdsElements, !issuers[0].text.trimmingXMLSpace().isEmpty,
            issuers[0].text.utf8.count <= EntityDescriptor.entityIDLimit,
            [nil, NameIDFormat.entity].contains(issuers[0].attribute("Format"))
        else { throw MessageFault(.issuer, "\(name): Issuer is missing, too long or not an entity") }
        self.init(
            id: id, issueInstant: instant, issuer: issuers[0].text.trimmingXMLSpace(),
            destination: element.attribute("Destination"), inResponseTo: element.attribute("InResponseTo"))
    }

    /// An NCName in ASCII, and not too long: what IDs are made of everywhere.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= idByteLimit else { return false }
        return (isLetter(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ".")
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    /// Whether the message was made within the allowance of now.
    func isFresh(at now: Int64, within seconds: Int64) -> Bool {
        issueInstant <= now + seconds && issueInstant >= now - seconds
    }
}
