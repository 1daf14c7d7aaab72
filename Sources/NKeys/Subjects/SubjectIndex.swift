/// Patterns by their tokens, so that those which overlap with one are found without looking at all of them.
struct SubjectIndex {
    private struct Node {
        var literals: [[UInt8]: Int] = [:]
        var one: Int?
        /// Numbers of the patterns that end here, and of those whose `>` stands here.
        var ends: [Int] = []
        var open: [Int] = []

        var children: [Int] { Array(literals.values) + (one.map { [$0] } ?? []) }
    }

    private var nodes = [Node()]

    /// Adds a pattern under a number.
    mutating func insert(_ subject: NATSSubject, _ number: Int) {
        var at = 0
        for token in subject.tokens {
            switch token {
            case .rest:
                nodes[at].open.append(number)
                return
            case .one: at = child(of: at, nodes[at].one) { $0.one = $1 }
            case .literal(let bytes): at = child(of: at, nodes[at].literals[bytes]) { $0.literals[bytes] = $1 }
            }
        }
        nodes[at].ends.append(number)
    }

    private mutating func child(of parent: Int, _ known: Int?, _ link: (inout Node, Int) -> Void) -> Int {
        if let known { return known }
        nodes.append(Node())
        link(&nodes[parent], nodes.count - 1)
        return nodes.count - 1
    }

    /// The number of some pattern that overlaps with this one and is wanted; nil when there is none.
    func first(overlapping subject: NATSSubject, where isWanted: (Int) -> Bool) -> Int? {
        // Where to look on, and how many tokens of the subject lead there; deeper than any subject is nothing.
        var open = [(node: 0, depth: 0)]
        while let (at, depth) = open.popLast() {
            let node = nodes[at]
            let token = depth < subject.tokens.count ? subject.tokens[depth] : nil
            let isBelow = depth > subject.tokens.count
            if token != nil || isBelow, let found = node.open.first(where: isWanted) { return found }
            if token == nil, let found = node.ends.first(where: isWanted) { return found }
            switch token {
            case .literal(let bytes)?:
                open += [node.literals[bytes], node.one].compactMap(\.self).map { ($0, depth + 1) }
            case .one?: open += node.children.map { ($0, depth + 1) }
            // All that has a token more, whatever follows it.
            case .rest?: open += node.children.map { ($0, subject.tokens.count + 1) }
            case nil where isBelow: open += node.children.map { ($0, depth) }
            case nil: break
            }
        }
        return nil
    }
}
