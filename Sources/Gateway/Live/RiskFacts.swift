import Authorization
import Governance
import Storage
import Vocabulary

/// What conditions read of somebody's risk, `subject.risk_score` (0 to 100) and `subject.risk_level`: a rule may ask for a
/// second factor, or refuse, above a score. Counted only where a rule in force asks.
enum RiskFacts {
    /// No upstream attribute of these names is ever read in their place.
    static let score = "risk_score"
    static let level = "risk_level"

    /// How long a score counts before it is looked at again. What somebody holds changes it, and so do rules of
    /// separation of duties and what exempts from them; nothing of that is worth another message to every decision.
    static let freshness = Duration.seconds(1)

    /// Whether a rule of this index asks for a risk.
    static func areRead(by index: PolicyIndex) -> Bool {
        index.readsSubject(score) || index.readsSubject(level)
    }
}

extension TenantAuthorization {
    /// The subject's facts with its risk among the attributes, where a rule asks for that.
    func withRisk(
        _ attributes: [String: AttributeValue], of subject: Subject, until end: Timestamp?, _ sql: any SQLConnection,
        now: Timestamp
    ) throws -> (attributes: Attributes, validUntil: Timestamp?) {
        guard readsRisk else { return (Attributes(attributes), end) }
        let view = GovernedView(sql: sql, tenant: tenant, keys: keys, now: now)
        let risk = try refusing { try view.score(subject, self) }
        var known = attributes
        known[RiskFacts.score] = .integer(Int64(risk.score))
        known[RiskFacts.level] = .string(risk.level.rawValue)
        let stale = now + RiskFacts.freshness
        return (Attributes(known), end.map { min($0, stale) } ?? stale)
    }
}
