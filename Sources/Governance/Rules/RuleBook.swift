import Authorization
import Vocabulary

/// The rules of all active policies of a tenant, compiled for deciding. Immutable; a change makes a new one.
///
/// Matching is the decision engine's work: each rule, and each condition of an exemption, is a matcher of one
/// `PolicyIndex`, numbered in order of precedence. What follows from a match is decided here.
public struct RuleBook: Sendable {
    /// What may happen instead of blocking.
    public enum Mode: String, Sendable, CaseIterable {
        case enforced
        /// Every rule only logs, whatever its enforcement.
        case logOnly = "log_only"
    }

    /// A rule with what its policy says of it. A class, so that a decision counts one reference per rule and not one
    /// for each of its parts.
    final class Entry: Sendable {
        let rule: Rule
        let origin: RuleOrigin
        let enforcement: Enforcement
        let scope: PolicyScope
        let frameworks: [ComplianceFramework]
        let period: EffectivePeriod
        /// Which policy it is of, and at which level that was made.
        let place: PlacedPolicy
        /// When and for what a tenant's own policy stands in for it.
        let standIns: [StandIn]
        let zone: Zone
        let policyName: String
        let isRestriction: Bool
        /// Whether the scope lets everybody and everything through, so that nothing need be looked up.
        let isEverywhere: Bool
        /// The questions about sessions that it names.
        let sessionQuestions: Set<SessionQuestion>

        init(
            _ rule: Rule, of policy: GovernedPolicy, at place: PlacedPolicy, in period: EffectivePeriod,
            except standIns: [StandIn], zone: Zone
        ) {
            (self.rule, self.period, self.place, self.standIns, self.zone) = (rule, period, place, standIns, zone)
            origin = RuleOrigin(policy: policy.id, version: policy.version, rule: rule.id, name: rule.name)
            (enforcement, scope, frameworks) = (policy.enforcement, policy.scope, policy.frameworks)
            policyName = policy.name
            isRestriction = rule.isRestriction
            isEverywhere = policy.scope.level <= .organization && policy.scope.selectors == nil
            sessionQuestions = rule.sessionQuestions
        }

        /// Whether its policy is in force and nothing stands in for it where this is asked.
        func isInForce(at now: Timestamp, for inquiry: RuleInquiry) -> Bool {
            period.contains(now)
                && (standIns.isEmpty || !standIns.contains { $0.period.contains(now) && $0.scope.reaches(inquiry) })
        }

        /// Whether the scope of its policy reaches whoever asks and what is asked. What a request leaves out takes it
        /// out of no restriction, and into no allow.
        func reaches(_ inquiry: RuleInquiry) -> Bool {
            isEverywhere || scope.reaches(inquiry, orUnknown: isRestriction)
        }
    }

    struct SetEntry: Sendable {
        let id: PolicySetID
        let combination: PolicyCombination
        let members: Set<PlacedPolicy>
    }

    struct ExemptionEntry: Sendable {
        let exemption: Exemption
        /// The number of the matcher that its conditions became; nil without conditions.
        let matcher: Int?
    }

    struct ExemptionKey: Hashable {
        let policy: PlacedPolicy
        /// With its kind: who is exempted is not exempted as what others ask about.
        let entity: Exemption.Entity
    }

    /// Subjects are resolved against this.
    public let index: PolicyIndex
    public let mode: Mode
    /// The version of the time-zone database behind windows and days.
    public let zoneVersion: String
    let entries: [Entry]
    let sets: [SetEntry]
    let exemptions: [ExemptionKey: [ExemptionEntry]]
    /// Moments at which a policy or exemption begins or ends, ascending.
    let edges: [Timestamp]

    /// Compiles the active policies among those given; effective periods are looked at when deciding. Policies of the
    /// level above come through `PolicyInheritance` first. Throws `governance.rejected` for a rule that cannot be read
    /// and a fault past the bounds of an index or for a zone that is not known.
    ///
    /// Ids are unique within one level only, so sets and exemptions reach policies of their own level and no others.
    ///
    /// - Parameters:
    ///   - inherited: policies of the level above; of equal priorities these come first.
    ///   - inheritedSets: sets of the level above.
    ///   - exemptions: of the level of `policies`.
    ///   - overridden: when and for what a policy gives way to one of the tenant.
    public init(
        policies: [GovernedPolicy], inherited: [GovernedPolicy] = [], sets: [PolicySet] = [],
        inheritedSets: [PolicySet] = [], exemptions: [Exemption] = [], overridden: [PlacedPolicy: [StandIn]] = [:],
        roles: RoleGraph = .empty, zones: ZoneTable, mode: Mode = .enforced, stamp: IndexStamp
    ) throws {
        let placed =
            inherited.map { ($0, PlacedPolicy($0.id, isInherited: true)) }
            + policies.map { ($0, PlacedPolicy($0.id, isInherited: false)) }
        let entries = try Self.entries(placed, overridden, zones)
        let compiled = try Self.compile(exemptions, from: entries.count)
        let matchers = Self.numbered(entries.map(\.rule.matcher) + compiled.matchers)
        index = try PolicyIndex(policies: matchers, roles: roles, stamp: stamp)
        self.entries = entries
        self.sets =
            sets.map { SetEntry($0, isInherited: false) } + inheritedSets.map { SetEntry($0, isInherited: true) }
        (self.exemptions, self.mode, zoneVersion) = (compiled.byKey, mode, zones.version)
        let active = (inherited + policies).filter { $0.state == .active }
        edges = Set(
            active.flatMap { [$0.effective?.from, $0.effective?.until] } + exemptions.flatMap { [$0.from, $0.until] }
        ).compactMap { $0 }.sorted()
    }

    /// Other entries under the roles and the mode of a book, without exemptions and sets: for rules on trial.
    init(_ entries: [Entry], of book: RuleBook) throws {
        index = try PolicyIndex(
            policies: Self.numbered(entries.map(\.rule.matcher)), roles: book.index.roles,
            stamp: IndexStamp(generation: 0, policyDigest: [], roleDigest: []))
        (self.entries, sets, exemptions, edges) = (entries, [], [:], [])
        (mode, zoneVersion) = (book.mode, book.zoneVersion)
    }

    /// Matchers are told apart by their number, which stands as their version. Two rules may bear one id, because whoever
    /// makes a rule chooses it: one of this tenant's must not stop those of the level above, nor the other way round.
    private static func numbered(_ matchers: [Policy]) -> [Policy] {
        var seen: Set<String> = []
        return matchers.enumerated().map { number, matcher in
            var matcher = matcher
            matcher.version = Int32(number)
            if !seen.insert(matcher.id).inserted { matcher.id += "#\(number)" }
            return matcher
        }
    }

    /// By descending priority, then as given: the first matching allow supplies parameters, limits and approval.
    private static func entries(
        _ policies: [(GovernedPolicy, PlacedPolicy)], _ overridden: [PlacedPolicy: [StandIn]], _ zones: ZoneTable
    ) throws -> [Entry] {
        var entries: [Entry] = []
        for (policy, place) in policies where policy.state == .active {
            guard let period = policy.effective else { continue }
            guard let zone = zones[policy.zone] else {
                throw Fault(
                    "policy.unknown_zone", .caller, "Policy \(policy.id) names a time zone that is not known.",
                    remedy: "Use a name of the IANA database, such as Europe/Berlin.")
            }
            for placed in policy.rules {
                let rule = try Rule.read(placed.document, id: placed.id)
                entries.append(
                    Entry(rule, of: policy, at: place, in: period, except: overridden[place] ?? [], zone: zone))
            }
        }
        return entries.enumerated().sorted {
            ($1.element.rule.priority, $0.offset) < ($0.element.rule.priority, $1.offset)
        }.map(\.element)
    }

    private static func compile(
        _ exemptions: [Exemption], from first: Int
    ) throws -> (byKey: [ExemptionKey: [ExemptionEntry]], matchers: [Policy]) {
        var byKey: [ExemptionKey: [ExemptionEntry]] = [:]
        var matchers: [Policy] = []
        for exemption in exemptions where exemption.state == .active {
            guard case .policy(let policy) = exemption.target else { continue }
            var number: Int?
            if let conditions = exemption.conditions {
                number = first + matchers.count
                matchers.append(
                    try ConditionDocument.read(conditions, at: "conditions", id: exemption.id.description))
            }
            let place = PlacedPolicy(policy, isInherited: false)
            byKey[ExemptionKey(policy: place, entity: exemption.entity), default: []].append(
                ExemptionEntry(exemption: exemption, matcher: number))
        }
        return (byKey, matchers)
    }

    /// Resolves what is known of a subject against these rules.
    public func standing(of facts: SubjectFacts) throws -> Standing { try index.standing(of: facts) }

    /// Whether any rule answers a question about sessions: without one nobody need be asked.
    public func answers(_ question: SessionQuestion) -> Bool {
        entries.contains { $0.sessionQuestions.contains(question) }
    }

    /// How many rules there are.
    public var ruleCount: Int { entries.count }

    /// The rules that count what is executed under them.
    public var limitedRules: [RuleID] { entries.filter { !$0.rule.limits.isEmpty }.map(\.rule.id) }

    /// Whether a limit counts by resource, so that an inquiry needs the digest of its resource.
    public var countsByResource: Bool {
        entries.contains { $0.rule.limits.contains { $0.sharing == .resource } }
    }

    /// The limits of a rule; none where its enforcement would let them be passed, nil for a rule that is not here.
    public func bindingLimits(of rule: RuleID) -> [Limit]? {
        entries.first { $0.rule.id == rule }.map {
            mode == .enforced && $0.enforcement >= .mandatory ? $0.rule.limits : []
        }
    }
}

extension Rule {
    /// The questions about sessions that it names, so that it answers them.
    fileprivate var sessionQuestions: Set<SessionQuestion> {
        guard case .named(let actions) = matcher.actions else { return [] }
        return Set(actions.compactMap(SessionQuestion.init))
    }
}

extension RuleBook.SetEntry {
    fileprivate init(_ set: PolicySet, isInherited: Bool) {
        self.init(
            id: set.id, combination: set.combination,
            members: Set(set.policies.map { PlacedPolicy($0, isInherited: isInherited) }))
    }
}

extension PolicyScope {
    /// Whether it reaches whoever asks and what is asked.
    ///
    /// - Parameter orUnknown: what a selector comes to whose fact the request leaves out.
    fileprivate func reaches(_ inquiry: RuleInquiry, orUnknown: Bool = false) -> Bool {
        covers(inquiry.place)
            && selects(
                environment: inquiry.environment, service: inquiry.service, resource: inquiry.request.resourceType,
                action: inquiry.request.action, orUnknown: orUnknown)
    }
}
