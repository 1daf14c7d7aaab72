import Identity
import Testing
import Vocabulary

@Suite("Which roles count only with two factors")
struct MultiFactorDemandTests {
    private func role(_ name: String, _ low: UInt64, parents: [UInt64] = [], isMarked: Bool = false) -> Role {
        var role = Role(
            id: RoleID(high: 1, low: low), tenant: TenantID(high: 1, low: 1), name: name,
            parents: parents.map { RoleID(high: 1, low: $0) })
        role.requiresMFA = isMarked
        return role
    }

    @Test("those marked so, those the configuration names, and their heirs; nobody else")
    func demands() {
        let roles = [
            role("Marked", 1, isMarked: true), role("Named", 2), role("Heir", 3, parents: [2]),
            role("Grandchild", 4, parents: [3]), role("Free", 5), role("Both", 6, isMarked: true),
        ]
        let demands = MultiFactorDemand.all(of: roles, named: ["Named", "Both", "Nobody"])
        let words = Dictionary(uniqueKeysWithValues: roles.map { ($0.name, demands[$0.id]) })
        #expect(
            words == [
                "Marked": .role, "Named": .configuration, "Heir": .inheritance, "Grandchild": .inheritance,
                "Free": MultiFactorDemand?.none, "Both": .role,
            ])
    }

    @Test("a role that only heirs of its own demand it for is free, and a circle ends")
    func circle() {
        let roles = [role("Parent", 1), role("Child", 2, parents: [1], isMarked: true)]
        #expect(MultiFactorDemand.all(of: roles, named: []).keys.map(\.self) == [roles[1].id])
        let circle = [role("One", 1, parents: [2], isMarked: true), role("Two", 2, parents: [1])]
        #expect(MultiFactorDemand.all(of: circle, named: []).count == 2)
    }
}
