import Gateway

extension Route {
    /// The capability without which nobody gets in here; nil for what is always there.
    var capability: Capability? { Self.capabilities[tag] }

    private static let capabilities: [String: Capability] = [
        "roles": .roles, "mappings": .roles, "assignments": .roles,
        "people": .userManagement, "groups": .userManagement, "organization": .userManagement,
        "links": .userManagement, "service accounts": .userManagement,
        "approvals": .approvalWorkflows,
        "compliance": .complianceReporting,
        "providers": .identityIntegration, "sync": .identityIntegration,
        "governance": .policyEnforcement, "policies": .policyEnforcement,
    ]
}

extension AdminSection {
    /// The same for a section of the console.
    var capability: Capability? { Self.capabilities[slug] }

    private static let capabilities: [String: Capability] = [
        "roles": .roles,
        "people": .userManagement, "groups": .userManagement, "organization": .userManagement,
        "service-accounts": .userManagement,
        "approvals": .approvalWorkflows,
        "reports": .complianceReporting,
        "providers": .identityIntegration, "directory-jobs": .identityIntegration,
        "policies": .policyEnforcement, "policies/sets": .policyEnforcement,
        "policies/exemptions": .policyEnforcement, "policies/simulator": .policyEnforcement,
    ]
}
