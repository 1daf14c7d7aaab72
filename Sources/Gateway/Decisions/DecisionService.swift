import Authorization
import Identity
import Storage
import Vocabulary

/// A question put to the decision point.
public struct DecisionQuestion: Sendable {
    /// Whom a decision is about: who holds a session, or somebody the caller names.
    public enum Asked: Sendable {
        /// The bearer of a credential asks for itself.
        case principal(Principal)
        /// Somebody asks about a subject, by id, login or name.
        case subject(kind: SubjectFacts.Kind, id: String)
    }

    public var asked: Asked
    public var action: String
    public var resourceType: String
    public var resourceID: String
    public var resourceAttributes: [String: AttributeValue]
    public var context: [String: AttributeValue]

    public init(
        _ asked: Asked, action: String, resourceType: String, resourceID: String,
        resourceAttributes: [String: AttributeValue] = [:], context: [String: AttributeValue] = [:]
    ) {
        self.asked = asked
        self.action = action
        self.resourceType = resourceType
        self.resourceID = resourceID
        self.resourceAttributes = resourceAttributes
        self.context = context
    }
}

/// Through whom and how a question came, for the record.
public struct DecisionOrigin: Sendable {
    /// Who called the decision point; nil when the gateway asked itself.
    public var caller: Subject?
    /// A word: `authzen`, `forward_auth`, `api`, `management`.
    public var `protocol`: String
    /// The id that all decisions of one batch share.
    public var batch: DecisionID?
    /// The id of the request.
    public var request: String?

    public init(caller: Subject?, protocol: String, batch: DecisionID? = nil, request: String? = nil) {
        self.caller = caller
        self.protocol = `protocol`
        self.batch = batch
        self.request = request
    }

    var recorded: RecordedOrigin {
        RecordedOrigin(caller: caller, protocol: `protocol`, batch: batch, request: request, trace: request)
    }
}

/// Why a question was answered before any rule was looked at.
public enum DecisionPrecondition: String, Sendable {
    case unknownSubject = "unknown_subject"
    case subjectDisabled = "subject_disabled"
    case notRecorded = "not_recorded"
}

/// The answer with everything an explanation needs.
public struct DecisionAnswer: Sendable {
    public let id: DecisionID
    public let isPermitted: Bool
    public let reasons: [String]
    public let obligations: [Obligation]
    /// The journal position of the facts it rests on.
    public let asOf: Int64
    /// The answer holds no longer than this: the revocation bound, or the edge of what it rests on.
    public let validUntil: Timestamp
    /// Names of the rules, for privileged callers only.
    public let determining: [RuleReference]
    public let erred: [RuleError]
}

/// May they, and why: resolves the subject, decides in memory, records.
public struct DecisionService: Sendable {
    let resolver: SubjectResolver
    let revocationBound: Duration
    /// Hands the record over; false when it could not be and the answer must be a deny.
    let record: @Sendable (RecordedDecision) -> Bool
    let clock: @Sendable () -> Timestamp

    /// Decides and records; answers when the record's promise is kept, and denies when it cannot be.
    public func decide(
        _ question: DecisionQuestion, in tenant: TenantID, origin: DecisionOrigin
    ) async throws -> DecisionAnswer {
        let now = clock()
        guard let resolved = try await resolve(question.asked, in: tenant) else {
            return refused(.unknownSubject, at: now)
        }
        guard resolved.isActive else { return refused(.subjectDisabled, at: now) }
        let authorization = try await resolver.table.snapshot(of: tenant)
        let request = try question.request()
        let decision = authorization.index.decide(request, standing: resolved.standing, now: now)
        if decision.reason == .staleFacts || decision.reason == .standingExpired {
            // The index moved, or an assignment ended, between resolving and deciding: resolve once more.
            resolver.cache.forget(resolved.subject, in: tenant)
            return try await decideAgain(question, request, in: tenant, origin: origin, now: now)
        }
        return answer(decision, request, resolved, authorization, question, origin, now)
    }

    private func decideAgain(
        _ question: DecisionQuestion, _ request: DecisionRequest, in tenant: TenantID, origin: DecisionOrigin,
        now: Timestamp
    ) async throws -> DecisionAnswer {
        let authorization = try await resolver.table.snapshot(of: tenant)
        guard let resolved = try await resolve(question.asked, in: tenant) else {
            return refused(.unknownSubject, at: now)
        }
        guard resolved.isActive else { return refused(.subjectDisabled, at: now) }
        let decision = authorization.index.decide(request, standing: resolved.standing, now: now)
        return answer(decision, request, resolved, authorization, question, origin, now)
    }

    /// Who is asked about: the credential's own subject, or somebody by id, login or name.
    func resolve(_ asked: DecisionQuestion.Asked, in tenant: TenantID) async throws -> ResolvedSubject? {
        switch asked {
        case .principal(let principal):
            guard principal.tenant == tenant else { return nil }
            return try await resolver.resolve(
                principal.subject, in: tenant, isStrong: principal.strength >= .aal2)
        case .subject(let kind, let id):
            guard let subject = try await find(kind, id, in: tenant) else { return nil }
            return try await resolver.resolve(subject, in: tenant, isStrong: false)
        }
    }

    private func find(_ kind: SubjectFacts.Kind, _ id: String, in tenant: TenantID) async throws -> Subject? {
        switch kind {
        case .person:
            if let person = PersonID(id) { return .person(person) }
            return try await resolver.store.read { try $0.person(login: id, in: tenant).map { .person($0.id) } }
        case .serviceAccount:
            if let account = ServiceAccountID(id) { return .serviceAccount(account) }
            return try await resolver.store.read { sql in
                try sql.serviceAccounts(in: tenant).first { $0.name == id }.map { .serviceAccount($0.id) }
            }
        }
    }

    private func refused(_ why: DecisionPrecondition, at now: Timestamp) -> DecisionAnswer {
        DecisionAnswer(
            id: DecisionID.random(at: now), isPermitted: false, reasons: [why.rawValue], obligations: [], asOf: 0,
            validUntil: now + revocationBound, determining: [], erred: [])
    }

    private func answer(
        _ decision: Decision, _ request: DecisionRequest, _ resolved: ResolvedSubject,
        _ authorization: TenantAuthorization, _ question: DecisionQuestion, _ origin: DecisionOrigin, _ now: Timestamp
    ) -> DecisionAnswer {
        let id = DecisionID.random(at: now)
        let reads = authorization.index.reads(of: decision, request, standing: resolved.standing)
        let recorded = record(
            decision.recorded(id: id, at: now, request, reads, resolved, authorization, question.asked, origin.recorded)
        )
        let isPermitted = decision.isPermitted && recorded
        let bound = now + revocationBound
        return DecisionAnswer(
            id: id, isPermitted: isPermitted,
            reasons: recorded
                ? decision.reasons.map(\.rawValue) : [DecisionPrecondition.notRecorded.rawValue],
            obligations: decision.obligations, asOf: resolved.position,
            validUntil: decision.validUntil.map { min($0, bound) } ?? bound, determining: decision.determining,
            erred: decision.erred)
    }
}

extension DecisionQuestion {
    func request() throws -> DecisionRequest {
        var authentication: RequestAuthentication?
        if case .principal(let principal) = asked { authentication = RequestAuthentication(of: principal) }
        return try DecisionRequest(
            action: action, resourceType: resourceType, resourceID: resourceID,
            resourceAttributes: Attributes(resourceAttributes), context: Attributes(context),
            authentication: authentication)
    }
}

/// What an application is told about whoever stands behind a credential.
public struct SubjectDescription: Sendable, Hashable {
    public let subject: Subject
    public let login: String
    public let displayName: String?
    public let mail: String?
    /// Names, sorted; inherited ones included.
    public let roles: [String]
    /// Names, sorted.
    public let groups: [String]
}

extension Gateway {
    /// The subject of a credential, nil when it is gone or disabled.
    public func describe(_ principal: Principal) async throws -> SubjectDescription? {
        guard
            let resolved = try await resolver.resolve(
                principal.subject, in: principal.tenant, isStrong: principal.strength >= .aal2), resolved.isActive
        else { return nil }
        let authorization = try await authorization.snapshot(of: principal.tenant)
        let roles = authorization.index.roles.effectiveRoles(resolved.roleIDs)
            .compactMap { authorization.roles[$0]?.name }.sorted()
        return SubjectDescription(
            subject: resolved.subject, login: resolved.login, displayName: resolved.displayName, mail: resolved.mail,
            roles: roles, groups: resolved.groups.compactMap { authorization.groups[$0]?.name }.sorted())
    }
}
