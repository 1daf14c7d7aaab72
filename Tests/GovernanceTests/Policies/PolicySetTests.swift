import Governance
import Testing
import Vocabulary

@Suite("Policy sets")
struct PolicySetTests {
    let set = PolicySetID(high: 2, low: 2)

    private func live(_ commands: [PolicySetCommand]) throws -> PolicySet {
        var state: PolicySet?
        for command in commands {
            for event in try PolicySet.decide(command, on: state, exists: { $0.high == 0x1000 }) {
                state = try PolicySet.applying(Recorded(event, at: noon, actor: admin), to: state)
            }
        }
        return try #require(state)
    }

    @Test("S0-10 S0-41 S0-42 S0-43 a set has id, name, description and policies, which come and go")
    func members() throws {
        let library = try corpus("seed-000")["library"]?["set"]
        let create = PolicySetCommand.createSet(
            set, name: try #require(library?["name"]?.string),
            description: try #require(library?["description"]?.string), .all, policies: [id(1)])
        let made = try live([create, .addToSet(id(2)), .removeFromSet(id(1))])
        #expect(made.id == set && made.name == "Security Policies")
        #expect(made.description == "Organization-wide security policies" && made.policies == [id(2)])
        let refused: [[PolicySetCommand]] = [
            [create, .addToSet(id(1))], [create, .addToSet(PolicyID(high: 9, low: 9))],
            [create, .removeFromSet(id(5))],
            [.addToSet(id(1))], [create, create], [.createSet(set, name: "", description: "", .all)],
            [.createSet(set, name: "a", description: "", .atLeast(0))],
            [.createSet(set, name: "a", description: "", .all, policies: [id(1), id(1)])],
        ]
        for commands in refused { #expect(throws: GovernanceError.self) { try live(commands) } }
    }

    @Test("All, Any, Majority and AtLeast are counted over those that have something to say")
    func combinations() {
        #expect(PolicyCombination.all.isMet(allowing: 2, of: 2) && !PolicyCombination.all.isMet(allowing: 1, of: 2))
        #expect(PolicyCombination.any.isMet(allowing: 1, of: 9) && !PolicyCombination.any.isMet(allowing: 0, of: 9))
        #expect(PolicyCombination.majority.isMet(allowing: 2, of: 3))
        #expect(!PolicyCombination.majority.isMet(allowing: 2, of: 4))
        #expect(PolicyCombination.atLeast(3).isMet(allowing: 3, of: 5))
        #expect(!PolicyCombination.atLeast(3).isMet(allowing: 2, of: 5))
        for combination in [PolicyCombination.all, .any, .majority, .atLeast(1)] {
            #expect(!combination.isMet(allowing: 0, of: 0))
        }
    }
}
