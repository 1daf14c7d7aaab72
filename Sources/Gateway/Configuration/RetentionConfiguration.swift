import Governance
import Vocabulary

/// `retention`: how long recorded decisions are kept because a framework asks for it. The longest of these and of
/// `decisions.retention` holds for all of them, because one decision may count for several. The journal itself is never
/// cut.
public struct RetentionConfiguration: Sendable {
    public var frameworks: [ComplianceFramework: Duration] = [:]

    init(_ section: ConfigurationSection) {
        for framework in ComplianceFramework.allCases {
            frameworks[framework] = section.optional(framework.rawValue, "a duration from 1d to 36600d") { text in
                Quantity.duration(text).flatMap { (.days(1)...(.days(36_600))).contains($0) ? $0 : nil }
            }
        }
        section.finish()
    }
}

extension Configuration {
    /// How long a closed segment of decisions is kept.
    public var decisionRetention: Duration { max(decisions.retention, retention.frameworks.values.max() ?? .zero) }
}
