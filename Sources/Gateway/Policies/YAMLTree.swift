import Vocabulary
import Yams

/// Turns YAML nodes into the JSON model. Anchors may not multiply, so nesting and size are bounded here.
enum YAMLTree {
    static let depthLimit = 32
    static let nodeLimit = 200_000

    static func value(of node: Node) throws -> AttributeValue {
        var left = nodeLimit
        return try value(of: node, depth: 0, &left)
    }

    private static func value(of node: Node, depth: Int, _ left: inout Int) throws -> AttributeValue {
        left -= 1
        guard depth <= depthLimit, left >= 0 else {
            throw Fault("policy.too_large", .caller, "The document nests too deep or has too many values.")
        }
        switch node {
        case .scalar(let scalar): return value(of: scalar, node)
        case .sequence(let sequence):
            return .list(try sequence.map { try value(of: $0, depth: depth + 1, &left) })
        case .mapping(let mapping):
            var members: [String: AttributeValue] = [:]
            for (key, inner) in mapping {
                guard let name = key.scalar?.string else {
                    throw Fault("policy.not_yaml", .caller, "A key is not text.")
                }
                guard members.updateValue(try value(of: inner, depth: depth + 1, &left), forKey: name) == nil else {
                    throw Fault("policy.not_yaml", .caller, "The key `\(name.prefix(64))` stands twice.")
                }
            }
            return .object(members)
        case .alias: throw Fault("policy.not_yaml", .caller, "Aliases are not supported.")
        }
    }

    // Quoted text stays text; plain text is read by the core schema.
    private static func value(of scalar: Node.Scalar, _ node: Node) -> AttributeValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let integer = Int64(scalar.string) { return .integer(integer) }
        let looksNumeric = scalar.string.utf8.allSatisfy {
            (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
        }
        if looksNumeric, let number = Double(scalar.string), number.isFinite { return .number(number) }
        return .string(scalar.string)
    }
}
