/// The formats of name identifiers (SAML Core §8.3).
public enum NameIDFormat {
    public static let unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    public static let emailAddress = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    public static let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    public static let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    public static let entity = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
    /// Only asked for, never a format of an identifier (§3.4.1.1).
    public static let encrypted = "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"

    /// SAML Core §8.3: what is said where no format stands.
    public static func effective(_ format: String?) -> String { format ?? unspecified }
}

/// The formats of attribute names (SAML Core §8.2).
public enum AttributeNameFormat {
    public static let unspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
    public static let uri = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    public static let basic = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
}

/// The attributes that name a subject for good (SAML V2.0 Subject Identifier Attributes Profile).
public enum SubjectIdentifier {
    public static let subjectID = "urn:oasis:names:tc:SAML:attribute:subject-id"
    public static let pairwiseID = "urn:oasis:names:tc:SAML:attribute:pairwise-id"
    /// The entity attribute that says which of them a service provider needs (§2.4).
    public static let requirement = "urn:oasis:names:tc:SAML:profiles:subject-id:req"

    /// Whether a value has the form of §3.3.1 and §3.4.1: a unique part of 1 to 127 letters, digits, `=` and `-`, `@`, and
    /// a scope of 1 to 127 letters, digits, `-` and `.`, both beginning with a letter or digit.
    public static func isWellFormed(_ value: String) -> Bool {
        let parts = value.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        return isPart(parts[0], others: "=-") && isPart(parts[1], others: "-.")
    }

    private static func isPart(_ part: Substring, others: String) -> Bool {
        let bytes = part.utf8
        guard (1...127).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || others.utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
