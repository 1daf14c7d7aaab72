import JOSE
import SAML

/// What somebody of an identity provider is found again by, and their session there.
enum SubjectDigest {
    /// The permanent key: SHA-256 over the kind of name, who says it, the name itself and its qualifiers, each with its
    /// length before it, so that no two names run into one.
    static func text(of key: SubjectKey) throws -> String {
        try "saml:" + Base64URL.encode(digest([key.kind, key.issuer, key.value] + key.qualifiers))
    }

    /// Of a name as it came: what a logout request is held against later.
    static func name(_ name: NameID, issuer: String) throws -> [UInt8] {
        try digest([
            "name", issuer, name.value, name.format ?? "", name.nameQualifier ?? "", name.spNameQualifier ?? "",
        ])
    }

    /// Of a session at the identity provider.
    static func session(_ index: String, issuer: String) throws -> [UInt8] {
        try digest(["session", issuer, index])
    }

    private static func digest(_ parts: [String]) throws -> [UInt8] {
        let bytes = parts.flatMap { part in Array("\(part.utf8.count):".utf8) + Array(part.utf8) }
        return try HashFunction.sha256.hash(bytes)
    }
}
