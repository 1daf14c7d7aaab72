import Vocabulary

/// Why a hand-over code opens nothing.
public enum HandOverRefusal: String, Sendable, Hashable, CaseIterable {
    case used, expired, otherApplication, otherTenant, otherTarget, sessionOver
}

extension HandOverCode {
    /// What stands against redeeming the code at `application`, with `session` the row of the session it names (nil
    /// when that is gone); nil when nothing does. The caller then marks it used by one conditional statement.
    public func refusal(
        redeemingAt application: ApplicationID, tenant: TenantID, returnTarget: String, session: Session?,
        now: Timestamp
    ) -> HandOverRefusal? {
        guard tenant == self.tenant else { return .otherTenant }
        guard application == self.application else { return .otherApplication }
        guard returnTarget.utf8.elementsEqual(self.returnTarget.utf8) else { return .otherTarget }
        guard usedAt == nil else { return .used }
        guard createdAt <= now, now < expiresAt else { return .expired }
        guard let session, session.id == self.session, session.tenant == tenant, !session.isExpired(at: now) else {
            return .sessionOver
        }
        return nil
    }
}
