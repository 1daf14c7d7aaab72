extension AdminConsole {
    /// Every section, in the order in which each chapter of the navigation lists its own. A new one is a line here.
    static let sections: [AdminSection] = [
        .people,
        .sessions,
        .approvals,
        .decisions,
        .journal,
        .providers,
        .directoryJobs,
    ]
}
