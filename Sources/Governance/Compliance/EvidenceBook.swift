import Vocabulary

/// Everything that evidence rests on, folded from one tenant's journal up to a position. The same events give the same
/// book, wherever a reading of them paused, and the same book gives the same evidence.
public struct EvidenceBook: Sendable {
    private var record = RecordLedger()
    private var people = PeopleLedger()
    private var access = AccessLedger()
    private var reviews = ReviewLedger()
    private var duties = DutyLedger()
    private var exemptions = ExemptionLedger()
    private var approvals = ApprovalLedger()
    private var policies = PolicyLedger()
    private var keys = KeyLedger()
    private var continuity = ContinuityLedger()
    private var settings = SettingsLedger()
    private var activity = ActivityLedger()

    /// A book of nothing.
    public init() {}

    /// The last position that is folded in; 0 at the beginning.
    public var position: Int64 { record.size }

    /// When the event at that position was written.
    public var at: Timestamp { record.newest }

    /// The epoch of the journal that the position is in.
    public var epoch: Int64 { record.epoch }

    /// Whether the content of events of this type says anything here; the others need only be passed.
    public static func reads(_ type: String) -> Bool { !unread.contains { type.hasPrefix($0) } }

    // By far the most events are about sessions, and what evidence needs of those their logins say.
    private static let unread = ["session.", "application_session.", "limit.", "password.rehashed", "totp.used"]

    /// Takes up the record at the next position. `isSound` is whether its bytes still have the hash they were written
    /// with; `event` nil where `reads` says that its content does not matter.
    public mutating func take(_ event: EvidenceEvent?, position: Int64, at: Timestamp, isSound: Bool) {
        record.pass(EvidencePlace(position: position, at: at), isSound: isSound)
        if let event { read(event) }
    }

    private mutating func read(_ event: EvidenceEvent) {
        record.take(event)
        activity.take(event)
        switch event.type.prefix(while: { $0 != "." }) {
        case "person", "totp", "login", "sync_run": people.take(event)
        case "role", "mapping", "entitlement", "assignment": access.take(event)
        case "campaign": reviews.take(event)
        case "sod": duties.take(event)
        case "exemption": exemptions.take(event)
        case "approval": approvals.take(event)
        case "policy": policies.take(event)
        case "key", "api_key", "service_account": keys.take(event)
        case "backup", "heads", "journal": continuity.take(event)
        case "configuration":
            settings.take(event)
            access.take(event)
        default: return
        }
    }

    /// What the journal up to here says of a requirement, judged as of a moment.
    public func evidence(for asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        switch asked.kind {
        case .accessReviews: reviews.evidence(asked, at: moment)
        case .leavers: people.leavers(asked, at: moment)
        case .joiners: people.joiners(asked, at: moment)
        case .dormantAccounts: people.dormant(asked, at: moment)
        case .erasures: people.erasures(asked, at: moment)
        case .mfaCoverage: people.mfa(asked, at: moment)
        case .privilegedMFA: access.privilegedMFA(asked, people, at: moment)
        case .privilegedAccess: access.privilegedAccess(asked, people, at: moment)
        case .accessChanges: access.accessChanges(asked, at: moment)
        case .entitlementOwners: access.owners(asked)
        case .separationOfDuties: duties.evidence(asked, at: moment)
        case .exemptions: exemptions.evidence(asked, at: moment)
        case .approvals: approvals.decisions(asked, at: moment)
        case .emergencyOverrides: approvals.overrides(asked, at: moment)
        case .policyLifecycle: policies.evidence(asked, at: moment)
        case .attribution: activity.attribution(asked, at: moment)
        case .riskScores: activity.riskScores(asked, at: moment)
        case .loginAnomalies:
            activity.anomalies(asked, kinds: settings.number("anomaly_kinds"), at: moment)
        case .keyRotation: keys.rotation(asked, since: record.began, at: moment)
        case .serviceAccountKeys: keys.serviceAccounts(asked, at: moment)
        case .backups: continuity.backups(asked, at: moment)
        case .recoveryTests: continuity.recoveryTests(asked, at: moment)
        case .headsOutside: continuity.headsOutside(asked, at: moment)
        default: stated(asked, at: moment)
        }
    }

    /// What rests on the record itself and on the settings it states.
    private func stated(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        switch asked.kind {
        case .configurationChanges: settings.configuration(asked)
        case .passwordRules: settings.passwords(asked)
        case .passwordComposition: settings.composition(asked)
        case .sessionLimits: settings.sessions(asked)
        case .lockout: settings.lockout(asked, activity.refused)
        case .transportEncryption: settings.transport(asked)
        case .encryptionAtRest: record.sealing(asked)
        case .journalRetention:
            record.retention(asked, decisionDays: settings.number("decision_retention_days"), at: moment)
        case .decisionRecord: record.decisionRecord(asked)
        default: record.integrity(asked)
        }
    }
}
