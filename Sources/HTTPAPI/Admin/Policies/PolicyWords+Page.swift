import Authorization
import Governance
import Vocabulary

extension PolicyState {
    var tone: AdminTone {
        switch self {
        case .draft: .plain
        case .approved: .info
        case .active: .good
        case .suspended: .caution
        case .revoked, .archived: .bad
        }
    }
}

extension Exemption.State {
    var tone: AdminTone {
        switch self {
        case .active: .good
        case .revoked: .bad
        case .expired: .plain
        }
    }
}

extension Enforcement {
    /// What it does with somebody who is in its way.
    var explanation: String {
        switch self {
        case .advisory: "only writes down what breaks it"
        case .recommended: "warns, and lets through"
        case .mandatory: "blocks what breaks it"
        case .critical: "blocks and alarms, without bypass or automatic execution"
        }
    }
}

extension PolicyType {
    var title: String {
        switch self {
        case .hr: "HR"
        case .it: "IT"
        default: rawValue.titled
        }
    }
}

extension ComplianceFramework {
    var title: String {
        switch self {
        case .soc2: "SOC 2"
        case .hipaa: "HIPAA"
        case .pciDSS: "PCI DSS"
        case .iso27001: "ISO 27001"
        case .gdpr: "GDPR"
        case .sox: "SOX"
        }
    }
}

extension PolicyBadge {
    /// Amber for a deny, blue for an approval, emerald for what runs by itself, grey for the rest: the console's tones of
    /// these colours.
    var tone: AdminTone {
        switch colour {
        case .amber: .caution
        case .blue: .info
        case .emerald: .good
        case .grey: .plain
        }
    }

    var value: AdminValue { .badge(text, tone) }
}

extension String {
    /// A code as a title: `at_least` is "At least".
    var titled: String {
        let words = String(map { $0 == "_" ? " " : $0 })
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// All words as choices of a field, the first of which may be "any" for none.
    static func choices(orAny any: String? = nil, _ title: (Self) -> String = { $0.rawValue.titled })
        -> [AdminField.Choice]
    {
        (any.map { [AdminField.Choice("", $0)] } ?? []) + allCases.map { AdminField.Choice($0.rawValue, title($0)) }
    }
}
