import Vocabulary

/// A policy or a role's permission on its way into the index.
struct RuleDraft {
    enum Subject {
        case selector(SubjectSelector)
        case role(Int)
    }

    let reference: RuleReference
    let effect: Policy.Effect
    let priority: Int64
    let enforcement: Enforcement
    let subject: Subject
    let actions: NameSelector
    let resources: ResourceSelector
    let condition: Condition?
    let requirement: AuthenticationRequirement?

    /// Denies first, then by descending priority, then as given.
    static func ordered(_ policies: [Policy], _ roles: RoleGraph) -> [RuleDraft] {
        let all =
            policies.map(RuleDraft.init)
            + roles.roles.enumerated().flatMap { number, role in
                role.permissions.map { RuleDraft(role.id, number, $0) }
            }
        return all.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.effect != b.effect { return a.effect == .deny }
            return a.priority != b.priority ? a.priority > b.priority : left.offset < right.offset
        }.map(\.element)
    }

    init(_ policy: Policy) {
        reference = .policy(id: policy.id, version: policy.version)
        (effect, priority, enforcement) = (policy.effect, policy.priority, policy.enforcement)
        subject = .selector(policy.subjects)
        (actions, resources) = (policy.actions, policy.resources)
        (condition, requirement) = (policy.condition, policy.requirement)
    }

    init(_ role: RoleID, _ number: Int, _ permission: Permission) {
        reference = .role(role)
        (effect, priority, enforcement) = (.allow, 0, .mandatory)
        subject = .role(number)
        actions = permission.action == "*" ? .any : .named([permission.action])
        resources = ResourceSelector(
            types: permission.resourceType == "*" ? .any : .named([permission.resourceType]),
            ids: permission.resourcePattern.map { [$0] } ?? [])
        (condition, requirement) = (nil, nil)
    }
}

/// Which rules name which subjects, actions and resource types.
struct RuleSelection {
    /// Names and, for each, the rules that name it.
    struct Naming {
        let names: TextTable
        private(set) var rules: [[Int32]]

        init(_ lists: [[String]]) {
            names = TextTable(lists.joined())
            rules = Array(repeating: [], count: names.count)
            for (rule, list) in lists.enumerated() {
                for name in list { names[name].map { rules[$0].append(Int32(rule)) } }
            }
        }
    }

    let wordCount: Int
    let any: [Int32]
    let byRole: [[Int32]]
    let groups: Naming
    let users: Naming
    let serviceAccounts: Naming
    let actionNames: TextTable
    let actionBits: [UInt64]
    let typeNames: TextTable
    let typeBits: [UInt64]

    init(_ drafts: [RuleDraft], _ roles: RoleGraph) {
        wordCount = (drafts.count + 63) / 64
        var any: [Int32] = []
        var byRole = Array(repeating: [Int32](), count: roles.roles.count)
        var lists: (users: [[String]], groups: [[String]], accounts: [[String]]) = ([], [], [])
        for (rule, draft) in drafts.enumerated() {
            var (users, groups, accounts): ([String], [String], [String]) = ([], [], [])
            switch draft.subject {
            case .selector(.any): any.append(Int32(rule))
            case .role(let role): byRole[role].append(Int32(rule))
            case .selector(.named(let named, let roleNames, let groupNames, let accountNames)):
                (users, groups, accounts) = (named, groupNames, accountNames)
                for role in roleNames { roles.index(named: role).map { byRole[$0].append(Int32(rule)) } }
            }
            lists.users.append(users)
            lists.groups.append(groups)
            lists.accounts.append(accounts)
        }
        (self.any, self.byRole) = (any, byRole)
        (users, groups, serviceAccounts) = (Naming(lists.users), Naming(lists.groups), Naming(lists.accounts))
        (actionNames, actionBits) = Self.rows(drafts.map(\.actions), wordCount)
        (typeNames, typeBits) = Self.rows(drafts.map(\.resources.types), wordCount)
    }

    private static func rows(_ selectors: [NameSelector], _ wordCount: Int) -> (TextTable, [UInt64]) {
        let names = TextTable(
            selectors.flatMap { selector -> [String] in
                if case .named(let names) = selector { names } else { [] }
            })
        var bits = Array(repeating: UInt64(0), count: (names.count + 1) * wordCount)
        for (rule, selector) in selectors.enumerated() {
            let rows: [Int]
            switch selector {
            case .any: rows = Array(0...names.count)
            case .named(let list): rows = list.compactMap { names[$0] }
            }
            for row in rows { bits[row * wordCount + (rule >> 6)] |= 1 << UInt64(rule & 63) }
        }
        return (names, bits)
    }
}
