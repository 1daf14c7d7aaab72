import Vocabulary

/// A document of policies, read from a decoded YAML or JSON tree. Every fault is reported, each with place and cure.
public struct PolicyDocument: Sendable {
    /// In the order of the document, with different ids.
    public let policies: [Policy]
    /// The cases below `tests`, empty without them.
    public let tests: [PolicyTest]

    /// Reads a document. Throws `PolicyRejection` with all faults.
    public init(_ tree: AttributeValue) throws {
        var log = FaultLog()
        let root = DocumentNode(value: tree, path: "")
        let members = root.members(["version", "policies", "tests"], required: ["version"], &log) ?? [:]
        if let version = members["version"], version.value != .integer(1) {
            log.report(
                version.path, "unknown_version", "found \(CanonicalText.of(version.value).prefix(40))",
                "Write `version: 1`")
        }
        if members["policies"] == nil, members["tests"] == nil, tree.object != nil {
            log.report("policies", "missing_key", "missing", "Add `policies`")
        }
        var policies: [Policy] = []
        for node in members["policies"]?.items(limit: PolicyLimits.policies, mayBeEmpty: true, &log) ?? [] {
            var reader = PolicyReader()
            if let policy = reader.read(node, &log) { policies.append(policy) }
        }
        Self.reportDuplicates(members["policies"], &log)
        var tests: [PolicyTest] = []
        for node in members["tests"]?.items(limit: PolicyLimits.tests, mayBeEmpty: true, &log) ?? [] {
            if let test = PolicyTest(node, &log) { tests.append(test) }
        }
        guard log.faults.isEmpty else { throw PolicyRejection(faults: log.faults) }
        self.policies = policies
        self.tests = tests
    }

    private static func reportDuplicates(_ node: DocumentNode?, _ log: inout FaultLog) {
        var seen: Set<String> = []
        for (index, item) in (node?.value.list ?? []).enumerated() {
            guard let id = item["id"]?.string, !seen.insert(id).inserted else { continue }
            log.report(
                "policies[\(index)].id", "duplicate", "`\(id)` stands twice", "Give each policy an id of its own")
        }
    }
}

/// Reads one element of `policies`.
struct PolicyReader {
    private static let keys = [
        "id", "name", "description", "effect", "priority", "enforcement", "subjects", "actions", "resources", "when",
        "require",
    ]
    private static let required = ["id", "effect", "subjects", "actions", "resources"]

    mutating func read(_ node: DocumentNode, _ log: inout FaultLog) -> Policy? {
        let before = log.faults.count
        guard let members = node.members(Self.keys, required: Self.required, &log) else { return nil }
        let id = members["id"].flatMap { identifier($0, &log) }
        let name = members["name"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) }
        let description = members["description"].flatMap { $0.text(limit: PolicyLimits.descriptionBytes, &log) }
        let effect = members["effect"].flatMap { $0.word(Policy.Effect.self, &log) }
        let priority = members["priority"].flatMap {
            $0.integer(-PolicyLimits.priority...PolicyLimits.priority, &log)
        }
        let enforcement = members["enforcement"].flatMap { $0.word(Enforcement.self, &log) }
        let subjects = members["subjects"].flatMap { self.subjects($0, &log) }
        let actions = members["actions"].flatMap { names($0, &log) }
        let resources = members["resources"].flatMap { self.resources($0, &log) }
        var conditions = ConditionReader()
        let condition = members["when"].flatMap { conditions.read($0, &log) }
        let requirement = members["require"].flatMap { self.requirement($0, effect, &log) }
        guard log.faults.count == before, let id, let effect, let subjects, let actions, let resources else {
            return nil
        }
        return Policy(
            id: id, name: name ?? id, description: description, effect: effect, priority: priority ?? 0,
            enforcement: enforcement ?? .mandatory, subjects: subjects, actions: actions, resources: resources,
            condition: condition, requirement: requirement, source: node.value)
    }

    private func identifier(_ node: DocumentNode, _ log: inout FaultLog) -> String? {
        guard let text = node.text(limit: PolicyLimits.idBytes, &log) else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                || [0x2D, 0x2E, 0x5F, 0x3A].contains(byte)
        }
        if isPlain { return text }
        log.report(node.path, "bad_id", "the id has other characters", "Use letters, digits, `-`, `_`, `.` and `:`")
        return nil
    }

    private func subjects(_ node: DocumentNode, _ log: inout FaultLog) -> SubjectSelector? {
        if node.value == .string("any") { return .any }
        let kinds = ["users", "roles", "groups", "service_accounts"]
        guard let members = node.members(kinds, required: [], &log) else { return nil }
        guard !members.isEmpty else {
            log.report(
                node.path, "empty", "nobody is named", "Write `any` or name users, roles, groups or service_accounts")
            return nil
        }
        let lists = kinds.map { kind in
            members[kind]?.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log) ?? []
        }
        return .named(users: lists[0], roles: lists[1], groups: lists[2], serviceAccounts: lists[3])
    }

    private func names(_ node: DocumentNode, _ log: inout FaultLog) -> NameSelector? {
        if node.value == .string("*") { return .any }
        let names = node.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
        for (index, name) in names.enumerated() where name.utf8.contains(0x2A) {
            log.report(
                "\(node.path)[\(index)]", "bad_name", "names have no wildcards", "Write `\"*\"` instead of the list")
        }
        return .named(names)
    }

    private func resources(_ node: DocumentNode, _ log: inout FaultLog) -> ResourceSelector? {
        if node.value == .string("any") { return ResourceSelector(types: .any, ids: []) }
        guard let members = node.members(["types", "ids"], required: [], &log) else { return nil }
        guard !members.isEmpty else {
            log.report(node.path, "empty", "nothing is named", "Write `any` or name types or ids")
            return nil
        }
        let types = members["types"].flatMap { names($0, &log) } ?? .any
        let ids = members["ids"]?.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.textBytes, &log)
        return ResourceSelector(types: types, ids: ids ?? [])
    }

    private func requirement(
        _ node: DocumentNode, _ effect: Policy.Effect?, _ log: inout FaultLog
    ) -> AuthenticationRequirement? {
        guard let members = node.members(["acr", "max_age"], required: [], &log) else { return nil }
        if effect == .deny {
            log.report(node.path, "bad_require", "a deny demands nothing", "Move `require` to an allow")
        }
        if members.isEmpty { log.report(node.path, "empty", "nothing is demanded", "Write `acr`, `max_age` or both") }
        let age = members["max_age"].flatMap { $0.integer(1...PolicyLimits.maxAgeSeconds, &log) }
        let acr = members["acr"].flatMap { $0.word(RequiredStrength.self, &log) }
        return AuthenticationRequirement(strength: acr?.strength, maxAgeSeconds: age)
    }
}

/// The words for `acr` in documents.
enum RequiredStrength: String, CaseIterable {
    case aal1
    case aal2

    var strength: AuthenticationStrength { self == .aal1 ? .aal1 : .aal2 }
}
