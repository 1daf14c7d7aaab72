import Authorization
import Storage
import Vocabulary

extension Decision {
    /// The decision as the record keeps it: everything it was made of, by id and digest.
    func recorded(
        id: DecisionID, at now: Timestamp, _ request: DecisionRequest, _ reads: [AttributeRead],
        _ resolved: ResolvedSubject, _ authorization: TenantAuthorization, _ asked: DecisionQuestion.Asked,
        _ origin: RecordedOrigin
    ) -> RecordedDecision {
        var record = RecordedDecision(
            id: id, at: now, asker: resolved.asker(asked, in: authorization.tenant), basis: authorization.basis,
            factsPosition: resolved.position, action: request.action, resourceType: request.resourceType,
            resourceID: request.resourceID, outcome: isPermitted ? .permit : .deny,
            enforcement: RecordedDecision.Enforcement(enforcement), reason: reason.rawValue, origin: origin)
        record.reads = reads.map(RecordedRead.init)
        record.determining = determining.map(\.description)
        record.erred = erred.map { .init(rule: $0.rule.description, code: $0.code.rawValue) }
        record.obligations = obligations.map(\.word)
        return record
    }
}

extension ResolvedSubject {
    fileprivate func asker(_ asked: DecisionQuestion.Asked, in tenant: TenantID) -> RecordedAsker {
        guard case .principal(let principal) = asked else {
            return RecordedAsker(
                tenant: tenant,
                facts: .init(
                    subject: subject, subjectVersion: version, credential: nil, provider: nil, strength: .none,
                    methods: [], authenticatedAt: nil))
        }
        return RecordedAsker(
            tenant: tenant,
            facts: .init(
                subject: subject, subjectVersion: version, credential: principal.credential,
                provider: principal.provider, strength: principal.strength, methods: principal.events.map(\.method),
                authenticatedAt: principal.authenticatedAt))
    }
}

extension RecordedDecision.Enforcement {
    init(_ enforcement: Enforcement) {
        switch enforcement {
        case .advisory: self = .advisory
        case .recommended: self = .recommended
        case .mandatory: self = .mandatory
        case .critical: self = .critical
        }
    }
}

extension RecordedRead {
    fileprivate init(_ read: AttributeRead) {
        self.init(
            name: read.path.description, source: read.source.rawValue,
            value: read.value.map(Value.value) ?? .absent)
    }
}

extension Obligation {
    /// The word the record and the answer use.
    public var word: String {
        switch self {
        case .stepUp(let strength, let maxAge):
            "step-up" + (strength.map { ":\($0.acr)" } ?? "") + (maxAge.map { ":\($0)" } ?? "")
        }
    }
}
