import Vocabulary

/// How a subject's risk is computed. One model per tenant.
public enum RiskModel: String, Sendable, Codable, CaseIterable {
    /// The average over the entitlements held. Harmless ones lower it.
    case average
    /// Never less for holding more: each entitlement takes its share of what is left to a hundred.
    case cumulative
}

/// What one factor adds to a score.
public struct RiskFactor: Sendable, Hashable, Codable {
    /// `entitlements` or `sod_violations`.
    public let name: String
    /// From 0 to 1.
    public let weight: Double
    /// From 0 to 100, before weighting.
    public let rawValue: Double
    public let contribution: Double
    public let description: String?
}

/// A subject's risk, from 0 to 100, and what it is made of.
public struct RiskScore: Sendable, Hashable, Codable {
    public let tenant: TenantID
    public let subject: Subject
    public let score: Int
    public let level: RiskLevel
    public let factors: [RiskFactor]
    public let calculatedAt: Timestamp
}

extension RiskModel {
    static let entitlementWeight = 0.6
    static let violationWeight = 0.4
    static let pointsPerViolation = 25.0

    /// Scores a subject by the levels of the entitlements held and the number of violations, exempted ones left out.
    /// Throws `tenantRequired` for the nil tenant and `riskCalculationFailed` for a negative count.
    public func score(
        _ subject: Subject, in tenant: TenantID, entitlements: [RiskLevel], violations: Int,
        thresholds: RiskThresholds = .standard, now: Timestamp
    ) throws(GovernanceError) -> RiskScore {
        guard !tenant.isNil else { throw .tenantRequired }
        guard violations >= 0 else { throw .riskCalculationFailed(reason: "There are fewer than no violations.") }
        let held = raw(entitlements)
        let broken = min(100, Self.pointsPerViolation * Double(violations))
        let factors = [
            RiskFactor(
                name: "entitlements", weight: Self.entitlementWeight, rawValue: held,
                contribution: held * Self.entitlementWeight, description: "\(entitlements.count) entitlements held"),
            RiskFactor(
                name: "sod_violations", weight: Self.violationWeight, rawValue: broken,
                contribution: broken * Self.violationWeight, description: "\(violations) violations"),
        ]
        let sum = factors.reduce(0) { $0 + $1.contribution }
        let score = max(0, min(100, Int(sum.rounded())))
        return RiskScore(
            tenant: tenant, subject: subject, score: score, level: thresholds.level(of: score), factors: factors,
            calculatedAt: now)
    }

    private func raw(_ entitlements: [RiskLevel]) -> Double {
        guard !entitlements.isEmpty else { return 0 }
        switch self {
        case .average: return Double(entitlements.reduce(0) { $0 + $1.points }) / Double(entitlements.count)
        case .cumulative: return 100 * (1 - entitlements.reduce(1) { $0 * (1 - $1.share) })
        }
    }
}

extension RiskLevel {
    /// The part of what is left to a hundred that one entitlement takes in the cumulative model.
    fileprivate var share: Double {
        switch self {
        case .low: 0.02
        case .medium: 0.10
        case .high: 0.30
        case .critical: 0.60
        }
    }
}
