import Vocabulary

/// What a decision has counted so far.
struct DecisionTally {
    private(set) var denies = 0
    private(set) var allows = 0
    /// The denies that matched, or, as long as there are none, the allows.
    private(set) var rules = RuleNumbers()
    /// The strongest among them.
    private(set) var enforcement = Enforcement.advisory
    /// Allows that a stronger or fresher authentication would satisfy.
    private(set) var waiting: [Int] = []
    var erred: [RuleError] = []
    /// When the last of the satisfied allows ends by its age demand; nil as soon as one never does.
    private(set) var expiry: Timestamp?
    private var isUnlimited = false
    var reads = AttributeReadSet()
    /// The resource's row among the stored facts; -1 for none.
    var row = -1

    /// Counts a deny that matched; all of them come before the first allow.
    @inline(__always)
    mutating func deny(_ rule: Int, _ enforcement: Enforcement) {
        denies += 1
        name(rule, enforcement)
    }

    /// Counts a satisfied allow, or one that waits for its demand on the authentication.
    @inline(__always)
    mutating func allow(
        _ rule: Int, _ enforcement: Enforcement, _ demand: AuthenticationRequirement?,
        _ authentication: RequestAuthentication?, _ now: Timestamp
    ) {
        if let demand {
            guard demand.isMet(by: authentication, now: now) else { return waiting.append(rule) }
            let end = demand.expiry(authentication)
            if end == nil { isUnlimited = true }
            expiry = isUnlimited ? nil : max(expiry ?? .epoch, end ?? .epoch)
        } else {
            isUnlimited = true
            expiry = nil
        }
        allows += 1
        name(rule, enforcement)
    }

    @inline(__always)
    private mutating func name(_ rule: Int, _ enforcement: Enforcement) {
        rules.append(rule)
        self.enforcement = max(self.enforcement, enforcement)
    }
}
