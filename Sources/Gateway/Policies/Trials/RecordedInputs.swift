import Authorization
import Storage
import Vocabulary

/// What a record says of a request, by name.
struct RecordedInputs {
    let inputs: DecisionInputs
    /// What was read of the context and the resource, nested as it was said.
    private(set) var context: [String: AttributeValue] = [:]
    private(set) var resource: [String: AttributeValue] = [:]
    private(set) var anomalies: [LoginAnomaly] = []
    /// What was kept as a digest only.
    private(set) var digests: Set<String> = []
    /// Names that were read, those that were absent among them.
    private var names: Set<String> = []
    /// What was read of the subject's own attributes; nil for one that was absent.
    private var subject: [String: AttributeValue?] = [:]

    /// What the engine knows of every request, and what is looked up about everybody.
    private static let alwaysKnown: Set<String> = ["resource.id", "resource.type", "action.name"]
    private static let engineSubject: Set<String> = ["id", "type", "roles", "groups"]

    init(_ inputs: DecisionInputs) {
        self.inputs = inputs
        for read in inputs.reads {
            if case .digest = read.value {
                digests.insert(read.name)
                continue
            }
            names.insert(read.name)
            let value: AttributeValue? = if case .value(let value) = read.value { value } else { nil }
            take(value, at: read.name.split(separator: ".").map(String.init))
        }
    }

    private mutating func take(_ value: AttributeValue?, at path: [String]) {
        guard path.count > 1 else { return }
        let fields = path.dropFirst()
        switch path[0] {
        case "context": if let value { Self.put(value, at: fields, in: &context) }
        case "resource": if let value { Self.put(value, at: fields, in: &resource) }
        case "subject" where path.count == 2 && !Self.engineSubject.contains(path[1]): subject[path[1]] = value
        case "session": anomalies = (value?.list ?? []).compactMap { $0.string.flatMap(LoginAnomaly.init) }
        default: return
        }
    }

    private static func put(
        _ value: AttributeValue, at fields: ArraySlice<String>, in members: inout [String: AttributeValue]
    ) {
        guard let first = fields.first else { return }
        guard fields.count > 1 else {
            // What was read whole is not narrowed by a part of it that was read as well.
            if members[first]?.object == nil || value.object != nil { members[first] = value }
            return
        }
        var inner = members[first]?.object ?? [:]
        put(value, at: fields.dropFirst(), in: &inner)
        members[first] = .object(inner)
    }

    /// Whether it is known what a request said of this attribute: it was read then, by itself or with what it is part
    /// of, or it is the subject's own.
    func knows(_ name: String) -> Bool {
        if Self.alwaysKnown.contains(name) || names.contains(name) || name.hasPrefix("subject.") { return true }
        var whole = name[...]
        while let dot = whole.lastIndex(of: ".") {
            whole = whole[..<dot]
            if names.contains(String(whole)) { return true }
        }
        return false
    }

    /// The subject's facts with the attributes as they were; nil where they are so today.
    func changes(_ facts: SubjectFacts) -> SubjectFacts? {
        var changed: [String: AttributeValue] = [:]
        var removed: Set<String> = []
        for (name, value) in subject where facts.attributes[name] != value {
            if let value { changed[name] = value } else if facts.attributes[name] != .null { removed.insert(name) }
        }
        guard !changed.isEmpty || !removed.isEmpty else { return nil }
        return facts.with(changed, without: removed)
    }
}
