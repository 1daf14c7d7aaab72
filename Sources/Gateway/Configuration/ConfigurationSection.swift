import Foundation
import Vocabulary
import Yams

/// Collects faults while the sections of one file are read, and knows the environment that overrides scalars.
final class ConfigurationContext {
    let folder: String
    let environment: [String: String]
    private(set) var faults: [ConfigurationFault] = []
    private var names = EnvironmentNames()
    /// Where keys stand in the file.
    private var lines: [String: Int] = [:]
    /// The variables that take the place of a value of the file, and what they say. No secret is among them: of one, a
    /// setting only says where it is.
    private(set) var overrides: [String: String] = [:]

    init(folder: String, environment: [String: String]) {
        self.folder = folder
        self.environment = environment
    }

    func report(_ key: String, _ line: Int?, _ message: String) {
        faults.append(ConfigurationFault(key: key, line: line, message: message))
    }

    func note(line: Int?, of key: String) { lines[key] = line }

    /// Reports what is wrong with a key: on its line, or else on that of what it stands in. What came from the
    /// environment stands on no line, and is found under its variable's name.
    func fault(at key: String, _ message: String) {
        if let setting = EnvironmentNames.setting(of: key, in: environment) {
            return report(setting.name, nil, message)
        }
        var place = key
        while lines[place] == nil, let end = place.lastIndex(where: { $0 == "." || $0 == "[" }) {
            place = String(place[..<end])
        }
        report(key, lines[place], message)
    }

    /// The environment's value for a key, if it has one.
    func override(of key: String) -> String? { EnvironmentNames.setting(of: key, in: environment)?.value }

    /// As `override(of:)`, for a key that there is: its variable is known from now on.
    func value(of key: String) -> String? {
        names.note(EnvironmentNames.name(of: key))
        guard let setting = EnvironmentNames.setting(of: key, in: environment) else { return nil }
        overrides[setting.name] = setting.value
        return setting.value
    }

    /// Whether the environment has a value for a key inside this section.
    func hasOverride(inside key: String) -> Bool {
        EnvironmentNames.hasSetting(inside: key, in: environment)
    }

    /// A variable that holds a secret.
    func note(variable: String) { names.note(variable) }

    /// A key whose value is a list, which no variable can hold.
    func note(list key: String) { names.noteList(key) }

    /// Reports every variable with our prefix that nothing has asked for: a typing error must not switch a protection
    /// off.
    func reportUnknownVariables() { faults += names.faults(in: environment) }
}

/// One mapping of the YAML file while it is being read. Every accessor notes the key as known, reports what is wrong
/// and answers with something harmless, so that reading goes on and all faults are found in one pass.
final class ConfigurationSection {
    let path: String
    let context: ConfigurationContext
    let line: Int?
    private let members: [String: Node]
    private var known: Set<String> = []

    init(_ node: Node?, path: String, context: ConfigurationContext) {
        self.path = path
        self.context = context
        line = node?.mark?.line
        var members: [String: Node] = [:]
        switch node {
        case .mapping(let mapping)?:
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    context.report(path, key.mark?.line, "a key must be text.")
                    continue
                }
                if members.updateValue(value, forKey: name) != nil {
                    context.report(path.isEmpty ? name : "\(path).\(name)", key.mark?.line, "stands twice.")
                }
            }
        case .scalar(let scalar)? where scalar.string.isEmpty || scalar.string == "null": break
        case nil: break
        default: context.report(path, node?.mark?.line, "must be a mapping of keys to values.")
        }
        self.members = members
        if !path.isEmpty { context.note(line: line, of: path) }
        for (name, value) in members { context.note(line: value.mark?.line, of: key(name)) }
    }

    func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    func has(_ name: String) -> Bool { members[name] != nil || context.override(of: key(name)) != nil }
    var keys: [String] { members.keys.sorted() }
    /// Whether a key has a single value, and no list or mapping.
    func holdsWord(_ name: String) -> Bool { members[name]?.scalar != nil || context.override(of: key(name)) != nil }

    func report(_ name: String, _ message: String) { context.fault(at: key(name), message) }

    /// Reports every key that nothing has asked for: a typing error must not switch a protection off.
    func finish() {
        for name in members.keys.sorted() where !known.contains(name) {
            let candidates = known.filter { $0.commonPrefix(with: name).count >= 3 }.sorted()
            let hint = candidates.first.map { " Did you mean `\($0)`?" } ?? ""
            report(name, "is not a known key here.\(hint)")
        }
    }

    // MARK: Scalars

    func optionalText(_ name: String) -> String? {
        known.insert(name)
        if let override = context.value(of: key(name)) { return override }
        guard let node = members[name] else { return nil }
        guard let scalar = node.scalar else {
            report(name, "must be a single value.")
            return nil
        }
        return scalar.string.isEmpty || (scalar.string == "null" && scalar.style == .plain) ? nil : scalar.string
    }

    func text(_ name: String, default fallback: String? = nil) -> String {
        if let value = optionalText(name) { return value }
        if let fallback { return fallback }
        report(name, "is required.")
        return ""
    }

    func optional<T>(_ name: String, _ expected: String, _ parse: (String) -> T?) -> T? {
        guard let text = optionalText(name) else { return nil }
        if let value = parse(text) { return value }
        report(name, "`\(text.prefix(80))` is not \(expected).")
        return nil
    }

    func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        optional(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    func bool(_ name: String, default fallback: Bool) -> Bool {
        optional(name, "true or false") { ["true": true, "false": false][$0] } ?? fallback
    }

    func duration(_ name: String, default fallback: Duration, in range: ClosedRange<Duration>) -> Duration {
        optional(
            name, "a duration from \(range.lowerBound) to \(range.upperBound), such as 500ms, 30s, 15m, 12h or 30d"
        ) {
            Quantity.duration($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    func bytes(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        optional(name, "a size from \(range.lowerBound) to \(range.upperBound) bytes, such as 64KiB or 1MiB") {
            Quantity.bytes($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    func choice<T: RawRepresentable & CaseIterable>(_ name: String, default fallback: T? = nil) -> T?
    where T.RawValue == String {
        let names = T.allCases.map(\.rawValue).joined(separator: ", ")
        if let value = optional(name, "one of \(names)", { T(rawValue: $0) }) { return value }
        if fallback == nil, !has(name) { report(name, "is required: one of \(names).") }
        return fallback
    }

    /// A file's path, made absolute against the configuration's folder.
    func file(_ name: String) -> String? {
        optionalText(name).map { $0.hasPrefix("/") ? $0 : context.folder + "/" + $0 }
    }

    func secret(_ name: String) -> SecretSource? {
        let source = optionalText(name).map { SecretSource($0, relativeTo: context.folder) }
        if case .environment(let variable)? = source { context.note(variable: variable) }
        return source
    }

    // MARK: Collections

    func texts(_ name: String, limit: Int = 1_000) -> [String] {
        known.insert(name)
        context.note(list: key(name))
        guard let node = members[name] else { return [] }
        guard let sequence = node.sequence, sequence.count <= limit else {
            report(name, "must be a list of at most \(limit) values.")
            return []
        }
        return sequence.enumerated().compactMap { index, element in
            guard let scalar = element.scalar else {
                report(name, "must be a list of single values.")
                return nil
            }
            context.note(line: element.mark?.line, of: "\(key(name))[\(index)]")
            return scalar.string
        }
    }

    func section(_ name: String) -> ConfigurationSection {
        known.insert(name)
        return ConfigurationSection(members[name], path: key(name), context: context)
    }

    func optionalSection(_ name: String) -> ConfigurationSection? {
        known.insert(name)
        return members[name] != nil || context.hasOverride(inside: key(name)) ? section(name) : nil
    }

    func sections(_ name: String, limit: Int = 10_000) -> [ConfigurationSection] {
        known.insert(name)
        guard let node = members[name] else { return [] }
        guard let sequence = node.sequence, sequence.count <= limit else {
            report(name, "must be a list of at most \(limit) entries.")
            return []
        }
        return sequence.enumerated().map { index, element in
            ConfigurationSection(element, path: "\(key(name))[\(index)]", context: context)
        }
    }

    /// Every member but these, as it stands: for whatever has a reader and words of its own.
    func rest(but names: Set<String>) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for (name, node) in members where !names.contains(name) {
            known.insert(name)
            do { values[name] = try YAMLTree.value(of: node) } catch {
                report(name, "cannot be read: aliases, keys that stand twice and very deep values are not taken.")
            }
        }
        return values
    }

    /// All keys of a mapping from names to single values, such as attribute maps.
    func dictionary(_ name: String, limit: Int = 200) -> [String: String] {
        known.insert(name)
        guard members[name] != nil else { return [:] }
        let inner = section(name)
        guard inner.keys.count <= limit else {
            report(name, "must have at most \(limit) entries.")
            return [:]
        }
        var values: [String: String] = [:]
        for key in inner.keys { values[key] = inner.optionalText(key) }
        return values
    }
}
