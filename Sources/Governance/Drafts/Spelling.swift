/// Finds the word that was probably meant.
enum Spelling {
    /// Words compared at most: a larger vocabulary is searched by its first ones only.
    static let vocabularyLimit = 20_000

    /// The nearest of the known words, when it is near enough to be meant: at most a third of its letters differ.
    static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().utf8.prefix(64))
        var best: (word: String, distance: Int)?
        for candidate in known.prefix(vocabularyLimit) {
            let letters = Array(candidate.lowercased().utf8.prefix(64))
            let limit = min(best.map { $0.distance - 1 } ?? .max, max(1, letters.count / 3))
            guard abs(letters.count - wanted.count) <= limit, limit >= 0 else { continue }
            let distance = distance(wanted, letters)
            if distance <= limit { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Letters to insert, remove, replace, or swap with a neighbour (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before = Array(repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var line = [row + 1]
            line.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                var least = min(last[column + 1] + 1, line[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                line.append(least)
            }
            (before, last) = (last, line)
        }
        return last[right.count]
    }
}
