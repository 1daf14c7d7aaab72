import Vocabulary

/// What is known of a subject, before it is resolved against an index.
public struct SubjectFacts: Sendable, Hashable {
    /// What `subject.type` reads.
    public enum Kind: String, Sendable {
        case person
        case serviceAccount = "service_account"
    }

    /// Bounds; one past each is a thrown fault.
    public enum Limits {
        public static let groups = 8_192
        public static let roles = 4_096
        public static let aliases = 16
    }

    public let kind: Kind
    /// The value of `subject.id`; policies name users and service accounts by it.
    public let id: String
    /// Further names under which policies may mean this subject, such as a login.
    public let aliases: [String]
    /// Held directly or by mapping; inheritance is the index's business.
    public let roles: [RoleID]
    /// Keys of all groups, nested ones resolved.
    public let groups: [String]
    public let attributes: Attributes
    /// When one of these facts ends, such as an assignment with expiry.
    public let validUntil: Timestamp?

    public init(
        kind: Kind = .person, id: String, aliases: [String] = [], roles: [RoleID] = [], groups: [String] = [],
        attributes: Attributes = [:], validUntil: Timestamp? = nil
    ) {
        self.kind = kind
        self.id = id
        self.aliases = aliases
        self.roles = roles
        self.groups = groups
        self.attributes = attributes
        self.validUntil = validUntil
    }

    /// The same with some attributes in place of others, and without some.
    public func with(_ changed: [String: AttributeValue], without removed: Set<String> = []) -> SubjectFacts {
        var values = attributes.dictionary
        for name in removed { values[name] = nil }
        values.merge(changed) { $1 }
        return SubjectFacts(
            kind: kind, id: id, aliases: aliases, roles: roles, groups: groups, attributes: Attributes(values),
            validUntil: validUntil)
    }
}

/// What a subject holds, resolved against one index: the rules that are about it and the attributes that rules read.
/// Made once per session and index, and worthless with another index.
///
/// `@unchecked Sendable`: `memory` is written before the initializer returns, never again, and freed by `deinit` alone.
public final class Standing: @unchecked Sendable {
    /// A run of 64 rules with the ones that are about this subject.
    struct Word: Sendable, BitwiseCopyable {
        let index: Int
        let bits: UInt64
    }

    // What a decision touches stands together, in front and in one piece of memory: with 100,000 subjects each line
    // that is not in the cache costs as much as ten rules.
    public let stamp: IndexStamp
    /// When one of the facts behind it ends.
    public let validUntil: Timestamp?
    let wordCount: Int
    /// Words, and behind them the resolved subject attributes, both sixteen bytes wide.
    private let memory: UnsafeMutableRawPointer
    let values: [AttributeValue?]
    public let facts: SubjectFacts

    init(facts: SubjectFacts, stamp: IndexStamp, words: [Word], values: [AttributeValue?], resolved: [ResolvedValue]) {
        self.facts = facts
        self.stamp = stamp
        self.values = values
        validUntil = facts.validUntil
        wordCount = words.count
        memory = .allocate(byteCount: max(1, words.count + resolved.count) * 16, alignment: 16)
        memory.initializeMemory(as: Word.self, from: words, count: words.count)
        (memory + words.count * 16).initializeMemory(as: ResolvedValue.self, from: resolved, count: resolved.count)
    }

    deinit { memory.deallocate() }

    /// The word at a place below `wordCount`.
    @inline(__always)
    func word(_ place: Int) -> Word { memory.load(fromByteOffset: place * 16, as: Word.self) }

    /// The value of a subject attribute, by its place among the index's subject paths.
    @inline(__always)
    func resolved(_ place: Int) -> ResolvedValue {
        memory.load(fromByteOffset: (wordCount + place) * 16, as: ResolvedValue.self)
    }
}

extension PolicyIndex {
    /// Resolves a subject's facts. Throws a fault (culprit: caller) when they pass a limit.
    public func standing(of facts: SubjectFacts) throws -> Standing {
        guard facts.groups.count <= SubjectFacts.Limits.groups, facts.roles.count <= SubjectFacts.Limits.roles,
            facts.aliases.count <= SubjectFacts.Limits.aliases
        else {
            throw Fault("decision.subject_limit", .caller, "subject \(facts.id) has too many groups, roles or names")
        }
        try DecisionRequest.check(facts.attributes)
        var bits: [Int: UInt64] = [:]
        func add(_ rules: [Int32]) {
            for rule in rules { bits[Int(rule) >> 6, default: 0] |= 1 << UInt64(rule & 63) }
        }
        let effective = roles.effective(facts.roles.compactMap(roles.index(of:)))
        add(rulesForAny)
        for role in effective { add(rulesByRole[role]) }
        for group in facts.groups { groupNames[group].map { add(rulesByGroup[$0]) } }
        let names = facts.kind == .person ? userNames : serviceAccountNames
        let rules = facts.kind == .person ? rulesByUser : rulesByServiceAccount
        for name in [facts.id] + facts.aliases { names[name].map { add(rules[$0]) } }
        let words = bits.sorted { $0.key < $1.key }.map { Standing.Word(index: $0.key, bits: $0.value) }
        let values = subjectPaths.map { value(of: $0, facts, effective) }
        return Standing(
            facts: facts, stamp: stamp, words: words, values: values,
            resolved: values.map { ResolvedValue($0, texts) })
    }

    private func value(of path: AttributePath, _ facts: SubjectFacts, _ effective: [Int]) -> AttributeValue? {
        guard path.fields.count == 1 else { return facts.attributes.value(at: path.fields) }
        // What the engine knows itself cannot be overridden by an attribute of the same name.
        switch path.fields[0] {
        case "id": return .string(facts.id)
        case "type": return .string(facts.kind.rawValue)
        case "roles": return .list(effective.map { .string(roles.roles[$0].name) })
        case "groups": return .list(facts.groups.map(AttributeValue.string))
        default: return facts.attributes.value(at: path.fields)
        }
    }
}

extension Attributes {
    /// Steps into nested objects; null counts as absent.
    func value(at fields: [String]) -> AttributeValue? {
        guard var value = self[fields[0]] else { return nil }
        for field in fields.dropFirst() {
            guard let inner = value[field] else { return nil }
            value = inner
        }
        return value == .null ? nil : value
    }
}
