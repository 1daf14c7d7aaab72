import Governance
import Identity
import Storage
import Vocabulary

/// When somebody last used what they hold, as the record of decisions tells.
struct AccessUses: Sendable {
    /// Since when every decision was recorded; nil where none is.
    let completeSince: Timestamp?
    private var roles: [Subject: [RoleID: Timestamp]] = [:]
    private var entitlements: [Subject: [EntitlementID: Timestamp]] = [:]
    /// Of these, something was permitted that cannot be read, so that it may have been any use.
    private var unreadable: Set<Subject> = []

    init(completeSince: Timestamp?) { self.completeSince = completeSince }

    /// The last use of any of these roles; the first is what is asked about, the others what it inherits.
    func use(of roles: Set<RoleID>, by subject: Subject) -> CampaignLine.Use {
        let last = self.roles[subject].flatMap { known in roles.compactMap { known[$0] }.max() }
        return last.map(CampaignLine.Use.last) ?? (completeSince == nil ? .unknown : .none)
    }

    /// The last use of an entitlement.
    func use(of entitlement: EntitlementID, by subject: Subject) -> CampaignLine.Use {
        if let last = entitlements[subject]?[entitlement] { return .last(last) }
        return completeSince == nil || unreadable.contains(subject) ? .unknown : .none
    }

    /// Takes over one permit.
    fileprivate mutating func note(_ decision: StoredDecision, _ words: EntitlementWords) {
        guard let subject = decision.asker.subject else { return }
        let at = decision.fold?.lastAt ?? decision.at
        for rule in decision.determining {
            guard rule.hasPrefix("role:"), let role = RoleID(rule.dropFirst(5)) else { continue }
            roles[subject, default: [:]][role] = max(at, roles[subject]?[role] ?? at)
        }
        guard !words.isEmpty else { return }
        guard case .read(let inputs) = decision.inputs else {
            unreadable.insert(subject)
            return
        }
        for entitlement in words.entitlements(in: inputs) {
            entitlements[subject, default: [:]][entitlement] = max(at, entitlements[subject]?[entitlement] ?? at)
        }
    }
}

/// By which words a question speaks of an entitlement: as a resource of type `entitlement` under its id or its target's
/// name for it, or as an action of that name on its application.
struct EntitlementWords: Sendable {
    private struct Act: Hashable {
        let action: String
        let type: String
    }

    private var byResource: [String: [EntitlementID]] = [:]
    private var byAct: [Act: [EntitlementID]] = [:]

    var isEmpty: Bool { byResource.isEmpty }

    /// - Parameter types: what decisions call the application: its id, its name, the resource type it is protected as.
    mutating func add(_ entitlement: Entitlement, types: Set<String>) {
        let names = Set([entitlement.details.name, entitlement.details.externalID].compactMap(\.self))
        for name in names.union([entitlement.id.description]) { byResource[name, default: []].append(entitlement.id) }
        for type in types {
            for name in names { byAct[Act(action: name, type: type), default: []].append(entitlement.id) }
        }
    }

    func entitlements(in inputs: DecisionInputs) -> [EntitlementID] {
        let named = inputs.resourceType == "entitlement" ? byResource[inputs.resourceID] ?? [] : []
        return named + (byAct[Act(action: inputs.action, type: inputs.resourceType)] ?? [])
    }
}

extension DecisionLogService {
    /// When these subjects last used roles and entitlements.
    func uses(
        of words: EntitlementWords, by subjects: Set<Subject>, in tenant: TenantID
    ) async throws -> AccessUses {
        try await onThread {
            var uses = AccessUses(completeSince: try log.completeSince(tenant))
            try log.forEachPermit(tenant, of: subjects, opening: !words.isEmpty) { uses.note($0, words) }
            return uses
        }
    }
}
