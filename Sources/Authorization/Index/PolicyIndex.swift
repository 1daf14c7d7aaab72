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

    let tables: DecisionTables
    let references: [RuleReference]
    /// One per rule.
    let requirements: [AuthenticationRequirement?]
    let denyCount: Int
    let wordCount: Int
    let actionNames: TextTable
    let typeNames: TextTable

    let rulesForAny: [Int32]
    let rulesByRole: [[Int32]]
    let groupNames: TextTable
    let rulesByGroup: [[Int32]]
    let userNames: TextTable
    let rulesByUser: [[Int32]]
    let serviceAccountNames: TextTable
    let rulesByServiceAccount: [[Int32]]

    let literals: [AttributeValue]
    let patterns: [Pattern]
    let wildcards: [[String]]
    /// The texts that policies compare with for equality.
    let texts: TextTable
    let slotPaths: [AttributePath]
    /// The first field of each path.
    let slotNames: [String]
    /// Each slot's path as a record names it.
    let slotWords: [String]
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
        var compiler = ConditionCompiler(drafts)
        var compiled: [CompiledRule] = []
        for draft in drafts { compiled.append(try compiler.compile(draft)) }
        compiler.numberSharedFirst(compiled)

        (self.stamp, self.policies, self.roles) = (stamp, policies, roles)
        tables = DecisionTables(compiled, selection, compiler)
        (references, requirements) = (drafts.map(\.reference), drafts.map(\.requirement))
        denyCount = drafts.prefix { $0.effect == .deny }.count
        wordCount = selection.wordCount
        (actionNames, typeNames) = (selection.actionNames, selection.typeNames)
        (rulesForAny, rulesByRole) = (selection.any, selection.byRole)
        (groupNames, rulesByGroup) = (selection.groups.names, selection.groups.rules)
        (userNames, rulesByUser) = (selection.users.names, selection.users.rules)
        (serviceAccountNames, rulesByServiceAccount) = (
            selection.serviceAccounts.names, selection.serviceAccounts.rules
        )
        (literals, patterns) = (compiler.literals, compiler.patterns)
        slotNames = compiler.slotPaths.map { $0.fields[0] }
        slotWords = compiler.slotPaths.map(\.description)
        (wildcards, texts, slotPaths) = (compiler.wildcards, compiler.texts, compiler.slotPaths)
        (subjectPaths, resourcePaths) = (compiler.subjectPaths, compiler.resourcePaths)
    }

    /// Whether a condition reads this attribute of the subject, or what lies below it.
    public func readsSubject(_ name: String) -> Bool { subjectPaths.contains { $0.fields[0] == name } }

    /// How many rules it holds: policies and role permissions.
    public var ruleCount: Int { tables.rules.count }
}

/// What the decision loop reads: plain values only, so that no reference is counted per rule.
final class DecisionTables: Sendable {
    let rules: FlatTable<CompiledRule>
    /// A row of bits per action, and a last one for actions no rule names.
    let actionBits: FlatTable<UInt64>
    let typeBits: FlatTable<UInt64>
    let conjuncts: FlatTable<Int32>
    let nodes: FlatTable<ConditionNode>
    let nodeChildren: FlatTable<Int32>
    let predicates: FlatTable<Predicate>
    /// The predicates below this number keep their answer during a decision.
    let sharedCount: Int
    let members: FlatTable<ResolvedValue>
    let slots: FlatTable<AttributeSlot>
    /// The first field of each slot's path.
    let slotKeys: FlatTable<NameKey>
    let gate: RuleGate

    init(_ compiled: [CompiledRule], _ selection: RuleSelection, _ compiler: ConditionCompiler) {
        rules = FlatTable(compiled)
        (actionBits, typeBits) = (FlatTable(selection.actionBits), FlatTable(selection.typeBits))
        (conjuncts, nodes) = (FlatTable(compiler.conjuncts), FlatTable(compiler.nodes))
        (nodeChildren, predicates) = (FlatTable(compiler.nodeChildren), FlatTable(compiler.predicates))
        sharedCount = compiler.sharedCount
        (members, slots) = (FlatTable(compiler.members), FlatTable(compiler.slots))
        slotKeys = FlatTable(compiler.slotPaths.map { NameKey($0.fields[0]) })
        gate = RuleGate(compiled, wordCount: selection.wordCount, textCount: compiler.texts.count)
    }

    deinit {
        rules.deallocate()
        actionBits.deallocate()
        typeBits.deallocate()
        conjuncts.deallocate()
        nodes.deallocate()
        nodeChildren.deallocate()
        predicates.deallocate()
        members.deallocate()
        slots.deallocate()
        slotKeys.deallocate()
        gate.deallocate()
    }
}

/// A rule as the decision loop needs it. A negative number in `conjuncts` is a node, another one a predicate.
struct CompiledRule: Sendable, BitwiseCopyable {
    let firstConjunct: Int32
    let conjunctCount: Int32
    let enforcement: Enforcement
    /// What the first conjunct says when it is the equality of a slot with a known text, else -1: most rules fall at
    /// this without a further look.
    let guardSlot: Int32
    let guardText: Int32
    /// Whether the index holds a demand on the authentication for it.
    let isDemanding: Bool
}

/// A nested part of a condition; its children stand in `nodeChildren`.
struct ConditionNode: Sendable, BitwiseCopyable {
    enum Kind: Sendable, BitwiseCopyable {
        case all
        case any
        case not
    }

    let kind: Kind
    let firstChild: Int32
    let childCount: Int32
}

/// One comparison, shared by all rules that make it.
struct Predicate: Sendable, BitwiseCopyable {
    enum Test: UInt8, Sendable, BitwiseCopyable {
        case exists
        /// With one literal, which `literal` resolves and `operand` finds.
        case literal
        /// `in` and `not_in` with the members `operand ..< operand + memberCount`.
        case members
        /// With the attribute of slot `operand`.
        case slot
        /// With pattern `operand`.
        case regex
        /// With the wildcard patterns `operand`.
        case wildcard
    }

    let test: Test
    let comparison: Comparison
    let slot: Int32
    let operand: Int32
    var memberCount: Int32 = 0
    var literal = ResolvedValue.absent
}

/// How to get at an attribute that some rule reads. Its path stands beside it in `slotPaths`.
struct AttributeSlot: Sendable, BitwiseCopyable {
    enum Source: UInt8, Sendable, BitwiseCopyable {
        case subject
        case resource
        case resourceID
        case resourceType
        case actionName
        case context
        case sessionAnomalies
    }

    let source: Source
    /// Among the index's subject or resource paths.
    let place: Int32
    /// Whether the path has one field only.
    let isPlain: Bool
}
