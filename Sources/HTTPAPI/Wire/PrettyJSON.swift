import Vocabulary

extension AttributeValue {
    /// The value as JSON for people: a member a line, what fits kept on one line, and first what a reader asks first.
    var pretty: String {
        var out: [UInt8] = []
        PrettyJSON().write(self, depth: 0, into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}

/// Writes the JSON model to be read and edited.
private struct PrettyJSON {
    /// Characters of a list or mapping that is kept on one line.
    private static let lineLength = 72

    /// The order in which documents about policies are told; every other key follows by name.
    private static let order: [String: Int] = Dictionary(
        uniqueKeysWithValues: [
            "version", "id", "name", "description", "policy_type", "enforcement", "scope", "level", "effect",
            "priority",
            "subjects", "roles", "subject", "actions", "action", "resources", "resource", "when", "context", "window",
            "days", "start", "end", "params", "limits", "approval", "require", "rules", "expect", "tests",
        ].enumerated().map { ($1, $0) })

    func write(_ value: AttributeValue, depth: Int, into out: inout [UInt8]) {
        let line = CanonicalJSON.bytes(value)
        switch value {
        case .list(let items) where !items.isEmpty && !fits(value, line, depth):
            block("[", "]", items.count, depth, &out) { index, out in
                write(items[index], depth: depth + 1, into: &out)
            }
        case .object(let members) where !members.isEmpty && !fits(value, line, depth):
            let keys = members.keys.sorted { rank($0) < rank($1) }
            block("{", "}", keys.count, depth, &out) { index, out in
                CanonicalJSON.write(keys[index], into: &out)
                out += ": ".utf8
                write(members[keys[index]] ?? .null, depth: depth + 1, into: &out)
            }
        case .list(let items): inline("[", "]", items.count, &out) { write(items[$0], depth: depth, into: &$1) }
        case .object(let members):
            let keys = members.keys.sorted { rank($0) < rank($1) }
            inline("{", "}", keys.count, &out) { index, out in
                CanonicalJSON.write(keys[index], into: &out)
                out += ": ".utf8
                write(members[keys[index]] ?? .null, depth: depth, into: &out)
            }
        default: out += line
        }
    }

    /// What holds no mapping of its own and is short stands on one line.
    private func fits(_ value: AttributeValue, _ line: [UInt8], _ depth: Int) -> Bool {
        guard line.count + 2 * depth <= Self.lineLength else { return false }
        switch value {
        case .list(let items): return items.allSatisfy { $0.object == nil && $0.list == nil } || line.count < 40
        case .object(let members): return depth > 0 && (members.count < 4 || line.count < 40)
        default: return true
        }
    }

    private func rank(_ key: String) -> (Int, String) { (Self.order[key] ?? Self.order.count, key) }

    private func block(
        _ open: String, _ close: String, _ count: Int, _ depth: Int, _ out: inout [UInt8],
        _ item: (Int, inout [UInt8]) -> Void
    ) {
        let margin = [UInt8](repeating: 0x20, count: 2 * depth)
        out += open.utf8
        for index in 0..<count {
            out += (index > 0 ? ",\n" : "\n").utf8
            out += margin + [0x20, 0x20]
            item(index, &out)
        }
        out.append(0x0A)
        out += margin
        out += close.utf8
    }

    private func inline(
        _ open: String, _ close: String, _ count: Int, _ out: inout [UInt8], _ item: (Int, inout [UInt8]) -> Void
    ) {
        out += open.utf8
        for index in 0..<count {
            if index > 0 { out += ", ".utf8 }
            item(index, &out)
        }
        out += close.utf8
    }
}
