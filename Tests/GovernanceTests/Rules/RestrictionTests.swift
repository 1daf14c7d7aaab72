import Authorization
import Governance
import Testing
import Vocabulary

@Suite("What nobody gets rid of")
struct RestrictionTests {
    private let deny: AttributeValue = ["id": "no", "effect": "deny"]
    private let allow: AttributeValue = ["id": "yes", "effect": "allow"]

    private func inquiry(
        _ type: String = "service", _ resource: String = "", context: [String: AttributeValue] = [:],
        as subject: Subject = ada
    ) throws -> RuleInquiry {
        try RuleInquiry(
            action: "deploy", resourceType: type, resourceID: resource, context: context, subject: subject)
    }

    private func exemption(_ policy: GovernedPolicy, _ entity: Exemption.Entity) throws -> Exemption {
        let command = ExemptionCommand.grant(
            .init(id: id(3), target: .policy(policy.id), entity: entity, reason: "Legacy system migration"))
        let events = try Exemption.decide(command, on: nil, ground: .policy(.active), now: noon)
        return try Exemption.applying(Recorded(try #require(events.first), at: noon, actor: admin), to: nil)
    }

    @Test("a policy of the level above is lifted by no exemption and no vote of a tenant that reuses its id")
    func reusedID() throws {
        let above = try active(1, details("above", .mandatory, scope: .system), rules: [deny])
        let period = try #require(EffectivePeriod(from: .epoch))
        let same = try live([
            .create(id(1), details("same")), .addRule(RuleID(high: 77, low: 1), allow), .approve(), .activate(period),
        ]).state
        let other = try active(2, rules: [allow])
        let command = PolicySetCommand.createSet(
            id(8), name: "s", description: "", .any, policies: [same.id, other.id])
        let set = try #require(
            try PolicySet.aggregate.fold(
                nil,
                try PolicySet.decide(command, on: nil, exists: { _ in true }).map {
                    Recorded($0, at: noon, actor: admin)
                }))
        let exempting = try RuleBook(
            policies: [same, other], inherited: [above], exemptions: [exemption(same, .subject(ada))],
            zones: zones(), stamp: stamp())
        let voting = try RuleBook(
            policies: [same, other], inherited: [above], sets: [set], zones: zones(), stamp: stamp())
        #expect(try exempting.decide(inquiry()).reason == .denied)
        #expect(try voting.decide(inquiry()).reason == .denied)
        // Of its own level both count.
        let own = try active(1, details("own"), rules: [deny])
        let lifted = try RuleBook(
            policies: [own, other], exemptions: [exemption(own, .subject(ada))], zones: zones(), stamp: stamp())
        let outvoted = try RuleBook(policies: [own, other], sets: [set], zones: zones(), stamp: stamp())
        #expect(try lifted.decide(inquiry()).isAllowed && outvoted.decide(inquiry()).isAllowed)
    }

    @Test("whoever is exempted is exempted in what they do, not in what others do to them")
    func kinds() throws {
        let policies = [try active(1, rules: [deny]), try active(2, rules: [allow])]
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        func decide(_ entity: Exemption.Entity, _ inquiry: RuleInquiry) throws -> Bool {
            try RuleBook(
                policies: policies, exemptions: [exemption(policies[0], entity)], zones: zones(), stamp: stamp()
            ).decide(inquiry).isAllowed
        }
        let thing = Exemption.Entity.other(high: 0xAD, low: 0xA)
        #expect(try decide(.subject(ada), inquiry()))
        #expect(try !decide(.subject(ada), inquiry("service", ada.id, as: bob)))
        #expect(try !decide(thing, inquiry()))
        #expect(try !decide(thing, inquiry("person", ada.id, as: bob)))
        #expect(try decide(thing, inquiry("service", ada.id, as: bob)))
        let account = Subject.serviceAccount(ServiceAccountID(high: 0xAD, low: 0xA))
        #expect(try !decide(.subject(ada), inquiry(as: account)))
    }

    @Test("a narrow policy stands in only for what its own scope reaches")
    func narrowOverride() throws {
        let above = try active(1, details("above", scope: .system, isOverridable: true), rules: [deny])
        let scope = try #require(PolicyScope(.organization, environments: ["lab"]))
        var mine: GovernedPolicy?
        let creation = try GovernedPolicy.decide(
            .create(id(2), details(scope: scope), overrides: above.id), on: nil, parent: above)
        let moves: [PolicyEvent] = [
            .approved(nil), .activated(try #require(EffectivePeriod(from: .epoch)), nil),
        ]
        for event in creation + moves {
            mine = try GovernedPolicy.applying(Recorded(event, at: noon, actor: admin), to: mine)
        }
        let tenant = [try #require(mine), try active(3, rules: [allow])]
        let (inherited, own, overridden) = PolicyInheritance.compiled(global: [above], tenant: tenant)
        let book = try RuleBook(
            policies: own, inherited: inherited, overridden: overridden, zones: zones(), stamp: stamp())
        #expect(try book.decide(inquiry(context: ["environment": "lab"])).isAllowed)
        #expect(try book.decide(inquiry(context: ["environment": "production"])).reason == .denied)
        #expect(try book.decide(inquiry()).reason == .denied)
    }

    @Test(
        "a request leaves a restriction by no silence, and comes into no allow by it",
        arguments: ["environments", "services"])
    func silence(selector: String) throws {
        let isEnvironment = selector == "environments"
        let scope = try #require(
            PolicyScope(
                .organization, environments: isEnvironment ? ["production"] : [],
                services: isEnvironment ? [] : ["production"]))
        let fact = isEnvironment ? "environment" : "service_name"
        let effects: [AttributeValue] = [
            deny, ["id": "aside", "effect": "quarantine"],
            ["id": "fresh", "effect": "step_up", "require": ["max_age": 60]],
            ["id": "ask", "effect": "require_approval", "approval": ["roles": ["manager"]]],
        ]
        for effect in effects {
            let book = try RuleBook(
                policies: [active(1, details(scope: scope), rules: [effect]), active(2, rules: [allow])],
                zones: zones(), stamp: stamp())
            func isFree(_ context: [String: AttributeValue]) throws -> Bool {
                let decision = try book.decide(inquiry(context: context))
                return decision.isAllowed && !decision.needsApproval
            }
            #expect(try !isFree([:]) && !isFree([fact: 1]) && !isFree([fact: "production"]))
            #expect(try isFree([fact: "staging"]))
        }
        let allowing = try RuleBook(
            policies: [active(1, details(scope: scope), rules: [allow])], zones: zones(), stamp: stamp())
        #expect(try !allowing.decide(inquiry()).isAllowed)
        #expect(try allowing.decide(inquiry(context: [fact: "production"])).isAllowed)
    }
}
