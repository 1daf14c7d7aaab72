import Vocabulary

/// A part of the gateway that an installation may switch off, by the word that configuration, answers and logs know it by.
///
/// Switching one off closes what changes or shows it, and takes nothing away that protects: roles that are held go on to
/// count, what needs an approval is refused, and what stands in the journal stays there.
public enum Capability: String, Sendable, CaseIterable {
    /// Roles, mappings and who has them are changed and shown here.
    case roles = "rbac"
    /// People, groups, the organization and service accounts are changed and shown here.
    case userManagement = "user_management"
    /// Approvals are asked for, decided and escalated.
    case approvalWorkflows = "approval_workflows"
    /// Frameworks are assessed and reported on.
    case complianceReporting = "compliance_reporting"
    /// Directories and other upstream providers are signed in with and synced. Without it only local passwords count.
    case identityIntegration = "identity_integration"
    /// Governed policies are kept here, and enforced. Without it they only log, as without `enforce_policies`.
    case policyEnforcement = "policy_enforcement"

    /// What its users call it.
    public var title: String {
        switch self {
        case .roles: "Role-based access control"
        case .userManagement: "User management"
        case .approvalWorkflows: "Approval workflows"
        case .complianceReporting: "Compliance reporting"
        case .identityIntegration: "Identity provider integration"
        case .policyEnforcement: "Policy enforcement"
        }
    }

    /// What whoever asks for it is told while it is off.
    public var refusal: Fault {
        Fault(
            "capability.denied", .caller, "\(title) is switched off here.",
            remedy: "`governance.capabilities` of the configuration has to name \(rawValue).")
    }
}

extension GovernanceConfiguration {
    /// Throws `capability.denied` while it is switched off.
    func require(_ capability: Capability) throws {
        guard capabilities.contains(capability) else { throw capability.refusal }
    }
}

extension Gateway {
    /// Whether a capability is switched on.
    public func offers(_ capability: Capability) -> Bool { configuration.governance.capabilities.contains(capability) }
}
