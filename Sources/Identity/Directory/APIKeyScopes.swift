/// What a key is narrowed to: texts `type:action`, `type:*` or `*`; nil is a key that is not narrowed at all.
public enum APIKeyScopes {
    public static let limit = 64

    /// At most `limit` scopes, each of at most 128 bytes and of the three forms.
    public static func areValid(_ scopes: [String]) -> Bool {
        scopes.count <= limit && scopes.allSatisfy { $0 == "*" || isPair($0) }
    }

    private static func isPair(_ scope: String) -> Bool {
        let halves = scope.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, scope.utf8.count <= 128 else { return false }
        return isWord(halves[0]) && (halves[1] == "*" || isWord(halves[1]))
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
                    || "._-".utf8.contains($0)
            }
    }

    /// Whether these scopes let a caller do `action` on resources of `type`.
    public static func allow(_ scopes: [String]?, _ action: String, on type: String) -> Bool {
        covers(scopes, ["\(type):\(action)"])
    }

    /// Whether everything that `wanted` allows is allowed by `held`.
    public static func covers(_ held: [String]?, _ wanted: [String]?) -> Bool {
        guard let held, !held.contains("*") else { return true }
        guard let wanted else { return false }
        return wanted.allSatisfy { scope in
            held.contains(scope) || held.contains("\(scope.prefix { $0 != ":" }):*")
        }
    }
}
