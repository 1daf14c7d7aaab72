import Authorization
import Testing
import Vocabulary

@Suite struct DecisionTests {
    private let anyone = SubjectFacts(id: "u1")

    // S4-42.
    @Test func withoutARuleTheAnswerIsDeny() throws {
        let decision = try compiled([rule("p", ["actions": ["write"]])]).decide(request(), as: anyone)
        #expect(decision.outcome == .deny && decision.reasons == [.noMatchingRule] && decision.determining.isEmpty)
        #expect(try !PolicyIndex(policies: [], stamp: stamp()).decide(request(), as: anyone).isPermitted)
    }

    // S4-41.
    @Test func denyBeatsAllowWhateverThePriorityAndAllDeniesAreNamed() throws {
        let index = try compiled([
            rule("a", ["priority": 1_000]), rule("d1", ["effect": "deny"]), rule("b"),
            rule("d2", ["effect": "deny", "priority": 5, "enforcement": "critical"]),
        ])
        let decision = try index.decide(request(), as: anyone)
        #expect(decision.outcome == .deny && decision.reasons == [.deniedByRule])
        #expect(decision.ids == ["d2", "d1"] && decision.enforcement == .critical)
    }

    // S4-44.
    @Test func allSatisfiedAllowsAreNamedByPriority() throws {
        let index = try compiled([
            rule("a"), rule("b", ["priority": 2, "enforcement": "advisory"]),
            rule("c", ["when": ["equals": ["resource.id": "x"]]]),
        ])
        let decision = try index.decide(request(), as: anyone)
        #expect(decision.isPermitted && decision.ids == ["b", "a"] && decision.enforcement == .mandatory)
        #expect(decision.determining.first == .policy(id: "b", version: 1))
    }

    @Test func anErringAllowIsSkippedAndNamed() throws {
        let index = try compiled([rule("bad", ["when": ["equals": ["subject.none": 1]]]), rule("good")])
        let decision = try index.decide(request(), as: anyone)
        #expect(decision.isPermitted && decision.ids == ["good"] && decision.reasons == [.allowedByRule, .ruleError])
        #expect(
            decision.erred.map(\.rule) == [.policy(id: "bad", version: 1)] && decision.erred.map(\.effect) == [.allow])
        #expect(
            decision.erred.map(\.code) == [.missingAttribute]
                && decision.erred.map(\.condition) == ["subject.none equals 1"])
        let alone = try self.index(["when": ["equals": ["subject.none": 1]]]).decide(request(), as: anyone)
        #expect(alone.reasons == [.noMatchingRule, .ruleError])
    }

    @Test func anErringDenyCountsAsMatchedAndIsNamed() throws {
        let index = try compiled([
            rule("good"), rule("bad", ["effect": "deny", "when": ["not": ["greater_than": ["context.risk": 5]]]]),
        ])
        let decision = try index.decide(request(context: ["risk": "high"]), as: anyone)
        #expect(!decision.isPermitted && decision.ids == ["bad"] && decision.reasons == [.deniedByRule, .ruleError])
        #expect(decision.erred.map(\.condition) == ["context.risk greater_than 5"])
        #expect(try index.decide(request(context: ["risk": 9]), as: anyone).isPermitted)
    }

    private func index(_ members: [String: AttributeValue]) throws -> PolicyIndex { try compiled([rule("p", members)]) }

    // S4-08.
    @Test(
        arguments: [
            (["users": ["u1"]], true), (["users": ["login1"]], true), (["users": ["u2"]], false),
            (["groups": ["g1"]], true),
            (["groups": ["g2"]], false), (["service_accounts": ["u1"]], false),
            (["users": ["u2"], "groups": ["g1"]], true),
            (["roles": ["Lead"]], true), (["roles": ["Clerk"]], true), (["roles": ["Head"]], false),
            (["roles": ["Nobody"]], false),
        ] as [(AttributeValue, Bool)])
    func subjectsAreAlternatives(subjects: AttributeValue, expected: Bool) throws {
        let roles = try RoleGraph([
            RoleDefinition(id: roleID(1), name: "Clerk"),
            RoleDefinition(id: roleID(2), name: "Lead", parents: [roleID(1)]),
            RoleDefinition(id: roleID(3), name: "Head", parents: [roleID(2)]),
        ])
        let index = try compiled([rule("p", ["subjects": subjects])], roles: roles)
        let subject = SubjectFacts(id: "u1", aliases: ["login1"], roles: [roleID(2)], groups: ["g1"])
        #expect(try index.decide(request(), as: subject).isPermitted == expected)
    }

    @Test func aServiceAccountIsNoUser() throws {
        let account = SubjectFacts(kind: .serviceAccount, id: "s1")
        #expect(try index(["subjects": ["service_accounts": ["s1"]]]).decide(request(), as: account).isPermitted)
        #expect(try !index(["subjects": ["users": ["s1"]]]).decide(request(), as: account).isPermitted)
    }

    @Test func actionsTypesAndIdPatternsAllCount() throws {
        let index = try index(["resources": ["types": ["doc", "file"], "ids": ["a-*", "b"]]])
        for (type, id, expected) in [
            ("doc", "a-1", true), ("file", "b", true), ("doc", "bb", false), ("page", "b", false),
        ] {
            #expect(try index.decide(request("read", type, id), as: anyone).isPermitted == expected)
        }
        let all = try self.index(["actions": "*", "resources": "any"])
        #expect(try all.decide(request("never heard of", "anything", ""), as: anyone).isPermitted)
    }

    // S4-07.
    @Test func rolePermissionsAreAllowRulesNamedByRole() throws {
        let roles = try RoleGraph([
            RoleDefinition(id: roleID(1), name: "Clerk", permissions: [Permission("read", on: "doc", matching: "d*")]),
            RoleDefinition(id: roleID(2), name: "Lead", parents: [roleID(1)]),
        ])
        let index = try compiled(
            [rule("no", ["effect": "deny", "when": ["equals": ["context.bad": true]]])], roles: roles)
        let lead = SubjectFacts(id: "u", roles: [roleID(2)])
        let decision = try index.decide(request(context: ["bad": false]), as: lead)
        #expect(decision.isPermitted && decision.determining == [.role(roleID(1))])
        #expect(try !index.decide(request(context: ["bad": true]), as: lead).isPermitted)
        #expect(try !index.decide(request("read", "doc", "x", context: ["bad": false]), as: lead).isPermitted)
        #expect(try !index.decide(request(context: ["bad": false]), as: anyone).isPermitted)
    }

    @Test func whatTheEngineKnowsCannotBeOverriddenByAnAttribute() throws {
        let index = try index(["when": ["equals": ["subject.id": "root"]]])
        #expect(try !index.decide(request(), as: SubjectFacts(id: "u1", attributes: ["id": "root"])).isPermitted)
        let type = try self.index([
            "when": ["equals": ["resource.type": "doc", "action.name": "read", "subject.type": "person"]]
        ])
        #expect(try type.decide(request(resource: ["type": "page"]), as: anyone).isPermitted)
        let held = try self.index(["when": ["contains": ["subject.groups": "g1"]]])
        #expect(try held.decide(request(), as: SubjectFacts(id: "u", groups: ["g1"])).isPermitted)
        #expect(try !held.decide(request(), as: SubjectFacts(id: "u", attributes: ["groups": ["g1"]])).isPermitted)
    }

    @Test func storedFactsBeatWhatARequestSays() throws {
        let index = try index(["when": ["equals": ["resource.owner": ["ref": "subject.id"]]]])
        let stored = try ResourceDirectory(
            [ResourceFacts(type: "doc", id: "d1", attributes: ["owner": "u2"])], index: index)
        let (mine, his) = (try index.standing(of: anyone), try index.standing(of: SubjectFacts(id: "u2")))
        let forged = try request(resource: ["owner": "u1"])
        #expect(!index.decide(forged, standing: mine, resources: stored, now: noon).isPermitted)
        #expect(index.decide(forged, standing: his, resources: stored, now: noon).isPermitted)
        #expect(index.decide(forged, standing: mine, now: noon).isPermitted, "without stored facts the caller's count")
    }

    @Test func attributesReadCanBeRecorded() throws {
        let index = try index([
            "when": ["any": [["equals": ["subject.none": 1]], ["equals": ["context.a": 1, "resource.b": 2]]]]
        ])
        let standing = try index.standing(of: anyone)
        let stored = try ResourceDirectory([ResourceFacts(type: "doc", id: "d1", attributes: ["b": 2])], index: index)
        let request = try request(context: ["a": 1, "unused": 3])
        let decision = index.decide(request, standing: standing, resources: stored, now: noon)
        let reads = index.reads(of: decision, request, standing: standing, resources: stored)
        let found = Dictionary(uniqueKeysWithValues: reads.map { ($0.path.description, $0) })
        #expect(found.count == 3)
        #expect(found["subject.none"]?.source == .absent && found["subject.none"]?.value == nil)
        #expect(found["context.a"]?.source == .request && found["context.a"]?.value == 1)
        #expect(found["resource.b"]?.source == .stored && found["resource.b"]?.value == 2)
    }

    @Test func aStandingOfAnotherIndexOrPastItsEndIsRefused() throws {
        let (old, new) = (try index([:]), try index([:]))
        let decision = new.decide(try request(), standing: try old.standing(of: anyone), now: noon)
        #expect(!decision.isPermitted && decision.reasons == [.staleFacts])
        let stored = try ResourceDirectory([], index: old)
        #expect(
            !new.decide(try request(), standing: try new.standing(of: anyone), resources: stored, now: noon).isPermitted
        )
        let ending = SubjectFacts(id: "u1", validUntil: noon + .seconds(1))
        #expect(try old.decide(request(), as: ending).validUntil == noon + .seconds(1))
        #expect(try old.decide(request(), as: ending, now: noon + .seconds(1)).reasons == [.standingExpired])
    }

    @Test func requestsAndSubjectsOnePastTheirLimitsAreRefused() throws {
        let limit = Fault("decision.request_limit", .caller, "")
        let names = (0..<DecisionRequest.Limits.attributes).map { ("a\($0)", AttributeValue.integer(1)) }
        _ = try request(context: Attributes(Dictionary(uniqueKeysWithValues: names)))
        #expect(throws: limit) {
            _ = try request(context: Attributes(Dictionary(uniqueKeysWithValues: names + [("b", 1)])))
        }
        #expect(throws: limit) { _ = try request("") }
        #expect(throws: limit) { _ = try request(String(repeating: "a", count: DecisionRequest.Limits.nameBytes + 1)) }
        #expect(throws: limit) {
            _ = try request("a", "b", String(repeating: "a", count: DecisionRequest.Limits.idBytes + 1))
        }
        let long = String(repeating: "a", count: DecisionRequest.Limits.textBytes + 1)
        #expect(throws: limit) { _ = try request(context: ["a": .string(long)]) }
        let deep = (0..<DecisionRequest.Limits.depth).reduce(AttributeValue.integer(1)) { inner, _ in [inner] }
        #expect(throws: limit) { _ = try request(context: ["a": deep]) }
        let wide = AttributeValue.list(Array(repeating: 1, count: DecisionRequest.Limits.values))
        #expect(throws: limit) { _ = try request(context: ["a": wide]) }
        let groups = (0...SubjectFacts.Limits.groups).map { "g\($0)" }
        #expect(throws: Fault("decision.subject_limit", .caller, "")) {
            _ = try index([:]).standing(of: SubjectFacts(id: "u", groups: groups))
        }
    }

    @Test func directoriesFindByIdAndRefuseRepetition() throws {
        let index = try index([:])
        let people = try SubjectDirectory([anyone, SubjectFacts(id: "u2")], index: index)
        #expect(people.standing(of: "u2")?.facts.id == "u2" && people.standing(of: "u3") == nil && people.count == 2)
        #expect(throws: Fault("decision.duplicate_subject", .caller, "")) {
            _ = try SubjectDirectory([anyone, anyone], index: index)
        }
        let doc = ResourceFacts(type: "doc", id: "d", attributes: [:])
        #expect(throws: Fault("decision.duplicate_resource", .caller, "")) {
            _ = try ResourceDirectory([doc, doc], index: index)
        }
    }
}
