import Vocabulary

/// How a tenant counts risk: the fold of its settings' events, one stream per tenant.
public struct RiskSettings: Sendable, Hashable, Codable {
    public internal(set) var model = RiskModel.average
    public internal(set) var thresholds = RiskThresholds.standard
    public internal(set) var version: Int64 = 0

    /// The standard thresholds and the average model: what counts until somebody says otherwise.
    public init() {}

    /// What follows from choosing a model and thresholds; nothing when they are chosen already. Pure.
    public func configure(_ model: RiskModel, _ thresholds: RiskThresholds) -> [RiskEvent] {
        (model, thresholds) == (self.model, self.thresholds) ? [] : [.configured(model, thresholds)]
    }

    /// How folding and writing works. Settings have no creation: the standard ones stand at the beginning.
    public static let aggregate = Aggregate<RiskSettings, RiskEvent>(
        kind: "risk",
        apply: { state, recorded throws(GovernanceError) in
            guard case .configured(let model, let thresholds) = recorded.event else {
                throw .invalidSequence(kind: "risk settings", event: "recorded")
            }
            var settings = state ?? RiskSettings()
            (settings.model, settings.thresholds) = (model, thresholds)
            settings.version += 1
            state = settings
        },
        encode: { $0.record }, decode: { try RiskEvent.read($0) })
}
