import Vocabulary

/// Something in valid policies that is probably not meant.
public struct LintFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was found, as a stable word for programs.
    public enum Code: String, Sendable, CaseIterable {
        /// The same id in two documents.
        case duplicateID = "duplicate_id"
        /// A role that does not exist; alone, the rule can never match.
        case unknownRole = "unknown_role"
        /// A group that no directory has brought.
        case unknownGroup = "unknown_group"
        /// An action that none of the resource types it names has.
        case unknownAction = "unknown_action"
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
    /// Everything that is probably not meant, policy by policy in their order.
    public static func findings(_ policies: [Policy], known: KnownNames = KnownNames()) -> [LintFinding] {
        var findings: [LintFinding] = []
        var ids: Set<String> = []
        var contents: [String: String] = [:]
        let barriers = policies.filter { $0.effect == .deny && $0.subjects == .any && $0.condition == nil }
        for policy in policies {
            func add(_ code: LintFinding.Code, _ message: String) {
                findings.append(LintFinding(policy: policy.id, code: code, message: message))
            }
            if !ids.insert(policy.id).inserted { add(.duplicateID, "the id stands twice") }
            for (code, message) in unknownNames(policy, known) { add(code, message) }
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

    private static func unknownNames(_ policy: Policy, _ known: KnownNames) -> [(LintFinding.Code, String)] {
        unknownSubjects(policy, known) + unknownActions(policy, known.actions)
    }

    private static func unknownSubjects(_ policy: Policy, _ known: KnownNames) -> [(LintFinding.Code, String)] {
        guard case .named(let users, let roles, let groups, let accounts) = policy.subjects else { return [] }
        let unknownRoles = roles.filter { !(known.roles?.contains($0) ?? true) }
        var found = unknownRoles.map { (LintFinding.Code.unknownRole, "role `\($0)` does not exist") }
        if unknownRoles.count == roles.count, !roles.isEmpty, users.isEmpty, groups.isEmpty, accounts.isEmpty {
            found.append((.neverMatches, "all the roles it names do not exist"))
        }
        for group in groups where !(known.groups?.contains(group) ?? true) {
            found.append((.unknownGroup, "group `\(group)` does not exist"))
        }
        return found
    }

    /// Only where all its types are among those whose actions are known: elsewhere an action may be an application's.
    private static func unknownActions(
        _ policy: Policy, _ known: [String: Set<String>]
    ) -> [(LintFinding.Code, String)] {
        guard case .named(let actions) = policy.actions, case .named(let types) = policy.resources.types,
            !types.isEmpty, types.allSatisfy({ known[$0] != nil })
        else { return [] }
        let all = types.reduce(into: Set<String>()) { $0.formUnion(known[$1] ?? []) }
        return actions.filter { !all.contains($0) }.map { action in
            (.unknownAction, "nothing here does `\(action)` to \(types.joined(separator: ", "))")
        }
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
