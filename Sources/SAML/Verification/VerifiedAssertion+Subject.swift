extension VerifiedAssertion {
    /// Who is meant (SAML Core §2.2.3), as it was said, to the letter.
    public struct Name: Sendable, Hashable {
        public let value: String
        /// nil is unspecified.
        public let format: String?
        public let nameQualifier: String?
        public let spNameQualifier: String?
        public let spProvidedID: String?

        /// Characters are counted in bytes; the specification asks for 256 characters of any kind.
        static let byteLimit = 2_048

        private static let kinds = ["NameID", "EncryptedID", "BaseID"]

        private static func all(in parent: XMLElement) -> [XMLElement] {
            parent.elements.filter {
                Exact.same($0.name.namespace, XMLNamespace.assertion) && Exact.holds(kinds, $0.name.local)
            }
        }

        /// Whether there is any name, of whichever kind.
        static func isThere(_ parent: XMLElement) -> Bool { !all(in: parent).isEmpty }

        /// Reads the name in a subject or a logout request, decrypting it where it is encrypted.
        ///
        /// - Throws: `SAMLError`: `NAMEID` for none, two, an empty one, or one with elements in it; `DECRYPT`, `ENC_ALG`.
        static func read(_ parent: XMLElement, _ decryption: Decryption) throws -> Name {
            let found = all(in: parent)
            guard found.count == 1 else {
                throw SAMLError(.nameID, "\(parent.name) has \(found.count) names, where it has one")
            }
            guard found[0].name.local != "EncryptedID" else {
                return try Name(try SAMLEncryption.decrypt(found[0], decryption))
            }
            return try Name(found[0])
        }

        init(_ element: XMLElement) throws {
            guard element.is(XMLNamespace.assertion, "NameID") else {
                throw SAMLError(.nameID, "the name is no NameID")
            }
            // VU#475445: whole or refused.
            guard element.elements.isEmpty else { throw SAMLError(.nameID, "elements are in the NameID") }
            value = element.text
            guard !value.trimmingXMLSpace().isEmpty else { throw SAMLError(.nameID, "the NameID is empty") }
            guard value.utf8.count <= Self.byteLimit else { throw SAMLError(.nameID, "the NameID is too long") }
            format = element.attribute("Format")
            nameQualifier = element.attribute("NameQualifier")
            spNameQualifier = element.attribute("SPNameQualifier")
            spProvidedID = element.attribute("SPProvidedID")
        }
    }
}
