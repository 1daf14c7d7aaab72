import Vocabulary

/// Who a decision was about, and by what proof: made once per session or API key, shared by all its decisions.
public final class RecordedAsker: Sendable {
    /// The values, compared by value when records fold.
    public struct Facts: Sendable, Hashable {
        public var subject: Subject
        /// The version of the subject's row that was used.
        public var subjectVersion: Int64
        public var credential: PresentedCredential?
        public var provider: ProviderID?
        /// The strength transported as `acr` (OpenID Connect Core §2).
        public var strength: AuthenticationStrength
        /// RFC 8176 names.
        public var methods: [AuthenticationMethod]
        public var authenticatedAt: Timestamp?

        public init(
            subject: Subject, subjectVersion: Int64, credential: PresentedCredential?, provider: ProviderID?,
            strength: AuthenticationStrength, methods: [AuthenticationMethod], authenticatedAt: Timestamp?
        ) {
            self.subject = subject
            self.subjectVersion = subjectVersion
            self.credential = credential
            self.provider = provider
            self.strength = strength
            self.methods = methods
            self.authenticatedAt = authenticatedAt
        }
    }

    public let tenant: TenantID
    public let facts: Facts

    public init(tenant: TenantID, facts: Facts) {
        self.tenant = tenant
        self.facts = facts
    }
}

/// What decided: made once per generation of the compiled index, shared by all its decisions.
public final class RecordedBasis: Sendable {
    /// Digests of at most 64 bytes, and two words.
    public struct Facts: Sendable, Hashable {
        public var policies: [UInt8]
        public var roles: [UInt8]
        public var mappings: [UInt8]
        public var configuration: [UInt8]
        /// The version of the build that decided.
        public var engine: String
        /// The version of the time-zone data that it used.
        public var timeZones: String

        public init(
            policies: [UInt8], roles: [UInt8], mappings: [UInt8], configuration: [UInt8], engine: String,
            timeZones: String
        ) {
            self.policies = policies
            self.roles = roles
            self.mappings = mappings
            self.configuration = configuration
            self.engine = engine
            self.timeZones = timeZones
        }
    }

    public let facts: Facts
    public init(_ facts: Facts) { self.facts = facts }
}
