import Authorization
import Governance
import Testing
import Vocabulary

@Suite("What follows from a match")
struct EffectTests {
    private let inquiry: RuleInquiry

    init() throws {
        inquiry = try RuleInquiry(action: "deploy", resourceType: "service", resourceID: "s1", subject: ada)
    }

    private func book(_ policies: [GovernedPolicy], sets: [PolicySet] = [], exemptions: [Exemption] = []) throws
        -> RuleBook
    {
        try RuleBook(policies: policies, sets: sets, exemptions: exemptions, zones: try zones(), stamp: stamp())
    }

    private func rule(_ name: String, _ effect: String, _ more: [String: AttributeValue] = [:]) -> AttributeValue {
        var rule: [String: AttributeValue] = ["id": .string(name), "effect": .string(effect)]
        rule.merge(more) { _, new in new }
        return .object(rule)
    }

    @Test(
        "enforcement sets the bite: advisory logs, recommended warns, mandatory blocks, critical blocks and alerts",
        arguments: Enforcement.allCases)
    func bite(enforcement: Enforcement) throws {
        let deny = try active(1, details("d", enforcement), rules: [rule("no", "deny")])
        let decision = try book([deny, try active(2, rules: [rule("yes", "allow")])]).decide(inquiry)
        #expect(decision.isAllowed == (enforcement < .mandatory))
        #expect(decision.alert == (enforcement == .critical))
        #expect(decision.violations.map(\.name) == ["no"])
        switch enforcement {
        case .advisory: #expect(decision.notes.map(\.kind) == [.logged])
        case .recommended: #expect(decision.notes.map(\.kind) == [.warned])
        case .mandatory, .critical: #expect(decision.notes.isEmpty && decision.reason == .denied)
        }
    }

    @Test("each effect does what its name says", arguments: Rule.Effect.allCases)
    func effects(effect: Rule.Effect) throws {
        var more: [String: AttributeValue] = [:]
        if effect == .stepUp { more["require"] = ["acr": "aal2"] }
        if effect == .requireReview { more["approval"] = ["roles": ["Reviewer"]] }
        let decision = try book([
            try active(1, rules: [rule("first", effect.rawValue, more), rule("yes", "allow")])
        ]).decide(inquiry)
        switch effect {
        case .allow: #expect(decision.isAllowed && decision.rule?.name == "first")
        case .logOnly: #expect(decision.isAllowed && decision.notes.map(\.kind) == [.logged])
        case .deny: #expect(!decision.isAllowed && !decision.quarantine)
        case .quarantine: #expect(!decision.isAllowed && decision.quarantine)
        case .requireApproval: #expect(decision.isAllowed && decision.needsApproval && !decision.execute)
        case .requireReview: #expect(decision.needsApproval && decision.approverRoles == ["Reviewer"])
        case .stepUp:
            #expect(decision.reason == .stepUpRequired && decision.stepUp?.strength == .aal2)
            let strong = try RuleInquiry(
                action: "deploy", resourceType: "service", subject: ada,
                authentication: RequestAuthentication(strength: .aal2, authenticatedAt: noon))
            #expect(
                try book([try active(1, rules: [rule("first", "step_up", more), rule("yes", "allow")])]).decide(strong)
                    .isAllowed)
        }
    }

    @Test("S4-44 priority chooses the allow that counts; it never overturns a deny")
    func priority() throws {
        let low = rule("low", "allow", ["params": ["who": "low"]])
        let high = rule("high", "allow", ["params": ["who": "high"], "priority": 5])
        for rules in [[low, high], [high, low]] {
            let decision = try book([try active(1, rules: rules)]).decide(inquiry)
            #expect(decision.resolvedParams == ["who": "high"])
        }
        let deny = rule("no", "deny", ["priority": -1_000_000])
        let strongest = rule("yes", "allow", ["priority": 1_000_000])
        for rules in [[deny, strongest], [strongest, deny]] {
            #expect(try !book([try active(1, rules: rules)]).decide(inquiry).isAllowed)
        }
        // Of equal priorities the first counts, and reordering changes which that is.
        let one = rule("one", "allow", ["params": ["who": "one"]])
        #expect(try book([try active(1, rules: [one, low])]).decide(inquiry).resolvedParams == ["who": "one"])
        #expect(try book([try active(1, rules: [low, one])]).decide(inquiry).resolvedParams == ["who": "low"])
    }

    @Test("a rule of a policy that is not in force, or elsewhere, does not count")
    func period() throws {
        let later = try active(1, rules: [rule("yes", "allow")], from: noon + .seconds(1))
        let decision = try book([later]).decide(inquiry)
        #expect(!decision.isAllowed && decision.validUntil == noon + .seconds(1))
        #expect(try book([later]).decide(inquiry, now: noon + .seconds(1)).isAllowed)
        let ended = try active(1, rules: [rule("yes", "allow")], from: noon - .days(1), until: noon)
        #expect(try !book([ended]).decide(inquiry).isAllowed)
        let draft = try live([.create(id(1), details()), .addRule(RuleID(high: 1, low: 1), rule("yes", "allow"))]).state
        #expect(try book([draft]).ruleCount == 0)
        let scope = try #require(PolicyScope(.organization, actions: ["restart"]))
        #expect(
            try !book([try active(1, details(scope: scope), rules: [rule("yes", "allow")])]).decide(inquiry).isAllowed)
    }

    @Test("rules of one id at two levels both stand, and neither stops the other's")
    func collidingRules() throws {
        let own = try active(1, rules: [rule("yes", "allow")])
        let above = try active(1, rules: [rule("no", "deny", ["subjects": ["users": ["nobody"]]])])
        let forbidding = try active(1, rules: [rule("no", "deny")])
        #expect(own.rules.map(\.id) == above.rules.map(\.id))
        func decide(_ inherited: GovernedPolicy) throws -> RuleDecision {
            try RuleBook(policies: [own], inherited: [inherited], zones: try zones(), stamp: stamp()).decide(inquiry)
        }
        #expect(try decide(above).isAllowed)
        let denied = try decide(forbidding)
        #expect(!denied.isAllowed && denied.rule?.name == "no")
    }

    @Test("the version that decided is in the decision")
    func version() throws {
        let policy = try active(1, rules: [rule("a", "allow"), rule("b", "deny", ["subjects": ["users": ["nobody"]]])])
        let decision = try book([policy]).decide(inquiry)
        #expect(decision.rule == RuleOrigin(policy: policy.id, version: 5, rule: policy.rules[0].id, name: "a"))
    }

    private func exemption(
        _ policy: GovernedPolicy, _ entity: Exemption.Entity, conditions: AttributeValue? = nil, until: Timestamp? = nil
    ) throws -> Exemption {
        let command = ExemptionCommand.grant(
            .init(
                id: id(3), target: .policy(policy.id), entity: entity, reason: "Service account - no password required",
                until: until, conditions: conditions))
        let events = try Exemption.decide(command, on: nil, ground: .policy(policy.state), now: noon)
        return try Exemption.applying(Recorded(try #require(events.first), at: noon, actor: admin), to: nil)
    }

    @Test("an exemption lifts what stands in its subject's way, while it lasts and its conditions hold")
    func exemptions() throws {
        let deny = try active(1, rules: [rule("no", "deny")])
        let allow = try active(2, rules: [rule("yes", "allow")])
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        func decide(
            _ exemption: Exemption, as subject: Subject = ada, at now: Timestamp = noon,
            context: [String: AttributeValue] = [:]
        ) throws -> RuleDecision {
            let inquiry = try RuleInquiry(action: "deploy", resourceType: "service", context: context, subject: subject)
            return try book([deny, allow], exemptions: [exemption]).decide(inquiry, now: now)
        }
        let plain = try exemption(deny, .subject(ada), until: noon + .days(90))
        let lifted = try decide(plain)
        #expect(lifted.isAllowed && lifted.notes.map(\.kind) == [.exempted(id(3))])
        #expect(lifted.validUntil == noon + .days(90) && lifted.violations.isEmpty)
        #expect(try !decide(plain, as: bob).isAllowed)
        #expect(try !decide(plain, at: noon + .days(90)).isAllowed)
        #expect(try !decide(exemption(allow, .subject(ada))).isAllowed)
        let conditional = try exemption(deny, .subject(ada), conditions: ["equals": ["context.network": "vpn"]])
        #expect(try decide(conditional, context: ["network": "vpn"]).isAllowed)
        #expect(try !decide(conditional, context: ["network": "wifi"]).isAllowed)
        #expect(try !decide(conditional).isAllowed)
    }

    @Test("the thing itself may be exempted, by its id")
    func exemptedThing() throws {
        let deny = try active(1, rules: [rule("no", "deny")])
        let thing = "750e8400-e29b-41d4-a716-446655440002"
        let exemption = try exemption(deny, .other(high: 0x750e_8400_e29b_41d4, low: 0xa716_4466_5544_0002))
        let book = try book([deny, try active(2, rules: [rule("yes", "allow")])], exemptions: [exemption])
        for (resource, expected) in [(thing, true), ("750e8400-e29b-41d4-a716-446655440003", false), ("x", false)] {
            let inquiry = try RuleInquiry(action: "deploy", resourceType: "service", resourceID: resource, subject: ada)
            #expect(try book.decide(inquiry).isAllowed == expected)
        }
    }

    private func set(_ combination: PolicyCombination, _ policies: [GovernedPolicy]) throws -> PolicySet {
        let command = PolicySetCommand.createSet(
            id(8), name: "s", description: "", combination, policies: policies.map(\.id))
        let set = try PolicySet.aggregate.fold(
            nil,
            try PolicySet.decide(command, on: nil, exists: { _ in true }).map { Recorded($0, at: noon, actor: admin) })
        return try #require(set)
    }

    @Test("members of a set vote; a critical deny is not put to a vote")
    func sets() throws {
        let yes = try active(1, rules: [rule("yes", "allow")]), also = try active(2, rules: [rule("also", "allow")])
        let no = try active(3, rules: [rule("no", "deny")])
        let never = try active(4, details("never", .critical), rules: [rule("never", "deny")])
        func decide(_ combination: PolicyCombination, _ policies: [GovernedPolicy]) throws -> RuleDecision {
            try book(policies, sets: [try set(combination, policies)]).decide(inquiry)
        }
        #expect(try !decide(.all, [yes, also, no]).isAllowed)
        let any = try decide(.any, [yes, no])
        #expect(any.isAllowed && any.notes.map(\.kind) == [.outvoted(id(8))])
        #expect(try decide(.majority, [yes, also, no]).isAllowed)
        #expect(try !decide(.majority, [yes, no]).isAllowed)
        #expect(try decide(.atLeast(2), [yes, also, no]).isAllowed)
        let few = try decide(.atLeast(3), [yes, also])
        #expect(few.reason == .setNotMet && few.determining.map(\.name) == ["yes", "also"])
        #expect(few.notes.map(\.kind) == [.voted(id(8)), .voted(id(8))])
        #expect(try !decide(.any, [yes, also, never]).isAllowed)
        // A deny outside the set is bound by no vote.
        let outside = try book([yes, also, no], sets: [try set(.any, [yes, also])]).decide(inquiry)
        #expect(!outside.isAllowed)
    }

    @Test("templates are filled once, from parameters and the context")
    func templates() throws {
        let params: AttributeValue = [
            "message": "Adjust by {delta} % for {who}: {unknown} {a", "delta": ["warn": 1, "crit": 3],
        ]
        let policy = try active(1, rules: [rule("yes", "allow", ["params": params])])
        func message(_ context: [String: AttributeValue]) throws -> String? {
            let inquiry = try RuleInquiry(action: "x", resourceType: "y", context: context, subject: ada)
            return try book([policy]).decide(inquiry).resolvedParams["message"]?.string
        }
        #expect(try message(["severity": "crit", "who": "{delta}"]) == "Adjust by 3 % for {delta}: {unknown} {a")
        #expect(try message(["who": "ada"]) == "Adjust by {delta} % for ada: {unknown} {a")
    }

    @Test("what was resolved against other rules is refused")
    func stale() throws {
        let one = try book([try active(1, rules: [rule("yes", "allow")])])
        let other = try RuleBook(
            policies: [], zones: try zones(), stamp: IndexStamp(generation: 2, policyDigest: [], roleDigest: []))
        let standing = try other.standing(of: SubjectFacts(id: ada.id))
        #expect(one.decide(inquiry, standing: standing, now: noon).reason == .staleFacts)
    }

    @Test("an unknown time zone stops the compilation")
    func unknownZone() throws {
        let policy = try active(1, details(zone: "Mars/Olympus"), rules: [rule("yes", "allow")])
        #expect(throws: Fault("policy.unknown_zone", .caller, "")) { try book([policy]) }
    }

    @Test(
        "an answer that rests on a fresh proof lasts no longer than the proof is fresh",
        arguments: ["allow", "step_up"])
    func proofAge(effect: String) throws {
        let demanding = rule("fresh", effect, ["require": ["max_age": 60]])
        let book = try book([try active(1, rules: [demanding, rule("yes", "allow")])])
        let inquiry = try RuleInquiry(
            action: "deploy", resourceType: "service", subject: ada,
            authentication: RequestAuthentication(strength: .aal1, authenticatedAt: noon - .seconds(10)))
        let decision = try book.decide(inquiry)
        let end = noon + .seconds(50) + .microseconds(1)
        #expect(decision.isAllowed && decision.validUntil == end)
        #expect(try book.decide(inquiry, now: end - .microseconds(1)).isAllowed)
        #expect(try book.decide(inquiry, now: end).reason == .stepUpRequired)
    }

    @Test("a step-up stands in the way of what rules elsewhere permit as well, and what they do not permit stays so")
    func stepUpElsewhere() throws {
        let policy = try active(1, rules: [["id": "fresh", "effect": "step_up", "require": ["acr": "aal2"]]])
        let book = try RuleBook(policies: [policy], zones: try zones(), stamp: stamp())
        let inquiry = try RuleInquiry(action: "read", resourceType: "page", subject: ada)
        let standing = try book.standing(of: SubjectFacts(id: ada.id))
        let matched = book.match(inquiry, standing: standing, now: noon)
        let asked = book.weigh(matched, inquiry, otherwise: true, now: noon)
        #expect(!asked.isAllowed && asked.reason == .stepUpRequired && asked.stepUp?.strength == .aal2)
        #expect(book.weigh(matched, inquiry, otherwise: false, now: noon).reason == .noMatchingRule)
    }
}
