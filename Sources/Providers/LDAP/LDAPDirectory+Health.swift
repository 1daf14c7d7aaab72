import LDAP

/// How a directory's servers answered lately.
public enum DirectoryState: String, Sendable, CaseIterable {
    /// The first server of the list works, or nobody has asked yet.
    case up
    /// The first server is being left alone; another one answers for it.
    case failedOver = "failed_over"
    /// Every server is being left alone; each is tried again after its pause.
    case down
}

extension LDAPDirectory {
    /// What the last operations learned of the servers; asks none of them.
    public var state: DirectoryState {
        guard let preferred = client.servers.preferred else { return .down }
        return preferred == client.servers.configurations.first?.endpoint ? .up : .failedOver
    }
}
