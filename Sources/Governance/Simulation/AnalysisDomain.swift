import Authorization
import Vocabulary

/// Everything that tells some rules apart: for each thing they look at, one value of every kind that they treat
/// otherwise. Asking every combination is asking everything, as far as `isExact`.
struct AnalysisDomain {
    /// Whom rules name.
    struct Token: Hashable {
        enum Kind { case role, group, user, account }
        let kind: Kind
        let name: String
    }

    /// Tokens of which every subset is asked for.
    static let tokenLimit = 6
    static let freshName = "another-name"
    static let fresh = AttributeValue.string("another-value")
    /// A value of a kind that nothing compares.
    private static let oddity = AttributeValue.object([:])

    private(set) var tokens: [Token] = []
    private(set) var actions: [String] = []
    private(set) var types: [String] = []
    private(set) var ids: [String] = []
    private(set) var moments: [Timestamp] = []
    private(set) var proofs: [(strength: AuthenticationStrength, age: Int64)?] = [nil]
    /// By attribute; nil is absent.
    private(set) var values: [(path: AttributePath, values: [AttributeValue?])] = []
    /// Whether every combination that could matter is among them.
    private(set) var isExact = true

    private var patterns: Set<String> = []
    private var atoms: [AttributePath: [(Comparison, AttributeValue)]] = [:]
    private var links: [(AttributePath, AttributePath)] = []

    /// - Parameters:
    ///   - own: the rule that has to match; what it does not name is not asked.
    ///   - others: rules that may answer in its place.
    init(_ own: RuleBook.Entry, _ others: [RuleBook.Entry], from start: Timestamp) {
        let all = [own] + others
        for entry in all { take(entry) }
        narrow(to: own, all)
        takeMoments(all, start)
        takeProofs(all)
        makeValues()
        if patterns.count > 1 || tokens.count > Self.tokenLimit { isExact = false }
        tokens = Array(tokens.prefix(Self.tokenLimit))
    }

    /// How many combinations there are; saturates.
    var count: Int {
        var sizes = [1 << tokens.count, actions.count, types.count, ids.count, moments.count, proofs.count]
        sizes += values.map(\.values.count)
        return sizes.reduce(1) { product, size in
            let (result, overflow) = product.multipliedReportingOverflow(by: max(1, size))
            return overflow ? .max : result
        }
    }

    // MARK: What rules look at

    private mutating func take(_ entry: RuleBook.Entry) {
        let matcher = entry.rule.matcher
        if case .named(let users, let roles, let groups, let accounts) = matcher.subjects {
            add(roles, .role)
            add(groups, .group)
            add(users, .user)
            add(accounts, .account)
        }
        add(entry.rule.roles, .role)
        if let condition = matcher.condition { take(condition) }
        for (name, names) in [("environment", entry.scope.environments), ("service_name", entry.scope.services)] {
            guard !names.isEmpty, let path = AttributePath("context." + name) else { continue }
            atoms[path, default: []] += names.map { (.equals, .string($0)) }
        }
        if let path = AttributePath("context.severity"), entry.readsSeverity {
            atoms[path, default: []] += Severity.allCases.map { (.equals, .string($0.rawValue)) }
        }
        if entry.scope.unit != nil || entry.scope.subject != nil
            || [.department, .project, .team].contains(entry.scope.level)
        {
            isExact = false
        }
    }

    private mutating func add(_ names: [String], _ kind: Token.Kind) {
        for name in names where !tokens.contains(Token(kind: kind, name: name)) {
            tokens.append(Token(kind: kind, name: name))
        }
    }

    private mutating func take(_ condition: Condition) {
        switch condition {
        case .all(let parts), .any(let parts): for part in parts { take(part) }
        case .not(let part): take(part)
        case .exists(let path): atoms[path, default: []] += []
        case .compare(let path, let comparison, .literal(let value)):
            atoms[path, default: []].append((comparison, value))
        case .compare(let path, let comparison, .reference(let other)):
            for side in [path, other] { atoms[side, default: []] += [] }
            links.append((path, other))
            if comparison != .equals, comparison != .notEquals { isExact = false }
        }
    }

    private mutating func narrow(to own: RuleBook.Entry, _ all: [RuleBook.Entry]) {
        actions = names(own.rule.matcher.actions, all.map(\.rule.matcher.actions))
        types = names(own.rule.matcher.resources.types, all.map(\.rule.matcher.resources.types))
        let scopes = own.scope
        if !scopes.actions.isEmpty { actions = actions.filter(scopes.actions.contains) + scopes.actions }
        if !scopes.resources.isEmpty { types = types.filter(scopes.resources.contains) + scopes.resources }
        (actions, types) = (actions.unique, types.unique)
        patterns = Set(all.flatMap(\.rule.matcher.resources.ids).filter { $0.utf8.contains(0x2A) && $0 != "*" })
        ids = all.flatMap(\.rule.matcher.resources.ids).map(Self.text(of:)).unique + [Self.freshName]
    }

    private func names(_ own: NameSelector, _ all: [NameSelector]) -> [String] {
        if case .named(let names) = own { return names }
        let known = all.flatMap { selector -> [String] in if case .named(let names) = selector { names } else { [] } }
        return known.unique + [Self.freshName]
    }

    /// A name that a pattern takes.
    private static func text(of pattern: String) -> String {
        String(pattern.flatMap { $0 == "*" ? Array("x") : [$0] })
    }

    // MARK: Moments and proofs

    /// Both edges of every window and a minute beside them, on every day of a week.
    private mutating func takeMoments(_ all: [RuleBook.Entry], _ start: Timestamp) {
        moments = [start]
        for entry in all {
            let day = entry.zone.local(start).day
            let minutes = Set(
                entry.rule.windows.flatMap { window in
                    [window.start, window.end, (window.start + 1_439) % 1_440, (window.end + 1) % 1_440]
                })
            for minute in minutes {
                for offset in 0..<Int64(7) {
                    let moment = entry.zone.moments(day: day + offset, minute: minute).0
                    if !moments.contains(moment) { moments.append(moment) }
                }
            }
        }
    }

    private mutating func takeProofs(_ all: [RuleBook.Entry]) {
        let demands = all.compactMap(\.rule.demand)
        guard !demands.isEmpty else { return }
        proofs += [(.aal1, 0), (.aal2, 0)]
        for age in Set(demands.compactMap(\.maxAgeSeconds)).sorted() { proofs += [(.aal1, age + 1), (.aal2, age + 1)] }
    }

    // MARK: Values

    private mutating func makeValues() {
        for path in atoms.keys.sorted(by: { $0.description < $1.description }) where !takeEngine(path) {
            var found = Self.values(of: atoms[path] ?? [], &isExact)
            for (left, right) in links where left == path || right == path {
                let other = left == path ? right : left
                var ignored = true
                found += Self.values(of: atoms[other] ?? [], &ignored)
            }
            values.append((path, [nil] + found.unique.map(Optional.some)))
        }
        if links.count > 1 { isExact = false }
    }

    /// What the engine itself knows is asked by who, what and which, and not by an attribute.
    private mutating func takeEngine(_ path: AttributePath) -> Bool {
        let texts = (atoms[path] ?? []).flatMap { comparison, value in
            comparison == .regex
                ? PatternExamples.texts(matching: value.string ?? "")
                : ([value] + (value.list ?? [])).compactMap(\.string)
        }
        let isPlain = (atoms[path] ?? []).allSatisfy { [.equals, .notEquals, .in, .notIn, .contains].contains($0.0) }
        switch path.description {
        case "action.name": actions = (actions + texts).unique
        case "resource.type": types = (types + texts).unique
        case "resource.id": ids = (ids + texts).unique
        case "subject.roles": add(texts, .role)
        case "subject.groups": add(texts, .group)
        case "subject.id": add(texts, .user)
        case "subject.type", "session.anomalies": isExact = false
        default: return false
        }
        if !isPlain || links.contains(where: { $0.0 == path || $0.1 == path }) { isExact = false }
        return true
    }

    private static func values(of atoms: [(Comparison, AttributeValue)], _ isExact: inout Bool) -> [AttributeValue] {
        var found: [AttributeValue] = [fresh, oddity]
        var texts: Set<String> = []
        for (comparison, value) in atoms {
            switch comparison {
            case .equals, .notEquals: found.append(value)
            case .in, .notIn: found += value.list ?? [value]
            case .greaterThan, .greaterThanOrEqual, .lessThan, .lessThanOrEqual: found += around(value)
            case .contains:
                found += [value, .list([value])]
                texts.insert("\(comparison) \(value)")
            case .startsWith, .endsWith:
                found.append(value)
                texts.insert("\(comparison) \(value)")
            case .regex:
                let examples = PatternExamples.texts(matching: value.string ?? "")
                if examples.isEmpty { isExact = false }
                found += examples.prefix(2).map(AttributeValue.string)
                texts.insert("\(comparison) \(value)")
            }
        }
        // Two patterns may be found in one text together, and which text that is cannot be told from either.
        if texts.count > 1 { isExact = false }
        return found + between(found)
    }

    private static func around(_ value: AttributeValue) -> [AttributeValue] {
        switch value {
        case .integer(let number): [.integer(number - 1), value, .integer(number + 1)]
        case .number(let number): [.number(number.nextDown), value, .number(number.nextUp)]
        case .string(let text): [.string(""), value, .string(text + "~")]
        default: [value]
        }
    }

    /// Between two numbers that are compared with there are numbers that are neither.
    private static func between(_ values: [AttributeValue]) -> [AttributeValue] {
        let numbers = values.compactMap { value -> Double? in
            switch value {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: nil
            }
        }.sorted()
        return zip(numbers, numbers.dropFirst()).filter { $1 - $0 > 1 }.map { .number(($0 + $1) / 2) }
    }
}

extension Array where Element: Hashable {
    /// Each once, in their order.
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
