import Vocabulary

/// Up to which score a level reaches, each bound included; what is above the last is critical. One set per tenant.
public struct RiskThresholds: Sendable, Hashable, Codable {
    public let lowMax: Int
    public let mediumMax: Int
    public let highMax: Int

    /// Throws `riskThresholdInvalid` unless 0 < low < medium < high < 100.
    public init(lowMax: Int, mediumMax: Int, highMax: Int) throws(GovernanceError) {
        guard lowMax > 0 else { throw .riskThresholdInvalid(reason: "low_max has to be more than 0") }
        guard lowMax < mediumMax else { throw .riskThresholdInvalid(reason: "low_max has to be less than medium_max") }
        guard mediumMax < highMax else {
            throw .riskThresholdInvalid(reason: "medium_max has to be less than high_max")
        }
        guard highMax < 100 else { throw .riskThresholdInvalid(reason: "high_max has to be less than 100") }
        (self.lowMax, self.mediumMax, self.highMax) = (lowMax, mediumMax, highMax)
    }

    private init() { (lowMax, mediumMax, highMax) = (25, 50, 75) }

    /// 25, 50 and 75.
    public static let standard = RiskThresholds()

    /// The level of a score.
    public func level(of score: Int) -> RiskLevel {
        if score <= lowMax { return .low }
        if score <= mediumMax { return .medium }
        return score <= highMax ? .high : .critical
    }
}
