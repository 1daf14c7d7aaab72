import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// A decision and the whole way to it: who, proven how, from which provider, by which upstream groups and the events
/// that brought them, through which mappings to which roles, and what every rule said.
public struct DecisionTrace: Sendable {
    /// A group the subject is in, and the journal position at which the direct membership began.
    public struct GroupLink: Sendable {
        public let id: GroupID
        public let name: String
        public let upstreamKey: String?
        public let isDirect: Bool
        public let sincePosition: Int64?
        /// Who or what made it so, as the journal names the actor; `system:sync` for a directory job.
        public let broughtBy: String?
        /// The command (for a directory job: the run) that brought it.
        public let command: CommandID?
    }

    /// A role and why the subject holds it.
    public struct RoleLink: Sendable {
        public let id: RoleID
        public let name: String
        public let mappings: [MappingID]
        public let assignment: AssignmentID?
        /// The same in words, such as `group engineers at Works`.
        public let because: [String]
        /// Whether it does not count yet, because it takes a second factor.
        public let isHeldBack: Bool
    }

    public let subject: Subject
    public let login: String
    public let isActive: Bool
    public let asOf: Int64
    public let identities: [LinkedIdentity]
    public let providerNames: [ProviderID: String]
    public let groups: [GroupLink]
    public let roles: [RoleLink]
    public let roleNames: [RoleID: String]
    let names: TraceNames
    /// Nil where no session or key was named: then nothing is taken to be proven.
    public let authentication: Authentication?
    public let explanation: Explanation
    /// What roles and policy documents answer, with the roles weighed that wait for a second factor.
    public let decision: Decision
    /// What governed rules had to say; nil when none of them looked at the request.
    public let governed: RuleDecision?
    /// What became of each governed rule.
    public let governedRules: [GovernedTrace]
    /// Main reason first, as in the answer.
    public let reasons: [String]
    private let isAnsweredYes: Bool
    private let isGoverned: Bool

    public var isPermitted: Bool { isActive && isAnsweredYes }

    /// Whether somebody's approval is all that is missing.
    public var isRequestable: Bool {
        isActive && !isPermitted && isGoverned && governed?.needsApproval == true
    }

    /// The reasons as sentences for the person concerned; names of rules stay inside.
    public var sentences: [String] {
        guard isActive else { return ["Your account is disabled."] }
        if isGoverned, let governed {
            guard governed.reason == .limitExceeded, let limit = exceeded else { return [governed.reason.forPeople] }
            return [limit.sentence]
        }
        return decision.reasons.map { reason in
            switch reason {
            case .allowedByRule: "A rule allows this."
            case .noMatchingRule: "No rule allows this for you."
            case .deniedByRule: "A rule forbids this."
            case .stepUpRequired: "This asks for a stronger or fresher sign-in."
            case .ruleError: "A rule could not be evaluated, so it did not count in your favour."
            case .staleFacts, .standingExpired: "Something you held has just ended."
            }
        }
    }

    /// The first limit that stands in the way.
    private var exceeded: LimitTrace? {
        governedRules.first { $0.rule == governed?.rule }?.limits.first { $0.outcome != .within }
    }

    /// What would have to be so for this to be allowed, the nearest way first.
    public var missing: [String] {
        if isGoverned, let governed {
            if governed.reason == .limitExceeded { return exceeded?.missing.map { [$0] } ?? [] }
            return Self.missing(governed)
        }
        if case .stepUp(let strength, _)? = decision.obligations.first, explanation.decision.obligations.isEmpty {
            return [Self.wording(AuthenticationRequirement(strength: strength, maxAgeSeconds: nil))]
        }
        if isPermitted || !isActive { return [] }
        // What other rules allow is no way around one that forbids it.
        if decision.reason == .deniedByRule {
            return explanation.blocking.prefix(1).flatMap { $0.unmet.map(sentence) }
        }
        guard let nearest = explanation.nearest.first else {
            return decision.reason == .noMatchingRule ? ["No role and no policy allows this to anybody."] : []
        }
        return nearest.unmet.map(sentence)
    }

    /// Rules that forbid it, and for each the least that would have to be otherwise.
    public var blocking: [(rule: RuleReference, unmet: [String])] {
        explanation.blocking.map { ($0.rule, $0.unmet.map(sentence)) }
    }

    private func sentence(_ condition: UnmetCondition) -> String {
        names.naming(wording(names.naming(condition)))
    }

    /// In the words of the person concerned; the engine's own are for administrators.
    private func wording(_ condition: UnmetCondition) -> String {
        if case .authentication(let demand) = condition { return Self.wording(demand) }
        if case .unconditional = condition { return "What forbids this asks for nothing that could be otherwise." }
        guard case .subject(let users, let roles, let groups, _) = condition else { return condition.description }
        if !roles.isEmpty { return "You would have to hold the role \(roles.joined(separator: " or "))." }
        if !groups.isEmpty { return "You would have to be in the group \(groups.joined(separator: " or "))." }
        return users.isEmpty ? condition.description : "This is open to named people only."
    }
}

extension DecisionTrace {
    init(
        subject: Subject, login: String, isActive: Bool, asOf: Int64, identities: [LinkedIdentity],
        providerNames: [ProviderID: String], groups: [GroupLink], roles: [RoleLink], roleNames: [RoleID: String],
        names: TraceNames, authentication: Authentication?, explanation: Explanation, joined: JoinedDecision,
        governedRules: [GovernedTrace]
    ) {
        (self.names, self.authentication) = (names, authentication)
        (self.subject, self.login, self.isActive, self.asOf) = (subject, login, isActive, asOf)
        (self.identities, self.providerNames, self.groups) = (identities, providerNames, groups)
        (self.roles, self.roleNames, self.explanation) = (roles, roleNames, explanation)
        (decision, governed, self.governedRules) = (joined.plain, joined.governed, governedRules)
        (reasons, isAnsweredYes, isGoverned) = (joined.reasons, joined.isPermitted, joined.isGoverned)
    }

    private static func missing(_ decision: RuleDecision) -> [String] {
        if let demand = decision.stepUp {
            return [wording(AuthenticationRequirement(strength: demand.strength, maxAgeSeconds: demand.maxAgeSeconds))]
        }
        guard decision.needsApproval, !decision.approverRoles.isEmpty else { return [] }
        return ["Somebody with the role \(decision.approverRoles.joined(separator: " or ")) would have to approve it."]
    }

    private static func wording(_ demand: AuthenticationRequirement) -> String {
        let age = demand.maxAgeSeconds.map { " within the last \($0 < 120 ? "\($0) seconds" : "\($0 / 60) minutes")" }
        let factor = (demand.strength ?? .none) >= .aal2 ? " with a second factor" : ""
        return "You would have to sign in\(factor)\(age ?? "")."
    }
}

extension RuleDecision.Reason {
    /// In the words of the person concerned.
    fileprivate var forPeople: String {
        switch self {
        case .allowed: "A rule allows this."
        case .approvalRequired: "Somebody has to approve this first."
        case .noMatchingRule: "No rule allows this for you."
        case .outsideWindow: "This is allowed at other times only."
        case .limitExceeded: "As much of this as is allowed was done already."
        case .denied: "A rule forbids this."
        case .setNotMet: "Too few of the policies that have a say allow this."
        case .stepUpRequired: "This asks for a stronger or fresher sign-in."
        case .roleRequired: "This asks for a role that you do not hold."
        case .staleFacts: "Something you held has just ended."
        }
    }
}

extension LimitTrace {
    /// Why the limit stands in the way, in the words of the person concerned.
    fileprivate var sentence: String {
        switch outcome {
        case .within: "A rule allows this."
        case .usedUp: "As much of this as is allowed was done already."
        case .tooMuch: "This is more at once than is allowed."
        case .noSeverity: "How much of this is allowed goes by its severity, and no severity that counts was given."
        case .noAmount: "Only so much of this is allowed, and how much it is was not said."
        case .noResource: "Only so much of this is allowed for each resource, and no resource was named."
        }
    }

    /// What the question would have to say besides; nil where saying more would not help.
    fileprivate var missing: String? {
        switch outcome {
        case .within, .usedUp, .tooMuch, .noResource: nil
        case .noSeverity: "The question would have to give `context.severity`."
        case .noAmount: limit.measure.parameter.map { "The question would have to give `context.\($0)`." }
        }
    }
}

/// Answers why.
public struct ExplanationService: Sendable {
    let decisions: DecisionService
    let providers: ProviderTable
    let applications: ApplicationTable

    /// The same decision as `DecisionService.decide`, unrecorded, with the way to it. Throws `not_found` for a subject
    /// that is not there.
    ///
    /// - Parameter vouchesForSeverity: as of the origin of a decision.
    public func explain(
        _ question: DecisionQuestion, in tenant: TenantID, vouchesForSeverity: Bool = false
    ) async throws -> DecisionTrace {
        let resolver = decisions.resolver
        let authorization = try await resolver.table.snapshot(of: tenant)
        guard let resolved = try await decisions.resolve(question.asked, in: tenant) else {
            throw Fault.notFound("person or service account")
        }
        let (request, now) = (try question.request(), decisions.clock())
        let explanation = authorization.index.explain(request, standing: resolved.standing, now: now)
        let call = DecisionService.Call(
            question: question,
            origin: DecisionOrigin(caller: nil, protocol: "explain", vouchesForSeverity: vouchesForSeverity),
            authorization: authorization, now: now)
        let joined = try await decisions.joined(explanation.decision, request, resolved, call)
        let direct = try await Self.directGroups(of: resolved, in: tenant, resolver.store)
        let names = TraceNames(authorization)
        let providerNames = Dictionary(
            providers.all(in: tenant).map { ($0.id, $0.configuration.name) }, uniquingKeysWith: { a, _ in a })
        return DecisionTrace(
            subject: resolved.subject, login: resolved.login, isActive: resolved.isActive, asOf: resolved.position,
            identities: resolved.identities,
            providerNames: providerNames,
            groups: resolved.groups.compactMap { id in
                guard let group = authorization.groups[id] else { return nil }
                let origin = direct[id]
                return DecisionTrace.GroupLink(
                    id: id, name: group.name, upstreamKey: group.upstream?.key, isDirect: origin != nil,
                    sincePosition: origin?.position, broughtBy: origin?.actor, command: origin?.command)
            },
            roles: Self.roles(of: resolved, authorization, names, providerNames),
            roleNames: authorization.roles.mapValues(\.name), names: names,
            authentication: authentication(question.asked, providerNames), explanation: explanation, joined: joined,
            governedRules: try governedRules(request, resolved, joined.governed, call))
    }

    private func authentication(
        _ asked: DecisionQuestion.Asked, _ providers: [ProviderID: String]
    ) -> DecisionTrace.Authentication? {
        guard case .principal(let principal) = asked else { return nil }
        let application = principal.audience.flatMap { applications.application($0)?.settings.name }
        return DecisionTrace.Authentication(principal, providers: providers, application: application)
    }

    private func governedRules(
        _ request: DecisionRequest, _ resolved: ResolvedSubject, _ decision: RuleDecision?, _ call: DecisionService.Call
    ) throws -> [GovernedTrace] {
        guard let book = call.authorization.book, let governed = resolved.governed else { return [] }
        let inquiry = try decisions.inquiry(request, resolved.subject, governed, call)
        let (limits, tenant) = (decisions.resolver.table.limits, call.authorization.tenant)
        return book.traces(
            inquiry, standing: governed.standing, counters: { limits.ledger(of: $0, in: tenant) }, for: decision,
            now: call.now)
    }

    private struct Origin: Sendable {
        let position: Int64
        let actor: String?
        let command: CommandID?
    }

    /// For each direct group, the event that the present membership began with.
    private static func directGroups(
        of resolved: ResolvedSubject, in tenant: TenantID, _ store: Store
    ) async throws -> [GroupID: Origin] {
        guard case .person(let person) = resolved.subject else { return [:] }
        let began = try await store.read { sql in
            try sql.directGroups(of: person).reduce(into: [GroupID: Int64]()) { found, group in
                found[group] = try sql.membershipBegan(person: person, group: group) ?? 0
            }
        }
        var events: [Int64: JournalEntry] = [:]
        for position in Set(began.values) where position > 0 {
            events[position] = try await store.events(of: tenant, after: position - 1, limit: 1).first
        }
        return began.mapValues { position in
            let envelope = events[position]?.envelope
            return Origin(position: position, actor: envelope?.actor.description, command: envelope?.command)
        }
    }

    private static func roles(
        of resolved: ResolvedSubject, _ authorization: TenantAuthorization, _ names: TraceNames,
        _ providers: [ProviderID: String]
    ) -> [DecisionTrace.RoleLink] {
        func link(_ role: RoleID, _ mappings: [MappingID], _ assignment: AssignmentID?) -> DecisionTrace.RoleLink {
            let reasons = authorization.mappings.mappings.filter { mappings.contains($0.id) }.map { mapping in
                names.words(for: mapping.match) + (providers[mapping.provider].map { " at \($0)" } ?? "")
            }
            return DecisionTrace.RoleLink(
                id: role, name: authorization.roles[role]?.name ?? "", mappings: mappings, assignment: assignment,
                because: reasons,
                isHeldBack: resolved.holdsBackRoles && authorization.multiFactorRoles.contains(role))
        }
        return resolved.mappedRoles.map { link($0.role, $0.mappings, nil) }
            + resolved.directRoles.map { link($0.role, [], $0.id) }
    }
}
