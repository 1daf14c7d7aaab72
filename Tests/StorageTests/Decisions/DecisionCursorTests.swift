import Foundation
import Storage
import Synchronization
import Testing
import Vocabulary

@Suite("A cursor through recorded decisions")
struct DecisionCursorTests {
    private let fixture = DecisionFixture()

    private func fill() async throws {
        let recorder = try fixture.recorder { $0.segmentBytes = 900 }
        let (one, other) = (fixture.asker(), fixture.asker(PersonID(high: 5, low: 5)))
        for number in 0..<30 {
            fixture.now.withLock { $0 = $0 + .seconds(1) }
            try await recorder.recordDurably(
                fixture.decision(number % 2 == 0 ? one : other, enforcement: .mandatory, resource: "doc-\(number)"))
        }
        await recorder.stop()
        for segment in fixture.closed.dropLast() { try recorder.journalled(segment) }
        #expect(fixture.closed.count > 2)
    }

    private func everything(_ filter: DecisionLog.Filter = .init(), by step: Int) throws -> [StoredDecision] {
        let cursor = try fixture.log.cursor(fixture.tenant, filter)
        var found: [StoredDecision] = []
        while true {
            let batch = try cursor.next(step)
            #expect(batch.count <= step)
            guard !batch.isEmpty else { return found }
            found += batch
        }
    }

    @Test(
        "everything comes once, oldest first, with what was asked, whatever the size of a step", arguments: [1, 7, 500])
    func order(step: Int) async throws {
        try await fill()
        let found = try everything(by: step)
        #expect(found.map(\.sequence) == Array(1...30))
        let resources = found.map { record -> String in
            if case .read(let inputs) = record.inputs { inputs.resourceID } else { "–" }
        }
        #expect(resources == (0..<30).map { "doc-\($0)" })
    }

    @Test("a time narrows it, and nothing of another tenant or of an erased person is read")
    func narrow() async throws {
        try await fill()
        let start = Timestamp(seconds: 1_700_000_000)
        let found = try everything(.init(from: start + .seconds(10), to: start + .seconds(20)), by: 4)
        #expect(found.map(\.sequence) == Array(10...19))
        let foreign = try fixture.log.cursor(TenantID(high: 9, low: 9), .init())
        #expect(try foreign.next(10).isEmpty)
        fixture.erase(.person(PersonID(high: 5, low: 5)))
        let left = try everything(by: 100)
        #expect(left.count == 30 && left.count { $0.inputs == .unreadable } == 15)
    }

    @Test("a segment that was changed after it was journalled is not passed over in silence")
    func damaged() async throws {
        try await fill()
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: fixture.tenantDirectory).filter { $0.hasSuffix(".seg") }
                .min())
        let path = fixture.tenantDirectory + "/" + name
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[bytes.count - 40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: Fault("decisions.damaged", .ourselves, "")) { try everything(by: 100) }
    }
}
