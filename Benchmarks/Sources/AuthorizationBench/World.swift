import Vocabulary

/// Groups, people, documents, policies and requests, in the shape of the shared workload file.
struct World: Codable {
    struct Person: Codable {
        var groups: [String]
        var attrs: [String: AttributeValue]
    }

    struct Document: Codable {
        var project: String
        var attrs: [String: AttributeValue]
    }

    struct Rule: Codable {
        var id: String
        var effect: String
        var group: String?
        var actions: [String]
        var project: String?
        /// Each `[left, operator, right]`; all of them must hold.
        var when: [[AttributeValue]]
    }

    struct Request: Codable {
        var u: String
        var a: String
        var d: String
        var c: [String: AttributeValue]
        var expected: Bool
        var determining: [String]
    }

    /// Each group's parents.
    var groups: [String: [String]]
    var users: [String: Person]
    var docs: [String: Document]
    var policies: [Rule]
    var requests: [Request]

    /// A group and all that it is nested in.
    func closure(of group: String) -> Set<String> {
        var found: Set<String> = []
        var pending = [group]
        while let next = pending.popLast() {
            if found.insert(next).inserted { pending += groups[next] ?? [] }
        }
        return found
    }
}
