import Authorization
import Testing
import Vocabulary

@Suite struct StepUpTests {
    private let subject = SubjectFacts(id: "u")
    private func decide(_ rules: [AttributeValue], _ strength: AuthenticationStrength?, age: Int = 0) throws -> Decision
    {
        let proof = strength.map { RequestAuthentication(strength: $0, authenticatedAt: noon - .seconds(age)) }
        return try compiled(rules).decide(request(authentication: proof), as: subject)
    }
    private let strong = rule("strong", ["require": ["acr": "aal2", "max_age": 300]])

    @Test func anOpenDemandIsADenyWithAnObligationAndTheSameRequestThenPasses() throws {
        for decision in [try decide([strong], nil), try decide([strong], .aal1), try decide([strong], .aal2, age: 301)]
        {
            #expect(!decision.isPermitted && decision.reasons == [.stepUpRequired] && decision.ids == ["strong"])
            #expect(decision.obligations == [.stepUp(strength: .aal2, maxAgeSeconds: 300)])
        }
        let passed = try decide([strong], .aal2, age: 300)
        #expect(passed.isPermitted && passed.obligations.isEmpty && passed.validUntil == noon)
    }

    @Test func anotherAllowNeedsNoStepUpAndADenyIsNotOutweighed() throws {
        let free = try decide([strong, rule("free")], .aal1)
        #expect(free.isPermitted && free.ids == ["free"] && free.obligations.isEmpty && free.validUntil == nil)
        let both = try decide([strong, rule("free")], .aal2)
        #expect(Set(both.ids) == ["strong", "free"] && both.validUntil == nil)
        let denied = try decide([strong, rule("no", ["effect": "deny"])], .aal2)
        #expect(!denied.isPermitted && denied.obligations.isEmpty && denied.ids == ["no"])
    }

    @Test func theEasiestOfSeveralDemandsIsAskedFor() throws {
        let rules = [
            strong, rule("fresh", ["require": ["max_age": 60]]),
            rule("weak", ["require": ["acr": "aal1", "max_age": 900]]),
        ]
        #expect(try decide(rules, nil).obligations == [.stepUp(strength: nil, maxAgeSeconds: 60)])
        let two = [strong, rule("long", ["require": ["acr": "aal2", "max_age": 900]])]
        #expect(try decide(two, .aal1).obligations == [.stepUp(strength: .aal2, maxAgeSeconds: 900)])
        #expect(try decide(two, .aal2).validUntil == noon + .seconds(900), "valid while one of the allows holds")
    }

    @Test func aStrengthWithoutAnAgeNeverRunsOut() throws {
        let decision = try decide([rule("p", ["require": ["acr": "aal1"]])], .aal2, age: 1_000_000)
        #expect(decision.isPermitted && decision.validUntil == nil)
        let unknownTime = RequestAuthentication(strength: .aal2, authenticatedAt: nil)
        #expect(try !compiled([strong]).decide(request(authentication: unknownTime), as: subject).isPermitted)
    }
}
