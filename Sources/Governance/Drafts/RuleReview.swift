import Authorization
import Vocabulary

/// Finds what is probably not meant by one rule.
struct RuleReview {
    let rule: Rule
    let path: String
    let known: KnownWords
    private var found: [ReviewFinding] = []

    init(rule: Rule, path: String, known: KnownWords) {
        (self.rule, self.path, self.known) = (rule, path, known)
    }

    /// Names the engine itself knows of a subject, beside whatever is stored.
    private static let engineSubject = ["id", "type", "roles", "groups"]
    /// Names that requests of this gateway and of the documents it reads go by. Others are an application's own.
    private static let contextNames = [
        "environment", "service_name", "severity", "kpi_id", "patch_content", "language", "action_type",
        "error_context", "requested_by", "request_id", "network", "risk", "risk_level",
    ]

    mutating func findings() -> [ReviewFinding] {
        subjects()
        names(rule.roles, at: "roles")
        if let approval = rule.approval { names(approval.roles, at: "approval.roles") }
        actions()
        if let condition = rule.matcher.condition { attributes(condition) }
        unknownRequests()
        unlimited()
        return found
    }

    private mutating func warn(_ place: String, _ code: String, _ message: String, _ remedy: String) {
        found.append(ReviewFinding(.warning, "\(path).\(place)", code, message, remedy))
    }

    private static func meant(_ word: String, _ known: some Sequence<String>, otherwise: String) -> String {
        Spelling.nearest(to: word, among: known).map { "Did you mean `\($0)`?" } ?? otherwise
    }

    private mutating func subjects() {
        guard case .named(_, let roles, let groups, _) = rule.matcher.subjects else { return }
        names(roles, at: "subjects.roles")
        guard let known = known.groups else { return }
        for (number, group) in groups.enumerated() where !known.contains(group) {
            warn(
                "subjects.groups[\(number)]", "unknown_group", "there is no group `\(group)`",
                Self.meant(group, known, otherwise: "Name a group by its id or its immutable key"))
        }
    }

    private mutating func names(_ roles: [String], at place: String) {
        guard let known = known.roles else { return }
        for (number, role) in roles.enumerated() where !known.contains(role) && RoleID(role) == nil {
            warn(
                "\(place)[\(number)]", "unknown_role", "there is no role `\(role)`",
                Self.meant(role, known, otherwise: "Make the role first, or name another"))
        }
    }

    /// Types and actions are an application's own, unless they nearly are the gateway's.
    private mutating func actions() {
        let types: [String] = if case .named(let names) = rule.matcher.resources.types { names } else { [] }
        for (number, type) in types.enumerated() where known.actions[type] == nil {
            guard let near = Spelling.nearest(to: type, among: known.actions.keys.sorted()) else { continue }
            warn(
                "resources.types[\(number)]", "unknown_type", "nothing here is a `\(type)`", "Did you mean `\(near)`?")
        }
        guard case .named(let actions) = rule.matcher.actions, !types.isEmpty,
            types.allSatisfy({ known.actions[$0] != nil })
        else { return }
        let all = types.reduce(into: Set<String>()) { $0.formUnion(known.actions[$1] ?? []) }.sorted()
        for (number, action) in actions.enumerated() where !all.contains(action) {
            warn(
                "actions[\(number)]", "unknown_action",
                "nothing here does `\(action)` to \(types.joined(separator: ", "))",
                Self.meant(action, all, otherwise: "Use one of \(all.prefix(12).joined(separator: ", "))"))
        }
    }

    private mutating func attributes(_ condition: Condition) {
        for attribute in Set(condition.paths).sorted(by: { $0.description < $1.description }) {
            let name = attribute.fields[0]
            switch attribute.root {
            case .subject:
                guard let known = known.subjectAttributes else { continue }
                let all = Self.engineSubject + known
                // Others may be set by whoever writes people; what nearly is a known one is a slip.
                guard !all.contains(name), let near = Spelling.nearest(to: name, among: all) else { continue }
                warn(
                    "when", "unknown_attribute", "nobody is known to have `\(attribute)`",
                    "Did you mean `subject.\(near)`?")
            case .context where !Self.contextNames.contains(name):
                guard let near = Spelling.nearest(to: name, among: Self.contextNames) else { continue }
                warn(
                    "when", "unknown_attribute", "requests rarely say `\(attribute)`",
                    "Did you mean `context.\(near)`?")
            case .context, .resource, .action, .session: continue
            }
        }
    }

    /// A restriction that reads what only some requests say stands in the way of all others as well.
    private mutating func unknownRequests() {
        guard rule.isRestriction, rule.effect != .logOnly, let condition = rule.matcher.condition,
            case .any = rule.matcher.actions, case .any = rule.matcher.resources.types
        else { return }
        let guarded = Set(condition.guardedPaths)
        let open = Set(condition.paths).filter { [.context, .resource].contains($0.root) && !guarded.contains($0) }
            .filter { !($0.root == .resource && ["id", "type"].contains($0.fields[0])) }
        guard let first = open.min(by: { $0.description < $1.description }) else { return }
        warn(
            "when", "restricts_all",
            "a request that does not say `\(first)` is restricted as well, whatever it is about",
            "Narrow the rule by `actions` or `resources`, or ask `exists: \(first)` first")
    }

    private mutating func unlimited() {
        if rule.effect == .allow, rule.matcher.subjects == .any, case .any = rule.matcher.actions,
            case .any = rule.matcher.resources.types, rule.matcher.resources.ids.isEmpty,
            rule.matcher.condition == nil, rule.roles.isEmpty
        {
            warn(
                "effect", "allows_everything", "everybody may do everything to anything",
                "Name subjects, actions or resources")
        }
        guard rule.autoExecute, rule.limits.isEmpty else { return }
        warn("auto_execute", "unlimited", "it is carried out by itself as often as it is asked for", "Add `limits`")
    }
}

extension Condition {
    /// Every attribute it reads.
    var paths: [AttributePath] {
        switch self {
        case .all(let parts), .any(let parts): parts.flatMap(\.paths)
        case .not(let part): part.paths
        case .exists(let path): [path]
        case .compare(let path, _, .literal): [path]
        case .compare(let path, _, .reference(let other)): [path, other]
        }
    }

    /// The attributes whose presence it asks for.
    var guardedPaths: [AttributePath] {
        switch self {
        case .all(let parts), .any(let parts): parts.flatMap(\.guardedPaths)
        case .not(let part): part.guardedPaths
        case .exists(let path): [path]
        case .compare: []
        }
    }
}
