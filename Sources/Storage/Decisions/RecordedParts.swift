import Authorization
import Vocabulary

/// Who a decision was about, and by what proof: made once per session or API key, shared by all its decisions.
public final class RecordedAsker: Sendable {
    /// The values, compared by value when records fold.
    public struct Facts: Sendable, Hashable {
        /// Nil when nobody is known by the name that was asked about.
        public var subject: Subject?
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
            subject: Subject?, subjectVersion: Int64, credential: PresentedCredential?, provider: ProviderID?,
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
    /// The facts as bytes: equal ones have equal bytes.
    let canonical: [UInt8]

    public init(tenant: TenantID, facts: Facts) {
        self.tenant = tenant
        self.facts = facts
        canonical = facts.canonical
    }
}

extension RecordedAsker.Facts {
    static let methodLimit = 32

    fileprivate var canonical: [UInt8] {
        var out = SegmentBytes()
        out.subject(subject)
        encode(into: &out) { out, method in out.text(methods[method].rawValue) }
        return out.bytes
    }

    /// Writes what follows the subject; `method` writes the method of a number.
    func encode(into out: inout SegmentBytes, _ method: (inout SegmentBytes, Int) -> Void) {
        out.signed(subjectVersion)
        switch credential {
        case nil: out.byte(0)
        case .session(let id)?:
            out.byte(1)
            out.id(id)
        case .applicationSession(let id)?:
            out.byte(2)
            out.id(id)
        case .apiKey(let id)?:
            out.byte(3)
            out.id(id)
        case .grant(let id)?:
            out.byte(4)
            out.id(id)
        case .client(let id)?:
            out.byte(5)
            out.id(id)
        case .natsUser(let id)?:
            out.byte(6)
            out.id(id)
        case .natsSubject?: out.byte(7)
        }
        out.optional(provider) { $0.id($1) }
        out.byte(UInt8(strength.rawValue))
        out.number(min(methods.count, Self.methodLimit))
        for number in 0..<min(methods.count, Self.methodLimit) { method(&out, number) }
        out.optional(authenticatedAt) { $0.signed($1.microseconds) }
    }

    /// Reads the canonical form. Throws `decisions.malformed`.
    init(canonical reader: inout SegmentBytesReader, methods name: (inout SegmentBytesReader) throws -> String) throws {
        let subject = try reader.subject()
        try self.init(subject: subject, after: &reader, methods: name)
    }

    /// Reads what follows the subject, which a segment has by number. Throws `decisions.malformed`.
    init(
        subject: Subject?, after reader: inout SegmentBytesReader,
        methods name: (inout SegmentBytesReader) throws -> String
    ) throws {
        let version = try reader.signed()
        let credential: PresentedCredential? =
            switch try reader.byte() {
            case 0: nil
            case 1: .session(try reader.id())
            case 2: .applicationSession(try reader.id())
            case 3: .apiKey(try reader.id())
            case 4: .grant(try reader.id())
            case 5: .client(try reader.id())
            case 6: .natsUser(try reader.id())
            case 7: .natsSubject
            default: throw SegmentBytesReader.malformed
            }
        let provider: ProviderID? = try reader.optional { try $0.id() }
        guard let strength = AuthenticationStrength(rawValue: Int(try reader.byte())) else {
            throw SegmentBytesReader.malformed
        }
        let methods = try reader.list { reader in
            guard let method = AuthenticationMethod(rawValue: try name(&reader)) else {
                throw SegmentBytesReader.malformed
            }
            return method
        }
        self.init(
            subject: subject, subjectVersion: version, credential: credential, provider: provider, strength: strength,
            methods: methods, authenticatedAt: try reader.optional { Timestamp(microseconds: try $0.signed()) })
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
    /// What turns the numbers of an answer back into names and values; nil where nothing is recorded by numbers.
    public let index: PolicyIndex?

    public init(_ facts: Facts, index: PolicyIndex? = nil) {
        self.facts = facts
        self.index = index
    }
}
