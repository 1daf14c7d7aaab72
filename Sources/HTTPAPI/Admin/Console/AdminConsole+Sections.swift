extension AdminConsole {
    /// Every section, in the order in which each chapter of the navigation lists its own. A new one is a line here.
    static let sections: [AdminSection] = [
        .people,
        .groups,
        .organization,
        .sessions,
        .roles,
        .entitlements,
        .duties,
        .risk,
        .approvals,
        .campaigns,
        .policies,
        .policySets,
        .exemptions,
        .policySimulator,
        .decisions,
        .journal,
        .reports,
        .providers,
        .directoryJobs,
        .clients,
        .samlApplications,
        .serviceAccounts,
    ]
}
