import Yams

/// Where things stand in a document as it was typed.
struct DocumentPlaces {
    private let root: Node?

    init(_ text: String) { root = try? Yams.compose(yaml: text) }

    /// The line and column, from 1, of a path such as `rules[3].when.all[0]`; of what is missing, of whatever it is
    /// missing from.
    func mark(of path: String) -> (line: Int, column: Int)? {
        guard var node = root else { return nil }
        var mark = node.mark
        for step in Self.steps(path) {
            switch step {
            case .key(let name):
                guard case .mapping(let mapping) = node,
                    let pair = mapping.first(where: { $0.key.scalar?.string == name })
                else { return Self.pair(mark) }
                (node, mark) = (pair.value, pair.key.mark ?? mark)
            case .item(let number):
                guard case .sequence(let items) = node, items.indices.contains(number) else { return Self.pair(mark) }
                (node, mark) = (items[number], items[number].mark ?? mark)
            }
        }
        return Self.pair(mark)
    }

    /// Where a text that is neither YAML nor JSON stops being so.
    static func mark(ofBreak text: String) -> (line: Int, column: Int)? {
        do {
            _ = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            switch error {
            case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
                return pair(mark)
            case .duplicatedKeysInMapping(_, let context): return pair(context.mark)
            default: return nil
            }
        } catch {}
        return nil
    }

    private static func pair(_ mark: Mark?) -> (line: Int, column: Int)? { mark.map { ($0.line, $0.column) } }

    private enum Step {
        case key(String)
        case item(Int)
    }

    /// An attribute is a key with dots in it, which is not taken apart here: what is wrong with one is said to be at its
    /// operator.
    private static func steps(_ path: String) -> [Step] {
        var steps: [Step] = []
        for part in path.split(separator: ".") {
            let halves = part.split(separator: "[")
            guard let name = halves.first else { continue }
            if !part.hasPrefix("[") { steps.append(.key(String(name))) }
            for item in halves.dropFirst(part.hasPrefix("[") ? 0 : 1) {
                if let number = Int(item.dropLast()) { steps.append(.item(number)) }
            }
        }
        return steps
    }
}
