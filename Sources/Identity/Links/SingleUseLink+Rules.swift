import Vocabulary

/// Why a link opens nothing. The person sees one sentence for all of them.
public enum LinkUseRefusal: String, Sendable, Hashable, CaseIterable {
    case wrongPurpose, otherTenant, used, revoked, expired, nobody
}

extension LinkPurpose {
    /// How long a link of this purpose may live at most.
    public var longestLifetime: Duration {
        switch self {
        case .setup: .hours(24)
        case .invitation: .days(7)
        case .passwordReset: .hours(1)
        }
    }
}

extension SingleUseLink {
    /// What stands against using the link for `purpose`; nil when nothing does. The caller then marks it used by one
    /// conditional statement, judged by affected rows.
    public func refusal(usingFor purpose: LinkPurpose, in tenant: TenantID, now: Timestamp) -> LinkUseRefusal? {
        guard tenant == self.tenant else { return .otherTenant }
        guard purpose == self.purpose else { return .wrongPurpose }
        guard usedAt == nil else { return .used }
        guard revokedAt == nil else { return .revoked }
        let limit = min(expiresAt, createdAt + purpose.longestLifetime)
        guard createdAt <= now, now < limit else { return .expired }
        // Only set-up makes its own person; any other link without one would open for whoever comes.
        guard person != nil || purpose == .setup else { return .nobody }
        return nil
    }
}
