import Foundation
import Storage
import Testing
import Vocabulary

@Suite("An export is verified offline, and names what was done to it")
struct JournalVerifierTests {
    struct Sample {
        var lines: [String]
        let checkpoint: SignedHead
        let keys: [PublishedKey]
        let erasable: PersonID
        var text: [UInt8] { Array(lines.joined(separator: "\n").utf8) + [0x0A] }
    }

    static func sample(sections: Bool = false) async throws -> Sample {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        try await store.write(.login) { transaction in
            for _ in 0..<6 { try transaction.append(bench.event(person, secret: "{\"mail\":\"ada@example.org\"}")) }
        }
        try await store.signHeads(now: bench.tick())
        try await store.write(.login) { for _ in 0..<4 { try $0.append(bench.event(bench.person())) } }
        let head = try await store.signHeads(now: bench.tick())[0]
        let path = bench.directory + "/export.jsonl"
        #expect(try await store.exportJournal(of: bench.tenant, to: path, withSections: sections) == 10)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return Sample(
            lines: text.split(separator: "\n").map(String.init), checkpoint: head,
            keys: store.keys.publishedKeys(bench.tenant), erasable: person)
    }

    private func findings(
        _ sample: Sample, checkpoint: SignedHead? = nil, trusted: [PublishedKey]? = nil
    ) -> [JournalFinding] {
        JournalVerifier.verify(export: sample.text, checkpoint: checkpoint, trusted: trusted).findings
    }

    @Test func anUntouchedExportIsSound() async throws {
        let sample = try await Self.sample()
        let report = JournalVerifier.verify(export: sample.text, checkpoint: sample.checkpoint, trusted: sample.keys)
        #expect(report.findings == [])
        #expect(report.records == 10 && report.signed == 10 && report.hasCheckpoint)
        #expect(!sample.lines.joined().contains("ada@example.org"))
        #expect(try await Self.sample(sections: true).lines.joined().contains("ada@example.org"))
    }

    // S4-74.
    @Test func aFlippedRecordIsNamed() async throws {
        var sample = try await Self.sample()
        let start = try #require(sample.lines[4].range(of: "\"record\":\""))
        let at = sample.lines[4].index(start.upperBound, offsetBy: 40, limitedBy: sample.lines[4].endIndex)!
        let other = sample.lines[4][at] == "A" ? "B" : "A"
        sample.lines[4].replaceSubrange(at...at, with: other)
        let found = findings(sample)
        #expect(found.contains(.flipped(position: 4)))
        #expect(found.contains(.rootMismatch(epoch: 1, size: 10)))
    }

    // S4-74.
    @Test func aDroppedRecordIsNamed() async throws {
        var sample = try await Self.sample()
        sample.lines.remove(at: 4)
        #expect(findings(sample).contains(.dropped(position: 4)))
    }

    // S4-74.
    @Test func reorderedRecordsAreNamed() async throws {
        var sample = try await Self.sample()
        sample.lines.swapAt(2, 3)
        let found = findings(sample)
        #expect(found.contains(.reordered(position: 3)) && found.contains(.reordered(position: 2)))
        #expect(!found.contains { if case .dropped = $0 { true } else { false } })
    }

    // S4-74.
    @Test func aCutTailIsFoundOnlyWithAHeadKeptOutside() async throws {
        var sample = try await Self.sample()
        // Cut after the first head as a careful thief would: records, head and header.
        sample.lines =
            [sample.lines[0].replacingOccurrences(of: "\"size\":10", with: "\"size\":6")]
            + sample.lines[1...6] + [sample.lines[11]]
        #expect(findings(sample) == [])
        #expect(findings(sample, checkpoint: sample.checkpoint) == [.checkpointMismatch(size: 10)])
    }

    @Test func aCarelesslyCutTailIsFoundAnyway() async throws {
        var sample = try await Self.sample()
        sample.lines.remove(at: 10)
        #expect(findings(sample).contains(.tailCut(expected: 10, found: 9)))
    }

    @Test func aForgedHeadIsFound() async throws {
        var sample = try await Self.sample()
        sample.lines[12] = sample.lines[12].replacingOccurrences(of: "\"size\":10", with: "\"size\":9")
        #expect(findings(sample).contains(.badSignature(epoch: 1, size: 9)))
    }

    @Test func anotherHousesKeyIsFound() async throws {
        let (sample, foreign) = (try await Self.sample(), try await Self.sample())
        #expect(findings(sample, trusted: foreign.keys).contains(.wrongKey(sample.checkpoint.keyID)))
        var swapped = sample
        swapped.lines[0] = sample.lines[0].replacingOccurrences(
            of: sample.keys[0].id.description, with: foreign.keys[0].id.description)
        #expect(findings(swapped).contains(.wrongKey(sample.checkpoint.keyID)))
    }

    @Test func noHeadProvesNothing() async throws {
        var sample = try await Self.sample()
        sample.lines.removeLast(2)
        #expect(findings(sample) == [.noHead])
    }

    @Test func strangeFilesAreFindingsNotCrashes() async throws {
        var sample = try await Self.sample()
        #expect(JournalVerifier.verify(export: []).findings.contains(.unreadable(line: 1)))
        sample.lines.insert("garbage", at: 3)
        #expect(findings(sample) == [.unreadable(line: 4)])
        sample = try await Self.sample()
        for position in ["9223372036854775807", "-1", "281474976710656"] {
            var huge = sample
            huge.lines[5] = huge.lines[5].replacingOccurrences(of: "\"position\":5", with: "\"position\":\(position)")
            #expect(findings(huge).contains(.flipped(position: Int64(position)!)))
        }
    }
}
