extension VerifiedAssertion {
    /// Something said of the person (SAML Core §2.7.3), under a name that is in the assertion once.
    public struct Attribute: Sendable, Hashable {
        public let name: String
        public let nameFormat: String?
        /// For people; nothing may rest on it.
        public let friendlyName: String?
        public let values: [Value]

        /// A value, of one of the forms that are met.
        public enum Value: Sendable, Hashable {
            case text(String)
            /// A name within the value, as eduPersonTargetedID has it.
            case nameID(Name)
            /// Something else with elements in it, which is never taken for text.
            case structured(XMLElement)
            /// `xsi:nil`.
            case null
        }

        /// The values that are text, and the names by their values.
        public var texts: [String] {
            values.compactMap {
                switch $0 {
                case .text(let text): text
                case .nameID(let name): name.value
                case .structured, .null: nil
                }
            }
        }

        /// Attributes of one assertion, and values of one attribute.
        static let countLimit = 512

        /// - Throws: `SAMLError`: `DUP_ATTR`, `SCHEMA`, `DECRYPT`, `ENC_ALG`, `LIMIT`.
        static func read(_ assertion: XMLElement, _ decryption: Decryption) throws -> [Attribute] {
            var found: [Attribute] = []
            var names: Set<String> = []
            for statement in assertion.children(XMLNamespace.assertion, "AttributeStatement") {
                for child in statement.elements {
                    let element =
                        child.is(XMLNamespace.assertion, "EncryptedAttribute")
                        ? try SAMLEncryption.decrypt(child, decryption) : child
                    let attribute = try Attribute(element)
                    // Whoever looks one up takes the first, or the last: so there is one.
                    guard names.insert(attribute.name).inserted else {
                        throw SAMLError(.duplicateAttribute, "the attribute \(attribute.name.quoted) is there twice")
                    }
                    found.append(attribute)
                    guard found.count <= countLimit else { throw SAMLError(.limit, "there are too many attributes") }
                }
            }
            return found
        }

        private init(_ element: XMLElement) throws {
            guard element.is(XMLNamespace.assertion, "Attribute"), let name = element.attribute("Name"), !name.isEmpty
            else { throw SAMLError(.schema, "an attribute is no Attribute, or has no Name") }
            self.name = name
            nameFormat = element.attribute("NameFormat")
            friendlyName = element.attribute("FriendlyName")
            let found = element.children(XMLNamespace.assertion, "AttributeValue")
            guard found.count <= Self.countLimit else { throw SAMLError(.limit, "an attribute has too many values") }
            values = try found.map(Value.init)
        }
    }
}

extension VerifiedAssertion.Attribute.Value {
    init(_ element: XMLElement) throws {
        let isNil = element.attribute(XMLName(XMLNamespace.schemaInstance, "nil"))
        let inside = element.elements
        if isNil == "true" || isNil == "1" {
            self = .null
        } else if inside.isEmpty {
            self = .text(element.text)
        } else if inside.count == 1, inside[0].is(XMLNamespace.assertion, "NameID"),
            element.text.trimmingXMLSpace().isEmpty
        {
            self = .nameID(try VerifiedAssertion.Name(inside[0]))
        } else {
            self = .structured(element)
        }
    }
}
