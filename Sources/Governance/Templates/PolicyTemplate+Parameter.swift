import Authorization
import Vocabulary

extension PolicyTemplate.Parameter {
    private typealias Limits = PolicyTemplate.Limits

    init?(_ node: DocumentNode, _ log: inout FaultLog) {
        let before = log.faults.count
        let keys = ["name", "description", "type", "default", "example", "one_of", "minimum", "maximum"]
        guard let members = node.members(keys, required: ["name", "type"], &log) else { return nil }
        let name = members["name"]?.text(limit: 64, &log)
        description = members["description"]?.text(limit: GovernedPolicy.Limits.textBytes, &log) ?? ""
        let kind = members["type"].flatMap { $0.word(Kind.self, &log) }
        choices =
            members["one_of"]?.texts(itemLimit: Limits.items, byteLimit: Limits.textBytes, &log) ?? []
        (minimum, maximum) = (Self.number(members["minimum"], &log), Self.number(members["maximum"], &log))
        fallback = members["default"]?.value.normalized
        let example = fallback ?? members["example"]?.value.normalized
        if example == nil {
            log.report(node.child("example"), "missing_key", "missing", "Add `default`, or an `example` to check with")
        }
        guard log.faults.count == before, let name, let kind, let example else { return nil }
        (self.name, self.kind, self.example) = (name, kind, example)
        let place = members["default"] ?? members["example"]
        if let place, !admits(DocumentNode(value: example, path: place.path), &log) { return nil }
    }

    private static func number(_ node: DocumentNode?, _ log: inout FaultLog) -> Double? {
        switch node?.value {
        case nil: return nil
        case .integer(let number)?: return Double(number)
        case .number(let number)? where number.isFinite: return number
        default:
            log.report(node?.path ?? "", "wrong_number", "this is no number", "Write a number")
            return nil
        }
    }

    /// What has to be said, in a sentence.
    var need: String { description.isEmpty ? "Say `\(name)`: \(kind.rawValue)" : "Say `\(name)`: \(description)" }

    /// Whether a value is of the kind and within the bounds; what is not is reported.
    func admits(_ node: DocumentNode, _ log: inout FaultLog) -> Bool {
        switch kind {
        case .boolean:
            if case .bool = node.value { return true }
            return refuse(node, "true or false", &log)
        case .text: return text(node, &log)
        case .integer, .number: return number(node, &log)
        case .texts, .integers:
            guard let items = node.items(limit: Limits.items, &log) else { return false }
            return items.map { kind == .texts ? text($0, &log) : number($0, &log) }.allSatisfy { $0 }
        }
    }

    private func text(_ node: DocumentNode, _ log: inout FaultLog) -> Bool {
        guard let text = node.text(limit: Limits.textBytes, &log) else { return false }
        guard choices.isEmpty || choices.contains(text) else {
            return refuse(node, "one of \(choices.joined(separator: ", "))", &log)
        }
        return true
    }

    private func number(_ node: DocumentNode, _ log: inout FaultLog) -> Bool {
        let value: Double
        switch node.value {
        case .integer(let number): value = Double(number)
        case .number(let number) where kind == .number && number.isFinite: value = number
        default: return refuse(node, kind == .number ? "a number" : "a whole number", &log)
        }
        guard value >= minimum ?? -.infinity, value <= maximum ?? .infinity else {
            let bounds = [minimum.map { "at least \($0)" }, maximum.map { "at most \($0)" }].compactMap { $0 }
            return refuse(node, bounds.joined(separator: " and "), &log)
        }
        return true
    }

    private func refuse(_ node: DocumentNode, _ expected: String, _ log: inout FaultLog) -> Bool {
        log.report(node.path, "wrong_value", "found \(CanonicalText.of(node.value).prefix(40))", "Write \(expected)")
        return false
    }
}
