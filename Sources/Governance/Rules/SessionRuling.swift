import Authorization
import Vocabulary

/// The two questions about signing in that governed rules are asked. Only rules that name the action answer them: a
/// rule over every action was not written for them, and must not shut out those who would mend it.
public enum SessionQuestion: String, Sendable, CaseIterable {
    /// May somebody sign in, how well must they prove it, and how long does what they get last?
    case signIn = "sign_in"
    /// Does a session go on that stands already?
    case keep = "keep_session"

    /// The resource type of both; the id is the person's.
    public static let resourceType = "session"
    /// Parameters of a rule that bound the session it lets somebody begin, in whole seconds.
    public static let idleParameter = "idle_seconds", absoluteParameter = "absolute_seconds"
}

/// What rules came to about signing in or going on. Nobody has to allow either: what no rule forbids goes by the
/// configuration.
public struct SessionRuling: Sendable, Hashable {
    /// Whether it is not to be, whatever is proven.
    public private(set) var isRefused: Bool
    /// What has to be proven first; nil when what was proven does.
    public private(set) var demand: AuthenticationDemand?
    /// The most seconds without use; nil where no rule says.
    public private(set) var idleSeconds: Int64?
    /// The most seconds in all; nil where no rule says.
    public private(set) var absoluteSeconds: Int64?
    /// The rules that made it, in the versions that decided.
    public private(set) var rules: [RuleOrigin]
    /// The exemptions that lifted a rule.
    public private(set) var exemptions: [ExemptionID]

    /// What nobody could be asked about: refused.
    public static let unknown = SessionRuling(isRefused: true, rules: [])

    private init(isRefused: Bool, rules: [RuleOrigin]) {
        (self.isRefused, self.rules, exemptions) = (isRefused, rules, [])
    }

    /// A bound that is not a positive whole number is an error, and errors deny.
    public init(_ decision: RuleDecision) {
        self.init(isRefused: false, rules: decision.determining)
        for case .exempted(let id) in decision.notes.map(\.kind) where !exemptions.contains(id) {
            exemptions.append(id)
        }
        switch decision.reason {
        case .allowed, .noMatchingRule: isRefused = decision.needsApproval
        case .stepUpRequired: demand = decision.stepUp
        // Nobody waits at a login for others to agree to it.
        case .approvalRequired, .outsideWindow, .limitExceeded, .denied, .setNotMet, .roleRequired, .staleFacts:
            isRefused = true
        }
        idleSeconds = bound(decision.resolvedParams[SessionQuestion.idleParameter])
        absoluteSeconds = bound(decision.resolvedParams[SessionQuestion.absoluteParameter])
    }

    private mutating func bound(_ value: AttributeValue?) -> Int64? {
        guard let value else { return nil }
        guard let seconds = value.integer, seconds > 0 else {
            isRefused = true
            return nil
        }
        return seconds
    }

    /// This ruling of one factor, together with what the same rules say once a second one is proven: the demand stays,
    /// and what decides beyond it is the other's. A demand that even this does not meet refuses.
    public func after(_ strong: SessionRuling) -> SessionRuling {
        var joined = strong
        joined.isRefused = isRefused || strong.isRefused || strong.demand != nil
        joined.demand = demand
        joined.rules = rules + strong.rules.filter { !rules.contains($0) }
        joined.exemptions = exemptions + strong.exemptions.filter { !exemptions.contains($0) }
        return joined
    }
}

extension RuleBook {
    /// Decides one of the two questions. Reads no counter: signing in uses nothing up.
    public func ruling(_ inquiry: RuleInquiry, standing: Standing, now: Timestamp) -> SessionRuling {
        SessionRuling(decision(inquiry, standing: standing, now: now))
    }

    /// As `ruling`, whole, for whoever counts and alarms.
    public func decision(_ inquiry: RuleInquiry, standing: Standing, now: Timestamp) -> RuleDecision {
        weigh(
            match(inquiry, standing: standing, now: now), inquiry, otherwise: true, now: now,
            until: standing.validUntil)
    }
}
