import Vocabulary

/// Texts that a pattern is found in, for whoever asks rules everything there is to ask.
public enum PatternExamples {
    /// Texts made at most.
    public static let limit = 8

    /// A few texts in which the regular expression is found, each tried; none where none is easily made.
    public static func texts(matching source: String) -> [String] {
        var parser = PatternParser(source)
        guard let pattern = try? Pattern(source), let tree = try? parser.parse() else { return [] }
        var texts: [String] = []
        for scalars in make(tree) {
            let text = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
            if !texts.contains(text), text.utf8.count <= Pattern.textLimit, pattern.matches(text) { texts.append(text) }
        }
        return texts
    }

    private static func make(_ tree: PatternTree) -> [[UInt32]] {
        switch tree {
        case .empty, .start, .end: return [[]]
        case .scalar(let scalar): return [[scalar]]
        case .set(let set): return [member(of: set).map { [$0] } ?? []]
        case .sequence(let parts):
            return parts.reduce([[]]) { made, part in
                let tails = make(part)
                return Array(made.flatMap { head in tails.map { head + $0 } }.prefix(limit))
            }
        case .either(let branches): return Array(branches.flatMap(make).prefix(limit))
        case .repeated(let part, let minimum, _):
            guard let first = make(part).first else { return [[]] }
            return [Array(repeatElement(first, count: min(minimum, 64)).joined())]
        }
    }

    /// Something of a set, a letter or a digit where there is one.
    private static func member(of set: Pattern.ScalarSet) -> UInt32? {
        let plain = Array(0x61...0x7A) + Array(0x30...0x39) + Array(0x41...0x5A) + [0x20, 0x22, 0x27, 0x2D, 0x5F]
        return plain.map(UInt32.init).first(where: set.contains)
            ?? set.ranges.first.flatMap { set.isNegated ? nil : $0.lowerBound }
    }
}
