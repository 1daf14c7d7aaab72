import Storage
import Synchronization
import Testing
import Vocabulary

@Suite struct DecisionLogTests {
    let fixture = DecisionFixture()

    private func fill() async throws {
        let recorder = try fixture.recorder { $0.segmentBytes = 900 }
        let one = fixture.asker(), other = fixture.asker(PersonID(high: 5, low: 5))
        for number in 0..<30 {
            fixture.now.withLock { $0 = $0 + .seconds(1) }
            let outcome: RecordedDecision.Outcome = number % 3 == 0 ? .deny : .permit
            let asker = number % 2 == 0 ? one : other
            try await recorder.recordDurably(fixture.decision(asker, outcome: outcome, enforcement: .mandatory))
        }
        await recorder.stop()
        for segment in fixture.closed.dropLast() { try recorder.journalled(segment) }
        #expect(fixture.closed.count > 2)
    }

    @Test(arguments: [1, 7, 30, 500])
    func `pages are newest first and miss nothing, whatever their size`(limit: Int) async throws {
        try await fill()
        var seen: [Int64] = [], before: Int64?
        repeat {
            let page = try fixture.log.list(fixture.tenant, .init(before: before), limit: limit)
            #expect(page.decisions.count <= limit)
            seen += page.decisions.map(\.sequence)
            before = page.next
        } while before != nil && seen.count <= 30
        #expect(seen == (1...30).reversed())
    }

    @Test func `a list can be narrowed by subject, outcome and time, and by all of them`() async throws {
        try await fill()
        let start = Timestamp(seconds: 1_700_000_000), log = fixture.log
        func sequences(_ filter: DecisionLog.Filter) throws -> [Int64] {
            try log.list(fixture.tenant, filter).decisions.map(\.sequence)
        }
        let other = Subject.person(PersonID(high: 5, low: 5))
        #expect(try sequences(.init(subject: other)) == (1...30).filter { $0 % 2 == 0 }.reversed())
        #expect(try sequences(.init(outcome: .deny)) == (1...30).filter { $0 % 3 == 1 }.reversed())
        let from = start + .seconds(10), to = start + .seconds(20)
        #expect(try sequences(.init(from: from, to: to)) == (10...19).reversed())
        #expect(try sequences(.init(from: from, to: to, subject: other, outcome: .deny)) == [16, 10])
        #expect(try sequences(.init(subject: .person(PersonID(high: 6, low: 6)))) == [])
    }

    @Test func `no tenant sees another's decisions`() async throws {
        let recorder = try fixture.recorder()
        let other = TenantID(high: 8, low: 8)
        let mine = fixture.decision(fixture.asker()), theirs = fixture.decision(fixture.asker(tenant: other))
        try await recorder.recordDurably(mine)
        try await recorder.recordDurably(theirs)
        await recorder.stop()
        #expect(try fixture.log.list(fixture.tenant).decisions.map(\.id) == [mine.id])
        #expect(try fixture.log.list(other).decisions.map(\.id) == [theirs.id])
        #expect(try fixture.log.find(theirs.id, tenant: fixture.tenant) == nil)
        #expect(try fixture.log.list(TenantID(high: 9, low: 9)).decisions.isEmpty)
    }
}
