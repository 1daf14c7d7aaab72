/// What an identity provider of ours goes by.
public struct IdentityProviderSettings: Sendable, Hashable {
    public var entityID: String
    /// Its addresses for requests, by binding.
    public var signOnEndpoints: [Endpoint]
    /// Requests have to be signed, whoever sends them.
    public var requiresSignedRequests: Bool
    /// Seconds that clocks may differ.
    public var skew: Int64
    /// Seconds that an assertion may be taken for.
    public var assertionLifetime: Int64
    /// The ways to prove who one is, by strength.
    public var contexts: AuthnContextOrder
    /// A proxy: a class that is not known here may be reached by somebody behind.
    public var asksBehind: Bool
    /// Formats of names that it gives, from the one it likes best on.
    public var nameIDFormats: [String]
    public var algorithms: AlgorithmPolicy

    public init(
        entityID: String, signOnEndpoints: [Endpoint], requiresSignedRequests: Bool = false, skew: Int64 = 180,
        assertionLifetime: Int64 = 300, contexts: AuthnContextOrder = .usual, asksBehind: Bool = false,
        nameIDFormats: [String] = [NameIDFormat.transient, NameIDFormat.persistent],
        algorithms: AlgorithmPolicy = AlgorithmPolicy()
    ) {
        self.entityID = entityID
        self.signOnEndpoints = signOnEndpoints
        self.requiresSignedRequests = requiresSignedRequests
        self.skew = skew
        self.assertionLifetime = assertionLifetime
        self.contexts = contexts
        self.asksBehind = asksBehind
        self.nameIDFormats = nameIDFormats
        self.algorithms = algorithms
    }
}

/// What is settled for one service provider beside its metadata.
public struct ServiceProviderPolicy: Sendable, Hashable, Codable {
    /// Somebody may be sent there who did not come from there. Whoever can do that can sign somebody in as themselves.
    public var allowsUnsolicited: Bool
    /// Its requests have to be signed, even where its metadata does not say so.
    public var requiresSignedRequests: Bool
    /// In place of what metadata and request say; nil for no preference.
    public var nameIDFormat: String?
    /// No name at all (IIP-IDP11).
    public var omitsNameID: Bool
    public var signsResponse: Bool
    public var signsAssertion: Bool
    public var encryption: Encryption
    /// What is asked of people who go there, over what its requests ask.
    public var minimumContext: String?

    /// Whether assertions are encrypted.
    public enum Encryption: String, Sendable, Hashable, CaseIterable, Codable {
        /// Wherever its metadata has a key for it (SDP-IDP11).
        case whenPossible = "when_possible"
        case always
        case never
    }

    public init(
        allowsUnsolicited: Bool = false, requiresSignedRequests: Bool = false, nameIDFormat: String? = nil,
        omitsNameID: Bool = false, signsResponse: Bool = true, signsAssertion: Bool = false,
        encryption: Encryption = .whenPossible, minimumContext: String? = nil
    ) {
        self.allowsUnsolicited = allowsUnsolicited
        self.requiresSignedRequests = requiresSignedRequests
        self.nameIDFormat = nameIDFormat
        self.omitsNameID = omitsNameID
        self.signsResponse = signsResponse
        self.signsAssertion = signsAssertion
        self.encryption = encryption
        self.minimumContext = minimumContext
    }

    /// What was written before there was a member has its usual value.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func bool(_ key: CodingKeys, _ usual: Bool) throws -> Bool {
            try values.decodeIfPresent(Bool.self, forKey: key) ?? usual
        }
        self.init(
            allowsUnsolicited: try bool(.allowsUnsolicited, false),
            requiresSignedRequests: try bool(.requiresSignedRequests, false),
            nameIDFormat: try values.decodeIfPresent(String.self, forKey: .nameIDFormat),
            omitsNameID: try bool(.omitsNameID, false), signsResponse: try bool(.signsResponse, true),
            signsAssertion: try bool(.signsAssertion, false),
            encryption: try values.decodeIfPresent(Encryption.self, forKey: .encryption) ?? .whenPossible,
            minimumContext: try values.decodeIfPresent(String.self, forKey: .minimumContext))
    }
}
