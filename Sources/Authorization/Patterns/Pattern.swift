/// A regular expression matched in time linear in the text: no back-references, no look-around, a bounded program.
///
/// Subset: literals, `.`, `\d \w \s` and their capitals, escaped punctuation, classes with ranges and negation, groups
/// `( )` and `(?: )`, `|`, `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}`, `^` and `$` (the whole text's ends), `(?i)` in front
/// (ASCII letters). Without anchors it matches anywhere. It works on Unicode scalars.
struct Pattern: Sendable {
    /// Instructions of a compiled program; counted repetitions are unrolled and count.
    static let programLimit = 512
    /// Bytes of a text that is matched; longer ones are an error of the rule.
    static let textLimit = 2_048
    /// Nesting of groups.
    static let groupDepth = 16

    /// Why a pattern is refused.
    struct Refusal: Error {
        let message: String
        let remedy: String
    }

    /// Inclusive ranges of scalar values.
    struct ScalarSet: Sendable, Equatable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(ScalarSet)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case match
    }

    /// As it was written.
    let source: String
    let program: [Instruction]

    init(_ text: String) throws(Refusal) {
        var parser = PatternParser(text)
        let tree = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.emit(tree)
        try compiler.append(.match)
        (source, program) = (text, compiler.program)
    }

    /// Whether the pattern is found in the text. Cost: at most `text.unicodeScalars.count × program.count` steps.
    func matches(_ text: String) -> Bool {
        var current = ThreadList(program.count)
        var next = ThreadList(program.count)
        var isAtStart = true
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        while true {
            if add(0, to: &current, isAtStart: isAtStart, isAtEnd: scalar == nil) { return true }
            guard let here = scalar else { return false }
            scalar = scalars.next()
            next.removeAll()
            for index in 0..<current.count {
                let place = current[index]
                guard consumes(program[place], here.value) else { continue }
                if add(place + 1, to: &next, isAtStart: false, isAtEnd: scalar == nil) { return true }
            }
            swap(&current, &next)
            isAtStart = false
        }
    }

    private func consumes(_ instruction: Instruction, _ scalar: UInt32) -> Bool {
        switch instruction {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        case .split, .jump, .start, .end, .match: false
        }
    }

    /// Follows the instructions that consume nothing; true when the match is complete.
    private func add(_ first: Int, to list: inout ThreadList, isAtStart: Bool, isAtEnd: Bool) -> Bool {
        var pending = [first]
        while let place = pending.popLast() {
            guard list.insert(place) else { continue }
            switch program[place] {
            case .match: return true
            case .jump(let target): pending.append(target)
            case .split(let one, let other): pending += [other, one]
            case .start: if isAtStart { pending.append(place + 1) }
            case .end: if isAtEnd { pending.append(place + 1) }
            case .scalar, .set: break
            }
        }
        return false
    }
}

/// The places a match has reached, each once: Briggs and Torczon's sparse set.
private struct ThreadList {
    private var dense: [Int]
    private var sparse: [Int]
    private(set) var count = 0

    init(_ capacity: Int) {
        dense = Array(repeating: 0, count: capacity)
        sparse = dense
    }

    subscript(index: Int) -> Int { dense[index] }

    mutating func insert(_ place: Int) -> Bool {
        if sparse[place] < count, dense[sparse[place]] == place { return false }
        sparse[place] = count
        dense[count] = place
        count += 1
        return true
    }

    mutating func removeAll() { count = 0 }
}
