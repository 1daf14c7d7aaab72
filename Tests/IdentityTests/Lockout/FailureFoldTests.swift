import Testing
import Vocabulary

@testable import Identity

@Suite struct FailureFoldTests {
    func at(_ second: Int64) -> Timestamp { Timestamp(seconds: second) }

    @Test func `the first failure is recorded singly, later ones as one sum when the window ends`() {
        var fold = FailureFold<String>(length: .seconds(60))
        #expect(fold.record("a", at: at(0)) == [.single("a", at: at(0))])
        for second: Int64 in 1...59 { #expect(fold.record("a", at: at(second)) == []) }
        #expect(
            fold.record("a", at: at(60)) == [
                .folded("a", count: 59, first: at(1), last: at(59)), .single("a", at: at(60)),
            ])
    }

    @Test func `sources do not hide each other, and a quiet one leaves nothing behind`() {
        var fold = FailureFold<String>(length: .seconds(60))
        _ = fold.record("a", at: at(0))
        #expect(fold.record("b", at: at(1)) == [.single("b", at: at(1))])
        #expect(fold.record("b", at: at(2)) == [])
        #expect(fold.drain(at: at(59)) == [])
        #expect(fold.drain(at: at(61)) == [.folded("b", count: 1, first: at(2), last: at(2))])
        #expect(fold.drainAll() == [])
    }

    @Test func `one source past the capacity closes the oldest window and loses no count`() {
        var fold = FailureFold<Int>(length: .seconds(60), capacity: 2)
        _ = fold.record(1, at: at(0))
        _ = fold.record(1, at: at(1))
        _ = fold.record(2, at: at(2))
        #expect(
            fold.record(3, at: at(3)) == [.folded(1, count: 1, first: at(1), last: at(1)), .single(3, at: at(3))])
        _ = fold.record(3, at: at(4))
        #expect(fold.drainAll() == [.folded(3, count: 1, first: at(4), last: at(4))])
    }

    @Test func `every failure of a flood from many sources is accounted for`() {
        var fold = FailureFold<Int>(length: .seconds(10), capacity: 50)
        var records: [FailureFold<Int>.Record] = []
        for index in 0..<5_000 { records += fold.record(index * 7 % 90, at: at(Int64(index / 100))) }
        records += fold.drainAll()
        let total = records.reduce(0) { sum, record in
            if case .folded(_, let count, _, _) = record { return sum + count }
            return sum + 1
        }
        #expect(total == 5_000)
    }
}
