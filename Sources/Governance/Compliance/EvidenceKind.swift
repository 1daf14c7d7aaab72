/// What the gateway can say about itself from its own journal: the closed list of what a control can be mapped to. What
/// is not here the gateway cannot show, and a catalogue that asks for it is refused rather than answered.
public enum EvidenceKind: String, Sendable, Codable, CaseIterable, Hashable {
    /// Reviews of who holds what were carried out and closed.
    case accessReviews = "access_reviews"
    /// The time between somebody leaving a directory and the end of their access.
    case leavers
    /// People were added by somebody who is named.
    case joiners
    /// Active people who have not signed in for long.
    case dormantAccounts = "dormant_accounts"
    /// People who left are deleted when their period of grace is over; erasures.
    case erasures
    /// People signed in with two factors.
    case mfaCoverage = "mfa_coverage"
    /// People with a privileged role have two factors.
    case privilegedMFA = "privileged_mfa"
    /// Privileged roles were given by somebody else than who holds them.
    case privilegedAccess = "privileged_access"
    /// Roles and entitlements were given and taken away by somebody who is named.
    case accessChanges = "access_changes"
    /// Entitlements have somebody who answers for them.
    case entitlementOwners = "entitlement_owners"
    /// Rules of separation of duties, their findings, and how lately everybody was looked at.
    case separationOfDuties = "separation_of_duties"
    /// Exceptions end, and nobody grants them to themselves.
    case exemptions
    /// Requests were decided by others than who asked.
    case approvals
    /// Emergency overrides were reviewed.
    case emergencyOverrides = "emergency_overrides"
    /// Policies were approved by another than their author.
    case policyLifecycle = "policy_lifecycle"
    /// The configuration in force is recorded, and every change of it.
    case configurationChanges = "configuration_changes"
    /// Every change names who made it.
    case attribution
    /// Risk scores are counted and kept.
    case riskScores = "risk_scores"
    /// Sign-ins are looked at for what stands out.
    case loginAnomalies = "login_anomalies"
    /// What a new password has to be.
    case passwordRules = "password_rules"
    /// A new password has to hold letters and digits.
    case passwordComposition = "password_composition"
    /// Sessions end by themselves.
    case sessionLimits = "session_limits"
    /// Wrong passwords lock an account for a time.
    case lockout
    /// Passwords and identities cross networks encrypted.
    case transportEncryption = "transport_encryption"
    /// Personal data of the journal stands sealed under each person's own key.
    case encryptionAtRest = "encryption_at_rest"
    /// Keys are changed.
    case keyRotation = "key_rotation"
    /// API keys of service accounts are changed.
    case serviceAccountKeys = "service_account_keys"
    /// Backups are made.
    case backups
    /// A backup was restored, or shown to restore.
    case recoveryTests = "recovery_tests"
    /// Every record of the journal is as it was written, and none is missing.
    case journalIntegrity = "journal_integrity"
    /// Signed heads of the journal are kept outside.
    case headsOutside = "heads_outside"
    /// Journal and decisions are kept long enough.
    case journalRetention = "journal_retention"
    /// Decisions are recorded without gaps.
    case decisionRecord = "decision_record"
}

/// The units in which a catalogue can set what is enough.
public enum EvidenceBound: String, Sendable, Codable, CaseIterable, Hashable {
    case days, hours, minutes, count, percent
}

extension EvidenceKind {
    /// One bound of a kind: what holds where a catalogue does not say, and what it may say.
    public struct BoundRule: Sendable, Hashable {
        public let bound: EvidenceBound
        public let standard: Int
        public let range: ClosedRange<Int>
    }

    /// What a catalogue can set of this kind; most kinds have one bound.
    public var bounds: [BoundRule] {
        switch self {
        case .accessReviews: [.days(180)]
        case .leavers: [.hours(24)]
        case .joiners, .privilegedAccess, .accessChanges, .approvals, .policyLifecycle, .attribution, .loginAnomalies,
            .keyRotation, .serviceAccountKeys, .recoveryTests, .journalRetention, .erasures:
            [.days(365)]
        case .dormantAccounts, .riskScores: [.days(90)]
        case .mfaCoverage: [.days(90), .percent(100)]
        case .privilegedMFA: [.percent(100)]
        case .separationOfDuties: [.days(7)]
        case .exemptions: [.days(30)]
        case .emergencyOverrides: [.hours(72)]
        case .passwordRules: [.count(12)]
        case .sessionLimits: [.minutes(60)]
        case .lockout: [.count(10), .minutes(15)]
        case .backups, .headsOutside: [.hours(26)]
        case .passwordComposition, .entitlementOwners, .configurationChanges, .transportEncryption, .encryptionAtRest,
            .journalIntegrity,
            .decisionRecord:
            []
        }
    }
}

extension EvidenceKind.BoundRule {
    static func days(_ standard: Int) -> Self { Self(bound: .days, standard: standard, range: 1...3_660) }
    static func hours(_ standard: Int) -> Self { Self(bound: .hours, standard: standard, range: 1...8_784) }
    static func minutes(_ standard: Int) -> Self { Self(bound: .minutes, standard: standard, range: 1...43_200) }
    static func count(_ standard: Int) -> Self { Self(bound: .count, standard: standard, range: 1...1_000) }
    static func percent(_ standard: Int) -> Self { Self(bound: .percent, standard: standard, range: 1...100) }
}

/// What a control asks of one kind of evidence, every bound of it said.
public struct EvidenceRequirement: Sendable, Hashable {
    public let kind: EvidenceKind
    private let bounds: [EvidenceBound: Int]

    /// A requirement with the kind's standard bounds where none is given; bounds the kind does not have are ignored.
    public init(_ kind: EvidenceKind, _ given: [EvidenceBound: Int] = [:]) {
        self.kind = kind
        bounds = Dictionary(
            kind.bounds.map { ($0.bound, given[$0.bound] ?? $0.standard) }, uniquingKeysWith: { first, _ in first })
    }

    /// A bound of its kind; 0 for one the kind does not have.
    public subscript(bound: EvidenceBound) -> Int { bounds[bound] ?? 0 }

    /// Every bound, in the order of their names.
    public var all: [(bound: EvidenceBound, value: Int)] {
        bounds.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
    }
}
