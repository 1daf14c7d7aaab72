import Foundation

/// The table of docs/architecture.md: which target may import which, rows of the form `| Target | sentence | A, B |`.
struct ArrowTable {
    let allowed: [String: Set<String>]

    init(markdown: String) {
        var allowed: [String: Set<String>] = [:]
        for line in markdown.components(separatedBy: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: true).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 3, cells[0].wholeMatch(of: #/\w+/#) != nil, cells[0] != "Target" else { continue }
            let names = cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            allowed[cells[0]] = Set(names).subtracting(["–"])
        }
        self.allowed = allowed
    }

    /// Imports of our own targets that the table does not allow, and targets it does not know.
    func forbidden(in files: [SourceFile]) -> [String] {
        files.flatMap { file in
            guard let mayImport = allowed[file.target] else {
                return ["\(file.path): \(file.target) is not in the table"]
            }
            return file.imports
                .filter { allowed[$0] != nil && $0 != file.target && !mayImport.contains($0) }
                .map { "\(file.path): \(file.target) may not import \($0)" }
        }
    }

    /// A path by which a target reaches itself, if there is one.
    func circle() -> [String]? {
        var done: Set<String> = []
        func visit(_ target: String, _ trail: [String]) -> [String]? {
            if let start = trail.firstIndex(of: target) { return Array(trail[start...]) + [target] }
            if done.contains(target) { return nil }
            for next in (allowed[target] ?? []).sorted() {
                if let found = visit(next, trail + [target]) { return found }
            }
            done.insert(target)
            return nil
        }
        return allowed.keys.sorted().lazy.compactMap { visit($0, []) }.first
    }
}

/// What Package.swift says, as far as our own targets go.
struct Manifest {
    /// Each target's dependencies on targets of ours.
    let dependencies: [String: Set<String>]

    init(swift text: String, targets: Set<String>) {
        var found: [String: Set<String>] = [:]
        for call in Self.calls(in: text) {
            let names = Self.literals(in: Self.withoutProducts(call))
            guard let name = names.first, targets.contains(name) else { continue }
            found[name] = Set(names.dropFirst()).intersection(targets)
        }
        dependencies = found
    }

    /// The arguments of each call that makes a target; `.library` makes a product, and is not one of them.
    private static func calls(in text: String) -> [String] {
        text.matches(of: #/(?:^|[^.\w])(?:library|system)\(|\.executableTarget\(/#).map { match in
            String(balanced(text[text.index(before: match.range.upperBound)...]))
        }
    }

    private static func balanced(_ text: Substring) -> Substring {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[...index] }
        }
        return text
    }

    private static func withoutProducts(_ call: String) -> String {
        call.replacing(#/\.product\([^)]*\)/#, with: "")
    }

    private static func literals(in text: String) -> [String] {
        text.matches(of: #/"([^"]*)"/#).map { String($0.1) }
    }
}
