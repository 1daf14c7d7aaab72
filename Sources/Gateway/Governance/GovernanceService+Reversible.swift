import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Before a policy takes effect: whether anybody could take it back. Rules bind the administrators too, and one that
/// denies them what would undo it is mended only on the machine itself.
extension GovernanceService {
    /// The command that takes a policy out of force.
    private static let way = (action: "suspend", type: "governance")
    /// Holders of protected roles who are asked about, at most. The first who still could is enough.
    private static let holderLimit = 1_000

    /// Refuses a policy that would leave nobody of those who can suspend policies now. What others put in force in the
    /// same instant is not seen: the machine's administrator is the way out of that.
    ///
    /// - Throws: `policy.locks_out`.
    func requireReversible(_ policy: GovernedPolicy, in tenant: TenantID) async throws {
        guard let table, !policy.rules.isEmpty else { return }
        let moment = max(clock(), policy.effective?.from ?? .epoch)
        let present = try await table.compiled(RuleTrial(change: nil, asOf: nil), for: tenant)
        let trial = try await table.compiled(RuleTrial(change: .governed(policy), asOf: nil), for: tenant)
        let lost = try await store.read { sql in
            let able = try Self.holders(in: tenant, sql, at: moment).filter {
                try Self.canSuspend($0, under: present, sql, at: moment)
            }
            return try able.isEmpty || able.contains { try Self.canSuspend($0, under: trial, sql, at: moment) }
                ? 0 : able.count
        }
        guard lost > 0 else { return }
        throw Fault(
            "policy.locks_out", .caller,
            "In force, \(policy.name) would keep all \(lost) who may suspend policies now from doing so, or from"
                + " signing in: nobody could take it back but the machine's administrator.",
            remedy: "Narrow its rules by `actions`, `resources` or `subjects`, exempt an administrator by a condition,"
                + " or send `force: true` with the command, which is journalled.")
    }

    /// Who holds a protected role: people and service accounts.
    private static func holders(
        in tenant: TenantID, _ sql: any SQLConnection, at now: Timestamp
    ) throws -> [Subject] {
        let roles = try sql.roles(in: tenant)
        let hierarchy = GrantRule(roles: roles)
        let protected = Set(roles.filter(\.isProtected).map(\.id))
        let carriers = Set(
            roles.map(\.id).filter { !hierarchy.closure(of: [$0]).union([$0]).isDisjoint(with: protected) })
        var found: Set<Subject> = []
        try sql.forEachAssignedRole(in: tenant, at: now) { role, subject in
            if carriers.contains(role), found.count < holderLimit { found.insert(subject) }
        }
        for mapping in try sql.roleMappings(in: tenant) where carriers.contains(mapping.role) {
            for person in try SyncService.mappedHolders(mapping, in: tenant, sql) where found.count < holderLimit {
                found.insert(.person(person))
            }
        }
        return Array(found)
    }

    /// With two factors, proven just now: what anybody can do about it.
    private static func canSuspend(
        _ subject: Subject, under authorization: TenantAuthorization, _ sql: any SQLConnection, at now: Timestamp
    ) throws -> Bool {
        let proof = RequestAuthentication(strength: .aal2, authenticatedAt: now)
        guard let party = try TrialParty(subject, on: authorization, isStrong: true, sql, now: now) else {
            return false
        }
        func question(
            _ action: String, _ type: String, _ id: String, _ context: [String: AttributeValue] = [:]
        ) throws -> TrialQuestion {
            TrialQuestion(
                request: try DecisionRequest(
                    action: action, resourceType: type, resourceID: id, context: Attributes(context),
                    authentication: proof), context: context, at: now, resourceKey: nil, grant: nil)
        }
        guard try authorization.judge(question(way.action, way.type, ""), party).isPermitted else { return false }
        guard let person = subject.person, let book = authorization.book, let governed = party.governed else {
            return true
        }
        return try SessionQuestion.allCases.allSatisfy { asked in
            let session = try question(
                asked.rawValue, SessionQuestion.resourceType, person.description, asked.neutralContext)
            return !book.ruling(session.inquiry(subject, governed), standing: governed.standing, now: now).isRefused
        }
    }
}

extension SessionQuestion {
    /// What is told where nothing is known of the circumstances: a sign-in from nowhere in particular, a session that
    /// has just begun.
    var neutralContext: [String: AttributeValue] {
        switch self {
        case .signIn: ["second_factor": true, "provider": "", "network": "", "application": ""]
        case .keep: ["second_factor": true, "age": 0, "idle": 0, "authentication_age": 0]
        }
    }
}
