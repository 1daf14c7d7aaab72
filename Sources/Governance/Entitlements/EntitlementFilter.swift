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

    func admits(_ entitlement: Entitlement) -> Bool {
        (application.map { $0 == entitlement.application } ?? true)
            && (status.map { $0 == entitlement.status } ?? true)
            && (riskLevel.map { $0 == entitlement.details.riskLevel } ?? true)
            && (owner.map { $0 == entitlement.details.owner } ?? true)
            && (nameContains.map { entitlement.details.name.lowercased().contains($0.lowercased()) } ?? true)
    }
}

/// Which part of a list is wanted.
public struct ListOptions: Sendable, Hashable {
    /// The most one page may hold.
    public static let limitMaximum = 1_000

    public let limit: Int
    public let offset: Int

    /// 100 from the beginning. Nil for a limit outside 1 to 1,000 or a negative offset.
    public init?(limit: Int = 100, offset: Int = 0) {
        guard (1...Self.limitMaximum).contains(limit), offset >= 0 else { return nil }
        (self.limit, self.offset) = (limit, offset)
    }

    private init() { (limit, offset) = (100, 0) }

    /// The first hundred.
    public static let standard = ListOptions()
}

extension EntitlementCatalog {
    /// The entitlements that a filter lets through, by creation and id, so that pages do not overlap.
    public func list(_ filter: EntitlementFilter = .init(), _ options: ListOptions = .standard) -> [Entitlement] {
        let all = entitlements.values.filter(filter.admits)
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        return Array(all.dropFirst(options.offset).prefix(options.limit))
    }

    /// How many a filter lets through.
    public func count(_ filter: EntitlementFilter = .init()) -> Int { entitlements.values.count(where: filter.admits) }
}
