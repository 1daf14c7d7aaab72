import Authorization
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
    public let explanation: Explanation
    /// The answer, with the roles weighed that wait for a second factor.
    public let decision: Decision

    public var isPermitted: Bool { isActive && decision.isPermitted }

    /// The reasons as sentences for the person concerned; names of rules stay inside.
    public var sentences: [String] {
        guard isActive else { return ["Your account is disabled."] }
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

    /// What would have to be so for this to be allowed, the nearest way first.
    public var missing: [String] {
        if case .stepUp(let strength, _)? = decision.obligations.first, explanation.decision.obligations.isEmpty {
            return [Self.wording(AuthenticationRequirement(strength: strength, maxAgeSeconds: nil))]
        }
        return explanation.nearest.prefix(1).flatMap { $0.unmet.map(sentence) }
    }

    private func sentence(_ condition: UnmetCondition) -> String {
        var text = wording(condition)
        for (id, name) in roleNames { text = text.replacing(id.description, with: name) }
        for group in groups {
            if let key = group.upstreamKey { text = text.replacing(key, with: group.name) }
        }
        return text
    }

    /// In the words of the person concerned; the engine's own are for administrators.
    private func wording(_ condition: UnmetCondition) -> String {
        if case .authentication(let demand) = condition { return Self.wording(demand) }
        guard case .subject(let users, let roles, let groups, _) = condition else { return condition.description }
        if !roles.isEmpty { return "You would have to hold the role \(roles.joined(separator: " or "))." }
        if !groups.isEmpty { return "You would have to be in the group \(groups.joined(separator: " or "))." }
        return users.isEmpty ? condition.description : "This is open to named people only."
    }
}

extension DecisionTrace {
    private static func wording(_ demand: AuthenticationRequirement) -> String {
        let age = demand.maxAgeSeconds.map { " within the last \($0 < 120 ? "\($0) seconds" : "\($0 / 60) minutes")" }
        let factor = (demand.strength ?? .none) >= .aal2 ? " with a second factor" : ""
        return "You would have to sign in\(factor)\(age ?? "")."
    }
}

/// Answers why.
public struct ExplanationService: Sendable {
    let decisions: DecisionService
    let providers: ProviderTable

    /// The same decision as `DecisionService.decide`, unrecorded, with the way to it. Throws `not_found` for a subject
    /// that is not there.
    public func explain(_ question: DecisionQuestion, in tenant: TenantID) async throws -> DecisionTrace {
        let resolver = decisions.resolver
        let authorization = try await resolver.table.snapshot(of: tenant)
        guard let resolved = try await decisions.resolve(question.asked, in: tenant) else {
            throw Fault.notFound("person or service account")
        }
        let (request, now) = (try question.request(), decisions.clock())
        let explanation = authorization.index.explain(request, standing: resolved.standing, now: now)
        let decision = try await decisions.weighing(
            explanation.decision, request, resolved, authorization, now: now)
        let direct = try await Self.directGroups(of: resolved, in: tenant, resolver.store)
        return DecisionTrace(
            subject: resolved.subject, login: resolved.login, isActive: resolved.isActive, asOf: resolved.position,
            identities: resolved.identities,
            providerNames: Dictionary(
                providers.all(in: tenant).map { ($0.id, $0.configuration.name) }, uniquingKeysWith: { a, _ in a }),
            groups: resolved.groups.compactMap { id in
                guard let group = authorization.groups[id] else { return nil }
                let origin = direct[id]
                return DecisionTrace.GroupLink(
                    id: id, name: group.name, upstreamKey: group.upstream?.key, isDirect: origin != nil,
                    sincePosition: origin?.position, broughtBy: origin?.actor, command: origin?.command)
            },
            roles: Self.roles(of: resolved, authorization), roleNames: authorization.roles.mapValues(\.name),
            explanation: explanation, decision: decision)
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
        of resolved: ResolvedSubject, _ authorization: TenantAuthorization
    ) -> [DecisionTrace.RoleLink] {
        let mapped = resolved.mappedRoles.map { role in
            DecisionTrace.RoleLink(
                id: role.role, name: authorization.roles[role.role]?.name ?? "", mappings: role.mappings,
                assignment: nil)
        }
        let direct = resolved.directRoles.map { assignment in
            DecisionTrace.RoleLink(
                id: assignment.role, name: authorization.roles[assignment.role]?.name ?? "", mappings: [],
                assignment: assignment.id)
        }
        return mapped + direct
    }
}
