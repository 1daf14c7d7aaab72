import Vocabulary

/// Something in valid policies that is probably not meant.
public struct LintFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was found, as a stable word for programs.
    public enum Code: String, Sendable {
        /// The same id in two documents.
        case duplicateID = "duplicate_id"
        /// A role that does not exist; alone, the rule can never match.
        case unknownRole = "unknown_role"
        /// A group that no directory has brought.
        case unknownGroup = "unknown_group"
        /// Two comparisons of one attribute that cannot both hold.
        case neverMatches = "never_matches"
        /// Another policy says the same of the same.
        case repeated = "repeated"
        /// An unconditional deny for everybody covers it.
        case shadowed = "shadowed"
    }

    public let policy: String
    public let code: Code
    public let message: String

    public var description: String { "\(policy): \(message)" }
}

/// Finds what a reader of single policies cannot see.
public enum PolicyLint {
    /// `groups`: the keys known to the tenant, nil when they are not known here.
    public static func findings(_ policies: [Policy], roles: RoleGraph, groups: Set<String>? = nil) -> [LintFinding] {
        var findings: [LintFinding] = []
        var ids: Set<String> = []
        var contents: [String: String] = [:]
        let barriers = policies.filter { $0.effect == .deny && $0.subjects == .any && $0.condition == nil }
        for policy in policies {
            func add(_ code: LintFinding.Code, _ message: String) {
                findings.append(LintFinding(policy: policy.id, code: code, message: message))
            }
            if !ids.insert(policy.id).inserted { add(.duplicateID, "the id stands twice") }
            for (code, message) in unknownNames(policy, roles, groups) { add(code, message) }
            if let attribute = policy.condition.flatMap(contradiction) {
                add(.neverMatches, "\(attribute) would have to equal two different values")
            }
            let content = content(policy)
            if let first = contents[content] { add(.repeated, "says the same as \(first)") }
            contents[content] = contents[content] ?? policy.id
            if policy.effect == .allow, let barrier = barriers.first(where: { covers($0, policy) }) {
                add(.shadowed, "\(barrier.id) denies all of it")
            }
        }
        return findings
    }

    private static func unknownNames(
        _ policy: Policy, _ graph: RoleGraph, _ known: Set<String>?
    ) -> [(LintFinding.Code, String)] {
        guard case .named(let users, let roles, let groups, let accounts) = policy.subjects else { return [] }
        var found: [(LintFinding.Code, String)] = []
        let unknownRoles = roles.filter { graph.index(named: $0) == nil }
        for role in unknownRoles { found.append((.unknownRole, "role `\(role)` does not exist")) }
        if unknownRoles.count == roles.count, !roles.isEmpty, users.isEmpty, groups.isEmpty, accounts.isEmpty {
            found.append((.neverMatches, "all the roles it names do not exist"))
        }
        for group in groups where !(known?.contains(group) ?? true) {
            found.append((.unknownGroup, "group `\(group)` does not exist"))
        }
        return found
    }

    /// An attribute that must equal two different literals.
    private static func contradiction(_ condition: Condition) -> AttributePath? {
        var wanted: [AttributePath: AttributeValue] = [:]
        var pending = [condition]
        while let part = pending.popLast() {
            switch part {
            case .all(let parts): pending += parts
            case .compare(let path, .equals, .literal(let value)):
                if let other = wanted[path], ValueComparison.evaluate(other, .equals, value) != .yes { return path }
                wanted[path] = value
            case .any, .not, .exists, .compare: break
            }
        }
        return nil
    }

    /// Everything but id, name and description.
    private static func content(_ policy: Policy) -> String {
        var members = policy.source.object ?? [:]
        for key in ["id", "name", "description"] { members[key] = nil }
        return CanonicalText.of(.object(members))
    }

    private static func covers(_ deny: Policy, _ allow: Policy) -> Bool {
        guard deny.resources.ids.isEmpty || deny.resources.ids.contains("*") else { return false }
        return covers(deny.actions, allow.actions) && covers(deny.resources.types, allow.resources.types)
    }

    private static func covers(_ wide: NameSelector, _ narrow: NameSelector) -> Bool {
        switch (wide, narrow) {
        case (.any, _): true
        case (.named, .any): false
        case (.named(let all), .named(let some)): Set(some).isSubset(of: all)
        }
    }
}
