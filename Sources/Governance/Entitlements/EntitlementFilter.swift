import Vocabulary

/// Which entitlements are wanted; what is left open does not narrow.
public struct EntitlementFilter: Sendable, Hashable {
    public var application: ApplicationID?
    public var status: EntitlementStatus?
    public var riskLevel: RiskLevel?
    public var owner: PersonID?
    /// Part of the name, without regard to case.
    public var nameContains: String?

    /// A filter; without arguments it lets everything through.
    public init(
        application: ApplicationID? = nil, status: EntitlementStatus? = nil, riskLevel: RiskLevel? = nil,
        owner: PersonID? = nil, nameContains: String? = nil
    ) {
        (self.application, self.status, self.riskLevel) = (application, status, riskLevel)
        (self.owner, self.nameContains) = (owner, nameContains)
    }
}
