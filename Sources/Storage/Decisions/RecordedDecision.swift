import Vocabulary

/// One answer of the decision point, as it is handed over for the record.
///
/// It is cheap to hand over: what many decisions share sits in the two classes, the rest is moved. Words (reason, rule,
/// obligation, protocol …) come from closed vocabularies or from configuration and are written in clear; whatever a
/// request says (action, resource, attributes) is written only sealed under the subject's key.
public struct RecordedDecision: Sendable {
    /// What was answered.
    public enum Outcome: UInt8, Sendable, CaseIterable {
        case permit = 0
        case deny = 1
        /// Nothing could be decided, which denied.
        case error = 2
    }

    /// How binding the determining rules are. From `mandatory` on, a decision that cannot be recorded must be denied.
    public enum Enforcement: UInt8, Sendable, Comparable, CaseIterable {
        case advisory = 0
        case recommended = 1
        case mandatory = 2
        case critical = 3

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// A rule that could not be evaluated, and why: both words.
    public struct ErredRule: Sendable, Hashable {
        public let rule: String
        public let code: String
        public init(rule: String, code: String) {
            self.rule = rule
            self.code = code
        }
    }

    public var id: DecisionID
    /// The exact `now` the decision was made with.
    public var at: Timestamp
    public var asker: RecordedAsker
    public var basis: RecordedBasis
    /// The journal position of the facts the decision rests on.
    public var factsPosition: Int64
    public var action: String
    public var resourceType: String
    public var resourceID: String
    /// Every attribute that was read, absent ones included.
    public var reads: [RecordedRead] = []
    public var outcome: Outcome
    public var enforcement: Enforcement
    /// The main reason code.
    public var reason: String
    /// Rule ids with versions, such as `policy:payroll@3`.
    public var determining: [String] = []
    public var erred: [ErredRule] = []
    public var obligations: [String] = []
    public var origin: RecordedOrigin
    /// The exemption that let this pass, nil for none.
    public var exemption: String?
    /// The approval that let this pass, nil for none.
    public var approval: String?

    public init(
        id: DecisionID, at: Timestamp, asker: RecordedAsker, basis: RecordedBasis, factsPosition: Int64, action: String,
        resourceType: String, resourceID: String, outcome: Outcome, enforcement: Enforcement, reason: String,
        origin: RecordedOrigin
    ) {
        self.id = id
        self.at = at
        self.asker = asker
        self.basis = basis
        self.factsPosition = factsPosition
        self.action = action
        self.resourceType = resourceType
        self.resourceID = resourceID
        self.outcome = outcome
        self.enforcement = enforcement
        self.reason = reason
        self.origin = origin
    }

    /// Whether equal ones within a flush interval may become one record with a count.
    var mayFold: Bool { outcome == .permit && enforcement < .mandatory && erred.isEmpty }
}

/// Through whom and how a question came.
public struct RecordedOrigin: Sendable, Hashable {
    /// Who called the decision point; nil when the gateway asked itself.
    public var caller: Subject?
    /// A word: `authzen`, `forward_auth`, `api`, `cli` …
    public var `protocol`: String
    /// The id that all decisions of one batch request share.
    public var batch: DecisionID?
    /// The gateway's own id of the request. `[A-Za-z0-9._:-]{1,64}`; anything else is not recorded.
    public var request: String?
    /// The W3C trace id. `[A-Za-z0-9._:-]{1,64}`; anything else is not recorded.
    public var trace: String?

    public init(
        caller: Subject?, protocol: String, batch: DecisionID? = nil, request: String? = nil, trace: String? = nil
    ) {
        self.caller = caller
        self.protocol = `protocol`
        self.batch = batch
        self.request = request
        self.trace = trace
    }
}

/// One attribute that a decision read.
public struct RecordedRead: Sendable, Hashable {
    /// An attribute's value as it is kept: in clear only where it is not personal.
    public enum Value: Sendable, Hashable {
        case value(AttributeValue)
        /// A keyed digest in place of a value that must not be kept, at most 64 bytes.
        case digest([UInt8])
        /// It was looked for and not there.
        case absent
    }

    /// The path, such as `subject.department`.
    public let name: String
    /// Where the value came from: `stored`, `request`, `absent`.
    public let source: String
    public let value: Value

    public init(name: String, source: String, value: Value) {
        self.name = name
        self.source = source
        self.value = value
    }
}
