import Authorization
import Vocabulary

/// A governed policy with gaps: whoever uses it fills in values, and gets a draft.
///
/// `{version: 1, template, name, description, parameters: [{name, description, type, default | example, one_of, minimum,
/// maximum}], policy}`. A gap is `{parameter: name}` in place of a whole value. What fills it is that value and nothing
/// else: no text is put together, and nothing is evaluated.
public struct PolicyTemplate: Sendable, Hashable {
    /// Bounds; one past each is a fault of the document.
    public enum Limits {
        public static let parameters = 32
        /// Texts of a list that fills a gap, and of `one_of`.
        public static let items = 64
        /// Bytes of a text that fills a gap.
        public static let textBytes = 1_024
        /// Values of the policy, nested ones included, and how deep they nest.
        public static let values = 20_000
        public static let depth = 32
    }

    /// What fills a gap.
    public struct Parameter: Sendable, Hashable {
        /// Of which kind a value is.
        public enum Kind: String, Sendable, CaseIterable {
            case text, integer, number, boolean
            case texts = "text_list"
            case integers = "integer_list"
        }

        public let name: String
        public let description: String
        public let kind: Kind
        /// What it is when nobody says; without one it has to be said.
        public let fallback: AttributeValue?
        /// What the template is checked with; the fallback where there is one.
        public let example: AttributeValue
        /// The texts there are to choose from; empty takes any.
        public let choices: [String]
        public let minimum: Double?
        public let maximum: Double?
    }

    /// What it is called: lower-case letters, digits and hyphens.
    public let key: String
    public let name: String
    public let description: String
    public let parameters: [Parameter]
    /// With its gaps.
    public let policy: AttributeValue
    /// As it was read.
    public let document: AttributeValue

    /// Reads a template and fills it with its examples, so that one that never makes a policy is refused at once. Throws
    /// `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let root = DocumentNode(value: tree, path: "")
        let keys = ["version", "template", "name", "description", "parameters", "policy"]
        let members = root.members(keys, required: ["template", "name", "policy"], &log) ?? [:]
        let key = members["template"].flatMap { Self.key($0, &log) }
        let name = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log)
        description = members["description"]?.text(limit: GovernedPolicy.Limits.textBytes, &log) ?? ""
        let nodes = members["parameters"]?.items(limit: Limits.parameters, mayBeEmpty: true, &log) ?? []
        parameters = nodes.compactMap { Parameter($0, &log) }
        Self.reportRepeated(nodes, &log)
        if let node = members["policy"] { Self.check(node, Set(parameters.map(\.name)), &log) }
        guard log.faults.isEmpty, let key, let name, let policy = members["policy"]?.value else {
            throw .rejected(log.faults)
        }
        (self.key, self.name, self.policy, document) = (key, name, policy.normalized, tree.normalized)
        let examples = Dictionary(parameters.map { ($0.name, $0.example) }, uniquingKeysWith: { $1 })
        _ = try draft(examples)
    }

    private static func key(_ node: DocumentNode, _ log: inout FaultLog) -> String? {
        guard let text = node.text(limit: 64, &log) else { return nil }
        if text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) {
            return text
        }
        log.report(node.path, "bad_id", "the name has other characters", "Use a-z, 0-9 and `-`")
        return nil
    }

    private static func reportRepeated(_ nodes: [DocumentNode], _ log: inout FaultLog) {
        var seen: Set<String> = []
        for node in nodes {
            guard let name = node.value["name"]?.string, !seen.insert(name).inserted else { continue }
            log.report(node.child("name"), "duplicate", "`\(name)` stands twice", "Give each parameter its own name")
        }
    }

    /// Every gap names a parameter, every parameter has a gap, and the whole is of a size.
    private static func check(_ node: DocumentNode, _ names: Set<String>, _ log: inout FaultLog) {
        var left = Limits.values
        var used: Set<String> = []
        gaps(node, depth: 1, &left, &used, names, &log)
        if left < 0 {
            log.report(node.path, "too_large", "the policy nests too deep or has too many values", "Split it")
        }
        for name in names.subtracting(used).sorted() {
            log.report("parameters", "unused", "no gap is called `\(name)`", "Use the parameter, or remove it")
        }
    }

    private static func gaps(
        _ node: DocumentNode, depth: Int, _ left: inout Int, _ used: inout Set<String>, _ names: Set<String>,
        _ log: inout FaultLog
    ) {
        left -= depth > Limits.depth ? Limits.values + 1 : 1
        guard left >= 0 else { return }
        switch node.value {
        case .object(let members):
            if let name = gap(in: node.value) {
                used.insert(name)
                guard !names.contains(name) else { return }
                let near = Spelling.nearest(to: name, among: names).map { "Did you mean `\($0)`?" }
                log.report(node.path, "unknown_parameter", "there is no parameter `\(name)`", near ?? "Declare it")
                return
            }
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                gaps(DocumentNode(value: value, path: node.child(key)), depth: depth + 1, &left, &used, names, &log)
            }
        case .list(let items):
            for (number, item) in items.enumerated() {
                let place = DocumentNode(value: item, path: "\(node.path)[\(number)]")
                gaps(place, depth: depth + 1, &left, &used, names, &log)
            }
        default: return
        }
    }

    private static func gap(in value: AttributeValue) -> String? {
        guard case .object(let members) = value, members.count == 1 else { return nil }
        return members["parameter"]?.string
    }
}

extension PolicyTemplate {
    /// The draft that these values make. Throws `GovernanceError.rejected` with every fault of the values, or of the
    /// policy they make.
    public func draft(_ values: [String: AttributeValue]) throws(GovernanceError) -> PolicyDraft {
        var log = FaultLog()
        var filled: [String: AttributeValue] = [:]
        for name in values.keys.sorted() where !parameters.contains(where: { $0.name == name }) {
            let near = Spelling.nearest(to: name, among: parameters.map(\.name)).map { "Did you mean `\($0)`?" }
            log.report("values.\(name)", "unknown_key", "there is no such parameter", near ?? "Remove it")
        }
        for parameter in parameters {
            guard let value = values[parameter.name] ?? parameter.fallback else {
                log.report("values.\(parameter.name)", "missing_key", "missing", parameter.need)
                continue
            }
            let node = DocumentNode(value: value.normalized, path: "values.\(parameter.name)")
            if parameter.admits(node, &log) { filled[parameter.name] = value.normalized }
        }
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
        return try PolicyDraft(Self.filling(policy, filled))
    }

    private static func filling(_ value: AttributeValue, _ values: [String: AttributeValue]) -> AttributeValue {
        if let name = gap(in: value), let filled = values[name] { return filled }
        switch value {
        case .object(let members): return .object(members.mapValues { filling($0, values) })
        case .list(let items): return .list(items.map { filling($0, values) })
        default: return value
        }
    }
}
