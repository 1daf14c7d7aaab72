/// How much harm an entitlement, a violation or a subject can do, the least first.
public enum RiskLevel: String, Sendable, Codable, CaseIterable, Comparable {
    case low, medium, high, critical

    /// What one entitlement of this level contributes to an average.
    public var points: Int {
        switch self {
        case .low: 10
        case .medium: 40
        case .high: 70
        case .critical: 100
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.points < right.points }
}
