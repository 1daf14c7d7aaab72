/// Two positions in arrays that travel together: (group, person) or (parent group, child group).
public struct IndexPair: Sendable, Hashable {
    public let group: Int32
    public let member: Int32

    public init(group: Int32, member: Int32) {
        self.group = group
        self.member = member
    }
}

/// Groups within groups, and the people in them, by dense integer index: built once, then asked for closures.
///
/// Everything is iterative (a chain of any depth cannot exhaust the stack) and cycle-safe: groups that contain one
/// another share one closure. Memory is a few arrays of `Int32`; 2,000 groups with 400,000 memberships take
/// about 6 MB.
public struct MembershipGraph: Sendable {
    public let groupCount: Int
    public let personCount: Int
    /// For each group, itself and every group it lies in, ascending.
    private let closures: CompactLists
    /// For each person, the groups they are in directly, ascending, each once.
    private let direct: CompactLists
    /// Groups that lie in a cycle, ascending: a warning for the report.
    public let cyclic: [Int32]

    /// - Parameters:
    ///   - nestings: (parent, child) group indices; pairs out of range are ignored.
    ///   - memberships: (group, person) indices; pairs out of range are ignored.
    public init(
        groupCount: Int, personCount: Int, nestings: some Sequence<IndexPair>,
        memberships: some Sequence<IndexPair>
    ) {
        self.groupCount = groupCount
        self.personCount = personCount
        let groups = 0..<Int32(groupCount)
        let people = 0..<Int32(personCount)
        let parents = CompactLists(
            count: groupCount,
            pairs: nestings.compactMap {
                groups.contains($0.group) && groups.contains($0.member) ? ($0.member, $0.group) : nil
            })
        direct = CompactLists(
            count: personCount,
            pairs: memberships.compactMap {
                groups.contains($0.group) && people.contains($0.member) ? ($0.member, $0.group) : nil
            })
        (closures, cyclic) = Self.close(over: parents, count: groupCount)
    }

    /// The group itself and every group it lies in, ascending.
    public func groupsContaining(group: Int32) -> ArraySlice<Int32> { closures[Int(group)] }

    /// Indices of the groups a person is in without nesting, in constant time.
    public func directGroups(ofPerson person: Int32) -> ArraySlice<Int32> { direct[Int(person)] }

    /// Every group a person is in, directly or through nesting, ascending, each once.
    public func groups(ofPerson person: Int32) -> [Int32] {
        var seen = BitRow(count: groupCount)
        mark(groupsOf: person, in: &seen)
        return seen.indices
    }

    /// As `groups(ofPerson:)`, into a row the caller reuses.
    func mark(groupsOf person: Int32, in row: inout BitRow) {
        for group in direct[Int(person)] {
            for container in closures[Int(group)] { row.insert(Int(container)) }
        }
    }

    private static func close(over parents: CompactLists, count: Int) -> (CompactLists, [Int32]) {
        var lists = CompactLists.Builder(count: count)
        var cyclic: [Int32] = []
        var stamp = [Int32](repeating: -1, count: count)
        var stack: [Int32] = []
        for start in 0..<Int32(count) {
            var found: [Int32] = [start]
            var returns = false
            stamp[Int(start)] = start
            stack.append(start)
            while let group = stack.popLast() {
                for parent in parents[Int(group)] {
                    if parent == start { returns = true }
                    guard stamp[Int(parent)] != start else { continue }
                    stamp[Int(parent)] = start
                    found.append(parent)
                    stack.append(parent)
                }
            }
            if returns { cyclic.append(start) }
            lists.append(found.sorted())
        }
        return (lists.finish(), cyclic)
    }
}
