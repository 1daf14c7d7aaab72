import Vocabulary

/// The policies and role permissions of one tenant, compiled for deciding. Immutable; a change makes a new one.
///
/// Rules are numbered, denies first. A subject's `Standing` holds the rules that are about it as bits; a decision is
/// the intersection of those with the bits of the action and of the resource type, and the conditions of what is left.
/// Equal comparisons of different rules are one predicate, evaluated at most once per decision.
public final class PolicyIndex: Sendable {
    public let stamp: IndexStamp
    /// As given to the initializer.
    public let policies: [Policy]
    public let roles: RoleGraph

    let rules: [CompiledRule]
    let references: [RuleReference]
    let denyCount: Int
    let wordCount: Int
    let actionNames: TextTable
    let typeNames: TextTable
    /// A row of bits per action, and a last one for actions no rule names.
    let actionBits: [UInt64]
    let typeBits: [UInt64]

    let rulesForAny: [Int32]
    let rulesByRole: [[Int32]]
    let groupNames: TextTable
    let rulesByGroup: [[Int32]]
    let userNames: TextTable
    let rulesByUser: [[Int32]]
    let serviceAccountNames: TextTable
    let rulesByServiceAccount: [[Int32]]

    let conjuncts: [Int32]
    let nodes: [ConditionNode]
    let nodeChildren: [Int32]
    let predicates: [Predicate]
    let patterns: [Pattern]
    let slots: [AttributeSlot]
    let subjectPaths: [AttributePath]
    let resourcePaths: [AttributePath]

    /// Compiles. Throws a fault (culprit: caller) for two policies of one id, and past a limit.
    public init(policies: [Policy], roles: RoleGraph = .empty, stamp: IndexStamp) throws {
        var ids: Set<String> = []
        if let twice = policies.first(where: { !ids.insert($0.id).inserted }) {
            throw Fault("policy.duplicate_id", .caller, "policy \(twice.id) stands twice", remedy: "Rename one.")
        }
        let drafts = RuleDraft.ordered(policies, roles)
        guard drafts.count <= PolicyLimits.rules else {
            throw Fault("policy.limit", .caller, "more than \(PolicyLimits.rules) rules", remedy: "Use fewer.")
        }
        let selection = RuleSelection(drafts, roles)
        var compiler = ConditionCompiler()
        var compiled: [CompiledRule] = []
        for draft in drafts { compiled.append(try compiler.compile(draft)) }

        (self.stamp, self.policies, self.roles) = (stamp, policies, roles)
        (rules, references) = (compiled, drafts.map(\.reference))
        denyCount = drafts.prefix { $0.effect == .deny }.count
        wordCount = selection.wordCount
        (actionNames, actionBits) = (selection.actionNames, selection.actionBits)
        (typeNames, typeBits) = (selection.typeNames, selection.typeBits)
        (rulesForAny, rulesByRole) = (selection.any, selection.byRole)
        (groupNames, rulesByGroup) = (selection.groups.names, selection.groups.rules)
        (userNames, rulesByUser) = (selection.users.names, selection.users.rules)
        (serviceAccountNames, rulesByServiceAccount) = (selection.serviceAccounts.names, selection.serviceAccounts.rules)
        (conjuncts, nodes, nodeChildren) = (compiler.conjuncts, compiler.nodes, compiler.nodeChildren)
        (predicates, patterns, slots) = (compiler.predicates, compiler.patterns, compiler.slots)
        (subjectPaths, resourcePaths) = (compiler.subjectPaths, compiler.resourcePaths)
    }

    /// How many rules it holds: policies and role permissions.
    public var ruleCount: Int { rules.count }
}

/// A rule as the decision loop needs it. A negative number in `conjuncts` is a node, another one a predicate.
struct CompiledRule: Sendable {
    let firstConjunct: Int32
    let conjunctCount: Int32
    let enforcement: Enforcement
    let requirement: AuthenticationRequirement?
}

/// A nested part of a condition; its children stand in `nodeChildren`.
struct ConditionNode: Sendable {
    enum Kind: Sendable {
        case all
        case any
        case not
    }

    let kind: Kind
    let firstChild: Int32
    let childCount: Int32
}

/// One comparison, shared by all rules that make it.
struct Predicate: Sendable {
    enum Test: Sendable {
        case exists
        case compare(Comparison, AttributeValue)
        case compareSlots(Comparison, Int)
        case regex(Int)
        case wildcard([String])
    }

    let slot: Int
    let test: Test
}

/// An attribute that some rule reads, and how to get at it.
struct AttributeSlot: Sendable {
    enum Source: Sendable {
        case subject(Int)
        case resource(Int)
        case resourceID
        case resourceType
        case actionName
        case context
    }

    let path: AttributePath
    let source: Source
    let name: String
    let isNested: Bool
}
