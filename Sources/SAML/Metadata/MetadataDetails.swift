/// A group of attributes that a service needs (SAML Metadata §2.4.4.1).
public struct AttributeConsumingService: Sendable, Hashable {
    public var index: Int
    public var isDefault: Bool?
    public var names: [LocalizedText] = []
    public var attributes: [RequestedAttribute] = []

    public init(index: Int, isDefault: Bool? = nil, names: [LocalizedText] = [], attributes: [RequestedAttribute] = [])
    {
        self.index = index
        self.isDefault = isDefault
        self.names = names
        self.attributes = attributes
    }
}

/// An attribute that a service asks for, with the values it is after, or none for any (SAML Metadata §2.4.4.2).
public struct RequestedAttribute: Sendable, Hashable {
    public var attribute: SAMLAttribute
    public var isRequired: Bool

    public init(_ attribute: SAMLAttribute, isRequired: Bool = false) {
        self.attribute = attribute
        self.isRequired = isRequired
    }
}

/// A text in a language.
public struct LocalizedText: Sendable, Hashable {
    public var language: String
    public var text: String

    public init(_ text: String, language: String = "en") {
        self.text = text
        self.language = language
    }
}

extension Array where Element == LocalizedText {
    /// The text in the first of these languages that there is one in, else in English, else the first.
    public func text(in languages: [String] = []) -> String? {
        for language in languages + ["en"] {
            let found = first { $0.language.lowercased() == language.lowercased() }
            if let found { return found.text }
        }
        return first?.text
    }
}

/// What is shown of an entity where somebody chooses or consents (Metadata Extensions for Login and Discovery §2.1). It is
/// what the entity wrote: to be shown as text, never as markup.
public struct DisplayInfo: Sendable, Hashable {
    public var names: [LocalizedText] = []
    public var descriptions: [LocalizedText] = []
    public var informationURLs: [LocalizedText] = []
    public var privacyStatementURLs: [LocalizedText] = []
    public var logos: [Logo] = []
    public var keywords: [LocalizedText] = []
    /// DiscoHints (§2.2).
    public var domainHints: [String] = []
    public var ipHints: [String] = []

    public init() {}

    /// A picture, by `https` or within a `data` URI.
    public struct Logo: Sendable, Hashable {
        public var address: String
        public var width: Int
        public var height: Int

        public init(_ address: String, width: Int, height: Int) {
            self.address = address
            self.width = width
            self.height = height
        }
    }
}

/// A scope that an identity provider may assert (`shibmd:Scope`).
public struct Scope: Sendable, Hashable {
    public var value: String
    /// Kept, and never gone by: an expression of somebody else's is not run here (SDP-SP17 allows it, SDP-IDP14 forbids
    /// them).
    public var isExpression: Bool

    public init(_ value: String, isExpression: Bool = false) {
        self.value = value
        self.isExpression = isExpression
    }
}

/// Who registered an entity, and when (Metadata Extensions for Registration and Publication Information §2.1).
public struct Registration: Sendable, Hashable {
    public var authority: String
    /// Seconds since 1970.
    public var instant: Int64?
    public var policies: [LocalizedText] = []

    public init(authority: String, instant: Int64? = nil, policies: [LocalizedText] = []) {
        self.authority = authority
        self.instant = instant
        self.policies = policies
    }
}

/// Whom to write to (SAML Metadata §2.3.2.2).
public struct Contact: Sendable, Hashable {
    public var kind: String
    public var name: String?
    public var emails: [String]

    public init(kind: String, name: String? = nil, emails: [String]) {
        self.kind = kind
        self.name = name
        self.emails = emails
    }
}

/// Algorithms that an entity says it speaks (Metadata Profile for Algorithm Support §2). Empty lists say nothing.
public struct AlgorithmSupport: Sendable, Hashable {
    public var digests: [String] = []
    public var signatures: [SigningMethod] = []

    public init(digests: [String] = [], signatures: [SigningMethod] = []) {
        self.digests = digests
        self.signatures = signatures
    }

    /// A way to sign, with the sizes of keys it is taken for.
    public struct SigningMethod: Sendable, Hashable {
        public var algorithm: String
        public var minimumBits: Int?
        public var maximumBits: Int?

        public init(_ algorithm: String, minimumBits: Int? = nil, maximumBits: Int? = nil) {
            self.algorithm = algorithm
            self.minimumBits = minimumBits
            self.maximumBits = maximumBits
        }
    }

    /// §2.4: what stands at the role goes before what stands at the entity.
    public func or(_ entity: AlgorithmSupport) -> AlgorithmSupport {
        AlgorithmSupport(
            digests: digests.isEmpty ? entity.digests : digests,
            signatures: signatures.isEmpty ? entity.signatures : signatures)
    }
}
