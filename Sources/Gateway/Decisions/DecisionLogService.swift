import Dispatch
import Storage
import Vocabulary

/// A decision as it was recorded, for those who may read the record.
public struct DecisionRecord: Sendable {
    /// A rule and why it could not be evaluated.
    public struct ErredRule: Sendable {
        public let rule: String
        public let code: String
    }

    /// One attribute that was read.
    public struct Read: Sendable {
        public let name: String
        /// `stored`, `request` or `absent`.
        public let source: String
        /// Nil where only a digest is kept, and where it was absent.
        public let value: AttributeValue?
    }

    /// What was asked; it is sealed under the subject's key, and gone when the person was erased.
    public struct Question: Sendable {
        public let action: String
        public let resourceType: String
        public let resourceID: String
        public let reads: [Read]
    }

    /// Its place in the tenant's record, from 1.
    public let sequence: Int64
    public let id: DecisionID
    public let at: Timestamp
    /// Nil when the question named nobody who is known here.
    public let subject: Subject?
    public let caller: Subject?
    /// `session`, `application_session` or `api_key`, and its id; nil when the subject was only named.
    public let credential: (kind: String, id: String)?
    public let provider: ProviderID?
    public let acr: String
    public let amr: [String]
    public let authenticatedAt: Timestamp?
    /// `permit`, `deny` or `error`.
    public let outcome: String
    /// `advisory`, `recommended`, `mandatory` or `critical`.
    public let enforcement: String
    public let reason: String
    public let rules: [String]
    public let erred: [ErredRule]
    public let obligations: [String]
    /// `authzen`, `forward_auth`, `api`, `management` …
    public let origin: String
    public let batch: DecisionID?
    public let request: String?
    public let trace: String?
    /// The journal position of the facts it rests on.
    public let asOf: Int64
    public let engine: String
    /// The version of the subject's row that was used; 0 when nobody is known.
    public let subjectVersion: Int64
    /// What decided: the policies, the role graph, the mappings, and the configuration that was in effect.
    public let policyDigest: [UInt8]
    public let roleDigest: [UInt8]
    public let mappingDigest: [UInt8]
    public let configurationDigest: [UInt8]
    /// The version of the time-zone data, `none` where no rule looked at a clock on the wall.
    public let timeZones: String
    /// The exemption that lifted a rule, and the approval that was seen, by id.
    public let exemption: String?
    public let approval: String?
    /// How many identical allows this record stands for, the first included.
    public let count: Int64
    public let lastAt: Timestamp
    public let question: Question?
    /// Why there is no question: `unreadable`, `not_sealed` or `too_large`.
    public let withheld: String?
}

/// Which decisions to list; nil admits all.
public struct DecisionFilter: Sendable {
    public var subject: Subject?
    /// `permit`, `deny` or `error`.
    public var outcome: String?
    public var action: String?
    public var resourceType: String?
    public var resourceID: String?
    public var from: Timestamp?
    /// Exclusive.
    public var to: Timestamp?
    /// Only records before this sequence number.
    public var before: Int64?

    public init() {}

    /// The words an outcome is named by.
    public static let outcomes = ["permit", "deny", "error"]

    /// Whether it asks for what stands sealed, so that each record has to be opened first.
    var looksInside: Bool { action != nil || resourceType != nil || resourceID != nil }

    func admits(_ question: DecisionRecord.Question?) -> Bool {
        guard looksInside else { return true }
        guard let question else { return false }
        return action.map { $0 == question.action } ?? true
            && resourceType.map { $0 == question.resourceType } ?? true
            && resourceID.map { $0 == question.resourceID } ?? true
    }
}

/// Reads the record of decisions, on a thread of its own: it goes through files.
public struct DecisionLogService: Sendable {
    let log: DecisionLog

    /// Records opened for one answer at most; a filter that looks inside may need further pages to find all.
    public static let scanLimit = 5_000

    /// A page of decisions, newest first, and `before` of the next page. The page may be short and have a next one,
    /// where a filter looks inside. A decision is seen once it was flushed.
    public func list(
        _ filter: DecisionFilter, in tenant: TenantID, limit: Int
    ) async throws -> (decisions: [DecisionRecord], next: Int64?) {
        try await onThread {
            var inner = DecisionLog.Filter(
                from: filter.from, to: filter.to, subject: filter.subject,
                outcome: filter.outcome.flatMap(RecordedDecision.Outcome.init(word:)), before: filter.before)
            var found: [DecisionRecord] = []
            var seen = 0
            while true {
                let batch = filter.looksInside ? DecisionLog.pageLimit : limit - found.count
                let page = try log.list(tenant, inner, limit: batch)
                for stored in page.decisions {
                    seen += 1
                    let record = DecisionRecord(stored)
                    if filter.admits(record.question) { found.append(record) }
                    let isCut = found.count == limit || seen == Self.scanLimit
                    let isLast = stored.sequence == page.decisions.last?.sequence && page.next == nil
                    if isCut { return (found, isLast ? nil : stored.sequence) }
                }
                guard let next = page.next else { return (found, nil) }
                inner.before = next
            }
        }
    }

    /// The record of one decision. Throws `not found` when there is none (yet).
    public func decision(_ id: DecisionID, in tenant: TenantID) async throws -> DecisionRecord {
        guard let stored = try await onThread({ try log.find(id, tenant: tenant) }) else {
            throw Fault.notFound("recorded decision")
        }
        return DecisionRecord(stored)
    }

    func onThread<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    // One at a time: reading the record must not take the machine from those who decide.
    private static let queue = DispatchQueue(label: "gatehouse.decision-log")
}

extension Gateway {
    /// The record of decisions, for those who may read it.
    public var decisionLog: DecisionLogService {
        DecisionLogService(log: DecisionRecorder.log(configuration, store))
    }
}

extension RecordedDecision.Outcome {
    var word: String {
        switch self {
        case .permit: "permit"
        case .deny: "deny"
        case .error: "error"
        }
    }

    init?(word: String) {
        guard let match = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = match
    }
}

extension DecisionRecord {
    init(_ stored: StoredDecision) {
        sequence = stored.sequence
        id = stored.id
        at = stored.at
        subject = stored.asker.subject
        caller = stored.origin.caller
        credential = stored.asker.credential.map(Self.credential)
        provider = stored.asker.provider
        acr = stored.asker.strength.acr
        amr = stored.asker.methods.map(\.rawValue)
        authenticatedAt = stored.asker.authenticatedAt
        outcome = stored.outcome.word
        enforcement = String(describing: stored.enforcement)
        reason = stored.reason
        rules = stored.determining
        erred = stored.erred.map { ErredRule(rule: $0.rule, code: $0.code) }
        obligations = stored.obligations
        origin = stored.origin.protocol
        batch = stored.origin.batch
        request = stored.origin.request
        trace = stored.origin.trace
        asOf = stored.factsPosition
        engine = stored.basis.engine
        subjectVersion = stored.asker.subjectVersion
        policyDigest = stored.basis.policies
        roleDigest = stored.basis.roles
        mappingDigest = stored.basis.mappings
        configurationDigest = stored.basis.configuration
        timeZones = stored.basis.timeZones
        exemption = stored.exemption
        approval = stored.approval
        count = stored.fold?.count ?? 1
        lastAt = stored.fold?.lastAt ?? stored.at
        switch stored.inputs {
        case .read(let inputs): (question, withheld) = (Question(inputs), nil)
        case .unreadable: (question, withheld) = (nil, "unreadable")
        case .notSealed: (question, withheld) = (nil, "not_sealed")
        case .tooLarge: (question, withheld) = (nil, "too_large")
        }
    }

    static func credential(_ presented: PresentedCredential) -> (kind: String, id: String) {
        switch presented {
        case .session(let id): ("session", id.description)
        case .applicationSession(let id): ("application_session", id.description)
        case .apiKey(let id): ("api_key", id.description)
        case .grant(let id): ("grant", id.description)
        case .client(let id): ("client", id.description)
        case .natsUser(let id): ("nats_user", id.description)
        case .natsSubject: ("nats_subject", "")
        }
    }
}

extension DecisionRecord.Question {
    fileprivate init(_ inputs: DecisionInputs) {
        action = inputs.action
        resourceType = inputs.resourceType
        resourceID = inputs.resourceID
        reads = inputs.reads.map { read in
            let value: AttributeValue? = if case .value(let value) = read.value { value } else { nil }
            return DecisionRecord.Read(name: read.name, source: read.source, value: value)
        }
    }
}
