import Identity
import Testing
import Vocabulary

@Suite struct OrganizationTreeTests {
    func unit(_ number: UInt64, _ level: OrganizationLevel, under parent: UInt64? = nil, tenant: UInt64 = 1)
        -> OrganizationUnit
    {
        OrganizationUnit(
            id: id(number), tenant: id(tenant), level: level, name: "u\(number)", parent: parent.map { id($0) })
    }

    var tree: OrganizationTree {
        OrganizationTree([
            unit(1, .organization), unit(2, .division, under: 1), unit(3, .department, under: 2),
            unit(4, .team, under: 3), unit(5, .division, under: 1), unit(6, .organization, tenant: 9),
        ])
    }

    @Test func aUnitMovesWithEverythingBelowIt() {
        var tree = tree
        #expect(tree.move(id(3), under: id(5)) == nil)
        #expect(tree.ancestors(of: id(4)).map(\.id) == [id(3), id(5), id(1)])
        #expect(tree.subtree(of: id(5)) == [id(3), id(4), id(5)])
        #expect(tree[id(3)]?.version == 2)
    }

    @Test func impossiblePlacesAreRefused() {
        var tree = tree
        #expect(tree.move(id(2), under: id(2)) == .cycle)
        #expect(tree.move(id(2), under: id(4)) == .cycle)
        #expect(tree.move(id(2), under: id(5)) == .wrongLevel)
        #expect(tree.move(id(2), under: nil) == .parentRequired)
        #expect(tree.move(id(1), under: id(6)) == .parentForbidden)
        #expect(tree.move(id(2), under: id(6)) == .otherTenant)
        #expect(tree.move(id(2), under: id(99)) == .unknownParent)
        #expect(tree.move(id(99), under: id(1)) == .unknownUnit)
        #expect(tree.refusal(deleting: id(3)) == .notEmpty)
        #expect(tree.refusal(deleting: id(4)) == nil)
    }

    @Test func readsEndEvenOverRowsThatHoldACycle() {
        let broken = OrganizationTree([unit(1, .project, under: 2), unit(2, .team, under: 1)])
        #expect(broken.ancestors(of: id(1)).map(\.id) == [id(2)])
        #expect(broken.subtree(of: id(1)) == [id(1), id(2)])
    }
}
