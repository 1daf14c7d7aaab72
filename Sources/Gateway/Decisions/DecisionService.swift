import Authorization
import Governance
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
        /// Somebody asks about a kind of subject that we have none of: nobody, whatever the id.
        case stranger(id: String)
    }

    public var asked: Asked
    public var action: String
    public var resourceType: String
    public var resourceID: String
    public var resourceAttributes: [String: AttributeValue]
    public var context: [String: AttributeValue]
    /// Circumstances that an approval is not bound to, because they change under the same person: their address.
    public var passing: Set<String> = []

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
    /// Whether the caller is trusted with how severe something is: without it no severity spares an approval.
    public var vouchesForSeverity: Bool

    public init(
        caller: Subject?, protocol: String, batch: DecisionID? = nil, request: String? = nil,
        vouchesForSeverity: Bool = false
    ) {
        self.caller = caller
        self.protocol = `protocol`
        self.batch = batch
        self.request = request
        self.vouchesForSeverity = vouchesForSeverity
    }

    var recorded: RecordedOrigin {
        RecordedOrigin(caller: caller, protocol: `protocol`, batch: batch, request: request, trace: request)
    }
}

/// Why a question was answered before any rule was looked at.
public enum DecisionPrecondition: String, Sendable, CaseIterable {
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
    /// What governed rules had to say; nil when none of them looked at the request.
    public var governed: RuleDecision?
    /// Whether governed rules decided it.
    public var isGoverned = false
    /// What was held back under their limits, where that was asked for.
    public var reservation: LimitReservation?
    /// What was asked to be approved, where that was asked for.
    public var approval: Approval?
    /// What lets a refusal be asked about; nil where an approval would not help.
    public var requestable: RequestableDenial?

    /// The authentication with which the same request passes; nil when none would do.
    public var stepUp: AuthenticationRequirement? {
        guard !isPermitted, case .stepUp(let strength, let maxAge)? = obligations.first else { return nil }
        return AuthenticationRequirement(strength: strength, maxAgeSeconds: maxAge)
    }
}

/// May they, and why: resolves the subject, decides in memory, records. A class, because every question would copy a
/// structure of as many references.
public final class DecisionService: Sendable {
    let resolver: SubjectResolver
    let revocationBound: Duration
    let recorder: DecisionRecorder
    /// What was refused before any rule was looked at, for metrics.
    let refusals: Tally<DecisionPrecondition>
    let meter: PolicyMeter
    let clock: @Sendable () -> Timestamp

    init(
        resolver: SubjectResolver, revocationBound: Duration, recorder: DecisionRecorder,
        refusals: Tally<DecisionPrecondition>, meter: PolicyMeter, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.resolver = resolver
        self.revocationBound = revocationBound
        self.recorder = recorder
        self.refusals = refusals
        self.meter = meter
        self.clock = clock
    }

    /// What one question is answered with, besides the subject.
    struct Call {
        let question: DecisionQuestion
        let origin: DecisionOrigin
        let authorization: TenantAuthorization
        let now: Timestamp
    }

    /// A question that was decided, and what it was decided on.
    struct Decided {
        var decision: JoinedDecision
        let request: DecisionRequest
        let resolved: ResolvedSubject
        let call: Call
    }

    /// Either answered before any rule was looked at, or decided.
    enum Settled {
        case refused(DecisionAnswer)
        case decided(Decided)
    }

    /// Decides and records; answers when the record's promise is kept, and denies when it cannot be.
    public func decide(
        _ question: DecisionQuestion, in tenant: TenantID, origin: DecisionOrigin
    ) async throws -> DecisionAnswer {
        switch try await settle(question, in: tenant, origin) {
        case .refused(let answer): return answer
        case .decided(let decided):
            let id = recorder.nextID(at: decided.call.now)
            return answer(decided, id, isRecorded: record(decided, id) != .overflowed)
        }
    }

    func settle(
        _ question: DecisionQuestion, in tenant: TenantID, _ origin: DecisionOrigin
    ) async throws -> Settled {
        let begun = ContinuousClock.now
        defer { meter.took(ContinuousClock.now - begun) }
        var call = Call(
            question: question, origin: origin, authorization: try await resolver.table.snapshot(of: tenant),
            now: clock())
        let request = try question.request()
        var isSecond = false
        while true {
            guard let resolved = try await resolve(question.asked, in: tenant) else {
                return .refused(try refused(.unknownSubject, nil, call))
            }
            guard resolved.isActive else { return .refused(try refused(.subjectDisabled, resolved, call)) }
            let decision = try await joined(
                call.authorization.index.decide(request, standing: resolved.standing, now: call.now), request, resolved,
                call)
            guard decision.hasMoved, !isSecond else {
                return .decided(Decided(decision: decision, request: request, resolved: resolved, call: call))
            }
            // The index moved, or an assignment ended, between resolving and deciding: resolve once more.
            isSecond = true
            resolver.cache.forget(resolved.subject, in: tenant)
            call = Call(
                question: question, origin: origin, authorization: try await resolver.table.snapshot(of: tenant),
                now: call.now)
        }
    }

    /// Who is asked about: the credential's own subject, or somebody by id, login or name.
    func resolve(_ asked: DecisionQuestion.Asked, in tenant: TenantID) async throws -> ResolvedSubject? {
        switch asked {
        case .principal(let principal):
            guard principal.tenant == tenant else { return nil }
            return try await resolver.resolve(
                principal.subject, in: tenant, isStrong: principal.strength >= .aal2)
        case .subject(let kind, let id):
            guard let subject = try await resolver.find(kind, id, in: tenant) else { return nil }
            return try await resolver.resolve(subject, in: tenant, isStrong: false)
        case .stranger: return nil
        }
    }

    /// The answer before any rule was looked at. It is recorded like every other.
    private func refused(
        _ why: DecisionPrecondition, _ resolved: ResolvedSubject?, _ call: Call
    ) throws -> DecisionAnswer {
        let tenant = call.authorization.tenant
        let asker = resolved?.asker(call.question.asked, in: tenant) ?? .unknown(in: tenant)
        var record = RecordedDecision(
            id: recorder.nextID(at: call.now), at: call.now, asker: asker, basis: call.authorization.basis,
            factsPosition: resolved?.position ?? 0, action: call.question.action,
            resourceType: call.question.resourceType, resourceID: call.question.resourceID, outcome: .deny,
            enforcement: .mandatory, reason: why.rawValue, origin: call.origin.recorded)
        if resolved == nil { record.reads = [try unknown(call.question.asked, in: tenant)] }
        // Whatever becomes of the record, the answer is no.
        let reasons = recorder.record(record) == .recorded ? [why] : [why, .notRecorded]
        for reason in reasons { refusals.count(reason) }
        return DecisionAnswer(
            id: record.id, isPermitted: false, reasons: reasons.map(\.rawValue), obligations: [],
            asOf: record.factsPosition, validUntil: call.now + revocationBound, determining: [], erred: [])
    }

    /// The name that nobody has, as a keyed digest: people type passwords where names belong.
    private func unknown(_ asked: DecisionQuestion.Asked, in tenant: TenantID) throws -> RecordedRead {
        let name =
            switch asked {
            case .principal(let principal): principal.subject.id
            case .subject(_, let id), .stranger(let id): id
            }
        let tag = try resolver.store.keys.mac(Array("subject:\(name)".utf8), purpose: .digest, tenant: tenant).tag
        return RecordedRead(name: "subject.id", source: "request", value: .digest(tag))
    }

    /// The answer under an id; no where it could not be recorded.
    func answer(_ decided: Decided, _ id: DecisionID, isRecorded: Bool) -> DecisionAnswer {
        let (decision, call) = (decided.decision, decided.call)
        if let governed = decision.governed, decision.isGoverned || governed.alert {
            meter.note(governed, id, in: call.authorization.tenant, at: call.now)
        }
        if !isRecorded { refusals.count(.notRecorded) }
        let bound = call.now + revocationBound
        var answer = DecisionAnswer(
            id: id, isPermitted: decision.isPermitted && isRecorded,
            reasons: isRecorded ? decision.reasons : [DecisionPrecondition.notRecorded.rawValue],
            obligations: decision.obligations, asOf: decided.resolved.position,
            validUntil: decision.validUntil.map { min($0, bound) } ?? bound, determining: decision.determining,
            erred: decision.plain.erred, governed: decision.governed, isGoverned: decision.isGoverned)
        if isRecorded { answer.requestable = requestable(decided, id) }
        return answer
    }

    func record(_ decided: Decided, _ id: DecisionID) -> RecordResult {
        if decided.decision.governed != nil { return recorder.record(RecordedDecision(decided, id)) }
        let call = decided.call
        return recorder.record(
            decided.decision.plain, id: id, at: call.now, request: decided.request,
            standing: decided.resolved.standing,
            asker: decided.resolved.asker(call.question.asked, in: call.authorization.tenant),
            basis: call.authorization.basis, factsPosition: decided.resolved.position, origin: call.origin.recorded)
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
