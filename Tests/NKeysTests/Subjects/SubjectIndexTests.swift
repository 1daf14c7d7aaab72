import Testing

@testable import NKeys

@Suite("Many subjects")
struct SubjectIndexTests {
    @Test("What is found overlaps, and what overlaps is found")
    func agrees() throws {
        let tokens = ["a", "b", "*"]
        var patterns = tokens + [">"]
        for _ in 0..<2 {
            patterns += patterns.filter { !$0.hasSuffix(">") }.flatMap { head in
                (tokens + [">"]).map { "\(head).\($0)" }
            }
        }
        let all = try Set(patterns).sorted().map { try NATSSubject($0) }
        var index = SubjectIndex()
        for (number, subject) in all.enumerated() { index.insert(subject, number) }
        for subject in all {
            var found: Set<Int> = []
            _ = index.first(overlapping: subject) { number in
                found.insert(number)
                return false
            }
            #expect(found == Set(all.indices.filter { all[$0].overlaps(subject) }), "\(subject)")
        }
        #expect(all.count > 50)
    }
}
