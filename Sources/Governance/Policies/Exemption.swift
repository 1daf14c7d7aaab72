import Authorization
import Vocabulary

/// A temporary exception for one subject, to a policy or to a rule of separation of duties: the fold of its events.
/// Its reason is kept with the event, under the subject's key.
public struct Exemption: Sendable, Hashable, Codable {
    /// Characters a reason has at least, once trimmed.
    public static let reasonMinimum = 10
    /// The longest validity: ten years. One microsecond more is refused.
    public static let longestValidity = Duration.days(3_653)

    /// What somebody is exempted from.
    public enum Target: Sendable, Hashable, Codable {
        case policy(PolicyID)
        case sodRule(SodRuleID)
    }

    /// Who or what is exempted. An entity is anything with an id that is neither a person nor a service account.
    public enum Entity: Sendable, Hashable, Codable {
        case subject(Subject)
        case other(high: UInt64, low: UInt64)

        /// The person or service account, nil for anything else.
        public var subject: Subject? { if case .subject(let subject) = self { subject } else { nil } }
    }

    /// Where it is in its life.
    public enum State: String, Sendable, Codable, CaseIterable {
        case active, revoked, expired
    }

    public let id: ExemptionID
    public let target: Target
    public let entity: Entity
    public internal(set) var state: State
    public let from: Timestamp
    public let until: Timestamp?
    /// What else has to hold of a request, in the policy language; nil means nothing.
    public let conditions: AttributeValue?
    /// Who accepted what risk; nil when nobody did.
    public let riskAcceptance: RiskAcceptance?
    /// The authenticated caller. A name in the payload is a claim beside the reason.
    public let grantedBy: Actor
    public let grantedAt: Timestamp
    public internal(set) var endedAt: Timestamp?
    public internal(set) var version: Int64

    /// How much risk somebody took upon themselves.
    public struct RiskAcceptance: Sendable, Hashable, Codable {
        public let level: RiskLevel
        public let acceptedBy: PersonID

        /// A person's acceptance of a level of risk.
        public init(level: RiskLevel, acceptedBy: PersonID) {
            self.level = level
            self.acceptedBy = acceptedBy
        }
    }

    /// Whether it holds at a moment, conditions apart. It lapses by time, whether or not its end is written yet.
    public func isInForce(at now: Timestamp) -> Bool {
        state == .active && now >= from && (until.map { now < $0 } ?? true)
    }

    /// What the passing of time has made due: the end of a validity that is over. Nobody has to ask for it.
    public func due(at now: Timestamp) -> [ExemptionEvent] {
        guard state == .active, let until, until <= now else { return [] }
        return [.expired]
    }
}

/// What can be asked of an exemption.
public enum ExemptionCommand: Sendable, Hashable {
    /// What a new exemption is to be.
    public struct Grant: Sendable, Hashable {
        public let id: ExemptionID
        public let target: Exemption.Target
        /// Settled by what bears the id, where the command did not say of what kind it is.
        public var entity: Exemption.Entity
        public let reason: String
        /// Who is said to have granted it; the actor is the caller.
        public let claimedBy: String?
        public let from: Timestamp?
        public let until: Timestamp?
        public let conditions: AttributeValue?
        public let riskAcceptance: Exemption.RiskAcceptance?

        /// An exemption as it is asked for; without `from` it begins now.
        public init(
            id: ExemptionID, target: Exemption.Target, entity: Exemption.Entity, reason: String,
            claimedBy: String? = nil, from: Timestamp? = nil, until: Timestamp? = nil,
            conditions: AttributeValue? = nil, riskAcceptance: Exemption.RiskAcceptance? = nil
        ) {
            (self.id, self.target, self.entity, self.reason) = (id, target, entity, reason)
            (self.claimedBy, self.from, self.until) = (claimedBy, from, until)
            (self.conditions, self.riskAcceptance) = (conditions, riskAcceptance)
        }
    }

    case grant(Grant)
    case revoke(ChangeReason? = nil)

    /// The name under `policy.commands.`.
    public var name: String {
        switch self {
        case .grant: "grant_exemption"
        case .revoke: "revoke_exemption"
        }
    }
}

/// What can happen to an exemption.
public enum ExemptionEvent: Sendable, Hashable {
    /// `reason` and the claimed name are nil once erased.
    case granted(ExemptionGrant)
    case revoked(ChangeReason?)
    case expired

    /// The name of the event as the outside knows it.
    public var name: String {
        switch self {
        case .granted: "PolicyExemptionGranted"
        case .revoked: "PolicyExemptionRevoked"
        case .expired: "PolicyExemptionExpired"
        }
    }
}

/// The content of the event that begins an exemption.
public struct ExemptionGrant: Sendable, Hashable {
    public let id: ExemptionID
    public let target: Exemption.Target
    public let entity: Exemption.Entity
    public let reason: String?
    public let claimedBy: String?
    public let from: Timestamp
    public let until: Timestamp?
    public let conditions: AttributeValue?
    public let riskAcceptance: Exemption.RiskAcceptance?
}
