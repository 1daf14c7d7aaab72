import Vocabulary

/// The roles of one tenant and who inherits from whom, free of cycles.
///
/// An edge inside a cycle is reported and not followed: neither role inherits from the other, whatever the order of
/// reading. Unknown parents and repeated roles are reported and ignored as well.
public struct RoleGraph: Sendable {
    /// Bounds; one past each is a thrown fault.
    public enum Limits {
        public static let roles = 10_000
        public static let parents = 64
        public static let permissions = 1_024
    }

    /// Something in the definitions that has no effect, and should be mended.
    public enum Finding: Sendable, Hashable {
        /// Roles that inherit from each other in a circle, in the order of their ids.
        case cycle([RoleID])
        case unknownParent(role: RoleID, parent: RoleID)
        /// The first definition counts.
        case duplicateID(RoleID)
        /// The name means the first of them.
        case duplicateName(String)
    }

    public let roles: [RoleDefinition]
    public let findings: [Finding]
    let parents: [[Int]]
    private let indexByID: [RoleID: Int]
    private let indexByName: [String: Int]

    public static let empty = RoleGraph()

    private init() { (roles, findings, parents, indexByID, indexByName) = ([], [], [], [:], [:]) }

    /// Throws a fault (culprit: caller) when a limit is passed.
    public init(_ definitions: [RoleDefinition]) throws {
        try Self.checkLimits(definitions)
        var findings: [Finding] = []
        var byID: [RoleID: Int] = [:]
        var byName: [String: Int] = [:]
        var roles: [RoleDefinition] = []
        for role in definitions {
            guard byID[role.id] == nil else {
                findings.append(.duplicateID(role.id))
                continue
            }
            byID[role.id] = roles.count
            if byName[role.name] == nil {
                byName[role.name] = roles.count
            } else {
                findings.append(.duplicateName(role.name))
            }
            roles.append(role)
        }
        let edges = roles.map { role in
            role.parents.compactMap { parent -> Int? in
                if byID[parent] == nil { findings.append(.unknownParent(role: role.id, parent: parent)) }
                return byID[parent]
            }
        }
        let component = stronglyConnectedComponents(edges)
        findings += Self.cycles(roles, edges, component)
        parents = edges.enumerated().map { role, targets in targets.filter { component[$0] != component[role] } }
        (self.roles, self.findings, indexByID, indexByName) = (roles, findings, byID, byName)
    }

    func index(of id: RoleID) -> Int? { indexByID[id] }

    /// The role that a policy means: by name, else by the text of its id.
    func index(named text: String) -> Int? { indexByName[text] ?? RoleID(text).flatMap { indexByID[$0] } }

    private static func checkLimits(_ definitions: [RoleDefinition]) throws {
        func refuse(_ message: String) -> Fault { Fault("roles.limit", .caller, message, remedy: "Use fewer.") }
        guard definitions.count <= Limits.roles else { throw refuse("more than \(Limits.roles) roles") }
        for role in definitions {
            guard role.parents.count <= Limits.parents else { throw refuse("role \(role.id) has too many parents") }
            guard role.permissions.count <= Limits.permissions else {
                throw refuse("role \(role.id) has too many permissions")
            }
            let texts = role.permissions.flatMap { [$0.action, $0.resourceType] } + [role.name]
            guard texts.allSatisfy({ (1...PolicyLimits.nameBytes).contains($0.utf8.count) }),
                role.permissions.allSatisfy({ ($0.resourcePattern?.utf8.count ?? 0) <= PolicyLimits.textBytes })
            else { throw refuse("role \(role.id) has a name that is empty or too long") }
        }
    }

    private static func cycles(_ roles: [RoleDefinition], _ edges: [[Int]], _ component: [Int]) -> [Finding] {
        var members: [Int: [Int]] = [:]
        for (role, group) in component.enumerated() { members[group, default: []].append(role) }
        return members.values.filter { $0.count > 1 || edges[$0[0]].contains($0[0]) }
            .map { $0.map { roles[$0].id }.sorted() }
            .sorted { $0[0] < $1[0] }
            .map(Finding.cycle)
    }
}

/// Tarjan's algorithm without recursion, so that a chain of any length is safe. Returns a component per node.
private func stronglyConnectedComponents(_ edges: [[Int]]) -> [Int] {
    let count = edges.count
    var (order, low, component) = (
        Array(repeating: -1, count: count), Array(repeating: 0, count: count), Array(repeating: -1, count: count)
    )
    var (clock, components) = (0, 0)
    var open: [Int] = []
    var calls: [(node: Int, next: Int)] = []
    for root in 0..<count where order[root] < 0 {
        calls.append((root, 0))
        while let (node, next) = calls.popLast() {
            if next == 0 {
                order[node] = clock
                low[node] = clock
                clock += 1
                open.append(node)
            } else {
                let child = edges[node][next - 1]
                if component[child] < 0 { low[node] = min(low[node], low[child]) }
            }
            if next < edges[node].count {
                calls.append((node, next + 1))
                if order[edges[node][next]] < 0 { calls.append((edges[node][next], 0)) }
            } else if low[node] == order[node] {
                while let member = open.popLast() {
                    component[member] = components
                    if member == node { break }
                }
                components += 1
            }
        }
    }
    return component
}
