/// Reads the documented subset; whatever it does not know is refused, never guessed.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(Pattern.Refusal) -> PatternTree {
        if skip("(?i)") { ignoresCase = true }
        let tree = try alternatives(depth: 0)
        guard position == scalars.count else { throw refusal("`)` without `(`", "Write `\\)` for the character") }
        return tree
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private func refusal(_ message: String, _ remedy: String) -> Pattern.Refusal {
        Pattern.Refusal(message: "\(message) at character \(position + 1)", remedy: remedy)
    }

    private mutating func alternatives(depth: Int) throws(Pattern.Refusal) -> PatternTree {
        guard depth <= Pattern.groupDepth else {
            throw refusal("groups nest deeper than \(Pattern.groupDepth)", "Simplify the pattern")
        }
        var branches = [try sequence(depth: depth)]
        while skip("|") { branches.append(try sequence(depth: depth)) }
        return branches.count == 1 ? branches[0] : .either(branches)
    }

    private mutating func sequence(depth: Int) throws(Pattern.Refusal) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let part = try atom(depth: depth)
            parts.append(try quantified(part))
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom(depth: Int) throws(Pattern.Refusal) -> PatternTree {
        guard let scalar = next else { return .empty }
        position += 1
        switch scalar {
        case ".": return .set(Pattern.ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
        case "^": return .start
        case "$": return .end
        case "[": return .set(try scalarSet())
        case "\\": return try escape()
        case "(": return try group(depth: depth)
        case "*", "+", "?", "{":
            position -= 1
            throw refusal("`\(scalar)` repeats nothing", "Write `\\\(scalar)` for the character")
        default: return literal(scalar)
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> PatternTree {
        guard ignoresCase, let other = otherCase(scalar.value) else { return .scalar(scalar.value) }
        return .set(Pattern.ScalarSet(ranges: [scalar.value...scalar.value, other...other]))
    }

    private func otherCase(_ value: UInt32) -> UInt32? {
        (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value) ? value ^ 0x20 : nil
    }

    private mutating func group(depth: Int) throws(Pattern.Refusal) -> PatternTree {
        if !skip("?:"), next == "?" {
            throw refusal("only `(?:` is known", "Look-around and names are not supported")
        }
        let tree = try alternatives(depth: depth + 1)
        guard skip(")") else { throw refusal("`(` is not closed", "Add `)`") }
        return tree
    }

    private mutating func quantified(_ part: PatternTree) throws(Pattern.Refusal) -> PatternTree {
        var minimum = 0
        var maximum: Int?
        switch next {
        case "*": break
        case "+": minimum = 1
        case "?": maximum = 1
        case "{":
            position += 1
            (minimum, maximum) = try counts()
            position -= 1
        default: return part
        }
        position += 1
        if let after = next, "*+?{".unicodeScalars.contains(after) {
            throw refusal("two repetitions in a row", "Lazy and possessive forms are not supported; use a group")
        }
        switch part {
        case .start, .end: throw refusal("an anchor cannot repeat", "Remove the repetition")
        default: return .repeated(part, minimum: minimum, maximum: maximum)
        }
    }

    private mutating func counts() throws(Pattern.Refusal) -> (Int, Int?) {
        let wrong = refusal("the count is not `{m}`, `{m,}` or `{m,n}` with n ≤ 255", "Mend it, or write `\\{`")
        guard let minimum = number() else { throw wrong }
        var maximum: Int? = minimum
        if skip(",") { maximum = next == "}" ? nil : number() ?? -1 }
        guard skip("}"), maximum.map({ $0 >= minimum }) ?? true else { throw wrong }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            guard let value, value <= 255 else { return nil }
            position += 1
        }
        return value
    }

    private mutating func escape() throws(Pattern.Refusal) -> PatternTree {
        guard let scalar = next else { throw refusal("`\\` ends the pattern", "Write `\\\\` for the character") }
        position += 1
        if let set = shorthand(scalar) { return .set(set) }
        return literal(try escaped(scalar))
    }

    private func escaped(_ scalar: Unicode.Scalar) throws(Pattern.Refusal) -> Unicode.Scalar {
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        default:
            let isWord =
                scalar.value > 0x7F || scalar == "_" || scalar.properties.isAlphabetic
                || ("0"..."9").contains(scalar)
            guard isWord else { return scalar }
            throw refusal("`\\\(scalar)` is not known", "Use `\\d \\w \\s` or escaped punctuation")
        }
    }

    private func shorthand(_ scalar: Unicode.Scalar) -> Pattern.ScalarSet? {
        switch scalar {
        case "d", "D": Pattern.ScalarSet(ranges: [0x30...0x39], isNegated: scalar == "D")
        case "w", "W":
            Pattern.ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A], isNegated: scalar == "W")
        case "s", "S": Pattern.ScalarSet(ranges: [0x09...0x0D, 0x20...0x20], isNegated: scalar == "S")
        default: nil
        }
    }

    private mutating func scalarSet() throws(Pattern.Refusal) -> Pattern.ScalarSet {
        var set = Pattern.ScalarSet(ranges: [], isNegated: skip("^"))
        while let scalar = next, scalar != "]" {
            position += 1
            if scalar == "[" { throw refusal("`[` inside a class", "Write `\\[` for the character") }
            if scalar == "\\", let escaped = next, let short = shorthand(escaped) {
                guard !short.isNegated else { throw refusal("a negated shorthand inside a class", "Negate the class") }
                position += 1
                set.ranges += short.ranges
                continue
            }
            let lower = try member(scalar)
            var upper = lower
            if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                let last = scalars[position]
                position += 1
                upper = try member(last)
            }
            guard lower <= upper else { throw refusal("the range runs backwards", "Exchange its ends") }
            set.ranges += cased(lower...upper)
        }
        guard skip("]") else { throw refusal("`[` is not closed", "Add `]`") }
        guard !set.ranges.isEmpty else { throw refusal("the class is empty", "Name at least one character") }
        return set
    }

    private mutating func member(_ scalar: Unicode.Scalar) throws(Pattern.Refusal) -> UInt32 {
        guard scalar == "\\" else { return scalar.value }
        guard let escaped = next else { throw refusal("`\\` ends the pattern", "Write `\\\\` for the character") }
        position += 1
        return try self.escaped(escaped).value
    }

    private func cased(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
        guard ignoresCase else { return [range] }
        let letters: [ClosedRange<UInt32>] = [0x41...0x5A, 0x61...0x7A]
        let mirrored = letters.compactMap { part -> ClosedRange<UInt32>? in
            guard part.overlaps(range) else { return nil }
            let clamped = range.clamped(to: part)
            return (clamped.lowerBound ^ 0x20)...(clamped.upperBound ^ 0x20)
        }
        return [range] + mirrored
    }
}
