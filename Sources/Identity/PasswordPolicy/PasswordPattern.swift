/// What makes a text predictable: repetition and counting up or down.
enum PasswordPattern {
    /// The lengths of units the text repeats at least twice, the last perhaps cut short; shortest first.
    static func periods(of text: [Unicode.Scalar]) -> [Int] {
        guard text.count >= 2 else { return [] }
        return (1...text.count / 2).filter { period in
            (period..<text.count).allSatisfy { text[$0] == text[$0 - period] }
        }
    }

    /// A unit of up to four characters again and again: `aaaa…`, `abcabc…` (NIST SP 800-63B-4 names repetitions).
    static func isRepetition(_ text: [Unicode.Scalar]) -> Bool {
        (periods(of: text).first ?? .max) <= 4
    }

    /// One run up or down, such as `abcdef…`, `987654…`; after 9 comes 0.
    static func isSequence(_ text: [Unicode.Scalar]) -> Bool {
        guard text.count >= 4 else { return false }
        return [1, -1].contains { step in
            zip(text, text.dropFirst()).allSatisfy { follows($0, $1, step: step) }
        }
    }

    static func follows(_ first: Unicode.Scalar, _ second: Unicode.Scalar, step: Int) -> Bool {
        let (first, second) = (Int(first.value), Int(second.value))
        let digits = 0x30...0x39
        guard digits.contains(first), digits.contains(second) else { return second - first == step }
        return (second - first - step) % 10 == 0
    }
}
