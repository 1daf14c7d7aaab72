import Foundation
import Storage
import Testing
import Vocabulary

@Suite struct DecisionRecorderTests {
    let fixture = DecisionFixture()

    // S4-64.
    @Test func `everything recorded of a decision is read back`() async throws {
        let recorder = try fixture.recorder()
        let batch = DecisionID(high: 8, low: 8)
        let made = fixture.decision(fixture.asker(), outcome: .deny, enforcement: .critical) {
            $0.reads = [
                RecordedRead(
                    name: "context.net", source: "request",
                    value: .value(["a": [1, -2.5, true, .null], "b": "text"])),
                RecordedRead(name: "subject.mail", source: "stored", value: .digest([1, 2, 3])),
                RecordedRead(name: "resource.owner", source: "absent", value: .absent),
            ]
            $0.erred = [.init(rule: "policy:odd@1", code: "type_mismatch")]
            $0.obligations = ["step_up:urn:gatehouse:aal:2"]
            $0.origin = RecordedOrigin(
                caller: .serviceAccount(ServiceAccountID(high: 6, low: 6)), protocol: "authzen", batch: batch,
                request: "req-1", trace: "4bf92f3577b34da6a3ce929d0e0e4736")
            $0.exemption = "exemption:1"
            $0.approval = "approval:2"
        }
        #expect(recorder.record(made) == .recorded)
        await recorder.stop()
        let stored = try fixture.log.find(made.id, tenant: fixture.tenant)
        let found = try #require(stored)
        #expect(found.at == made.at)
        #expect(found.factsPosition == 42)
        #expect(found.sequence == 1)
        #expect(found.fold == nil)
        #expect(found.asker == made.asker.facts)
        #expect(found.basis == made.basis.facts)
        #expect(found.origin == made.origin)
        #expect(found.outcome == made.outcome)
        #expect(found.enforcement == made.enforcement)
        #expect(found.reason == made.reason)
        #expect(found.determining == made.determining)
        #expect(found.erred == made.erred)
        #expect(found.obligations == made.obligations)
        #expect(found.exemption == "exemption:1")
        #expect(found.approval == "approval:2")
        guard case .read(let inputs) = found.inputs else { Issue.record("inputs do not open"); return }
        #expect(inputs.action == "read" && inputs.resourceType == "document" && inputs.resourceID == "doc-1")
        #expect(inputs.reads == made.reads)
        #expect(try fixture.log.find(batch, tenant: fixture.tenant) == nil)
        #expect(try fixture.log.find(made.id, tenant: TenantID(high: 7, low: 7)) == nil)
    }

    @Test func `identical allows below mandatory fold, and whatever differs does not`() async throws {
        let recorder = try fixture.recorder { $0.flushInterval = .seconds(60) }
        let asker = fixture.asker(), same = fixture.asker()
        let first = fixture.decision(asker)
        #expect(recorder.record(first) == .recorded)
        for _ in 0..<8 { _ = recorder.record(fixture.decision(asker)) }
        let last = fixture.decision(same)
        _ = recorder.record(last)
        _ = recorder.record(fixture.decision(asker, resource: "doc-2"))
        _ = recorder.record(fixture.decision(asker) { $0.action = "write" })
        _ = recorder.record(fixture.decision(asker) { $0.determining = ["policy:documents@4"] })
        _ = recorder.record(fixture.decision(asker, enforcement: .recommended))
        _ = recorder.record(fixture.decision(fixture.asker(PersonID(high: 5, low: 5))))
        await recorder.stop()
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.count == 6)
        let fold = try #require(page.decisions.first { $0.fold != nil })
        #expect(fold.id == first.id && fold.at == first.at)
        #expect(fold.fold?.count == 10)
        #expect(fold.fold?.lastAt == last.at)
        #expect(fold.fold?.lastID == last.id)
        #expect(page.decisions.filter { $0.fold != nil }.count == 1)
        #expect(try fixture.log.find(last.id, tenant: fixture.tenant)?.sequence == fold.sequence)
        // Ids count up in the fixture: those between the first and the last are of the same fold, the next is not.
        for low in first.id.low...last.id.low {
            let found = try fixture.log.find(DecisionID(high: 9, low: low), tenant: fixture.tenant)
            #expect(found?.sequence == fold.sequence)
        }
        let next = try fixture.log.find(DecisionID(high: 9, low: last.id.low + 1), tenant: fixture.tenant)
        #expect(next != nil && next?.sequence != fold.sequence)
        #expect(try fixture.log.find(DecisionID(high: 9, low: first.id.low - 1), tenant: fixture.tenant) == nil)
        #expect(recorder.statistics.folded == 9 && recorder.statistics.recorded == 15)
    }

    // S4-64.
    @Test(arguments: [
        (RecordedDecision.Outcome.permit, RecordedDecision.Enforcement.mandatory), (.permit, .critical),
        (.deny, .advisory), (.error, .advisory), (.deny, .mandatory),
    ])
    func `denies, errors and everything mandatory or above stay single`(
        outcome: RecordedDecision.Outcome, enforcement: RecordedDecision.Enforcement
    ) async throws {
        let recorder = try fixture.recorder { $0.flushInterval = .seconds(60) }
        let asker = fixture.asker()
        for _ in 0..<5 { _ = recorder.record(fixture.decision(asker, outcome: outcome, enforcement: enforcement)) }
        await recorder.stop()
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.count == 5 && page.decisions.allSatisfy { $0.fold == nil })
    }

    @Test func `the same allow in two intervals is two records`() async throws {
        let recorder = try fixture.recorder()
        let asker = fixture.asker()
        _ = recorder.record(fixture.decision(asker))
        #expect(try await fixture.eventually { try fixture.log.list(fixture.tenant).decisions.count == 1 })
        _ = recorder.record(fixture.decision(asker))
        #expect(try await fixture.eventually { try fixture.log.list(fixture.tenant).decisions.count == 2 })
        await recorder.stop()
    }

    @Test func `one past the buffer is lost, or refused when mandatory, and becomes a gap`() async throws {
        let recorder = try fixture.recorder {
            $0.flushInterval = .seconds(60)
            $0.shardCount = 1
            $0.shardCapacity = 1
        }
        // The first fills the buffer; that wakes nobody early, because half of one is none.
        let asker = fixture.asker()
        #expect(recorder.record(fixture.decision(asker)) == .recorded)
        let lost = fixture.decision(asker, enforcement: .recommended)
        #expect(recorder.record(lost) == .lost)
        #expect(recorder.record(fixture.decision(asker, enforcement: .mandatory)) == .overflowed)
        let denied = fixture.decision(asker, enforcement: .critical)
        #expect(recorder.record(denied) == .overflowed)
        await recorder.stop()
        let gaps = try fixture.log.gaps(fixture.tenant)
        #expect(gaps.count == 1)
        #expect(gaps.first?.lost == 1 && gaps.first?.overflowed == 2)
        #expect(gaps.first?.first == lost.at && gaps.first?.last == denied.at)
        #expect(try fixture.log.list(fixture.tenant).decisions.count == 1)
        let statistics = recorder.statistics
        #expect(statistics.recorded == 1 && statistics.lost == 1 && statistics.overflowed == 2)
    }

    @Test func `one byte past the buffer's bytes is lost, and everything before is recorded`() async throws {
        let asker = fixture.asker(), decision = fixture.decision(asker)
        func recorded(bytes: Int) async throws -> Int64 {
            let recorder = try fixture.recorder {
                $0.flushInterval = .seconds(60)
                $0.shardCount = 1
                $0.shardBytes = bytes
            }
            _ = recorder.record(decision)
            await recorder.stop()
            return recorder.statistics.recorded
        }
        var fitting = 0
        for bytes in 1...1_024 where try await recorded(bytes: bytes) == 1 {
            fitting = bytes
            break
        }
        #expect(fitting > 100)
        #expect(try await recorded(bytes: fitting - 1) == 0)
    }

    @Test func `a subject nobody knows is recorded as that, and its inputs open`() async throws {
        let recorder = try fixture.recorder()
        let nobody = RecordedAsker(
            tenant: fixture.tenant,
            facts: .init(
                subject: nil, subjectVersion: 0, credential: nil, provider: nil, strength: .none, methods: [],
                authenticatedAt: nil))
        let made = fixture.decision(nobody, outcome: .deny, enforcement: .mandatory) {
            $0.reads = [RecordedRead(name: "subject.id", source: "request", value: .digest([7, 7]))]
        }
        #expect(recorder.record(made) == .recorded)
        await recorder.stop()
        let found = try #require(try fixture.log.find(made.id, tenant: fixture.tenant))
        #expect(found.asker.subject == nil && found.asker == nobody.facts)
        guard case .read(let inputs) = found.inputs else { Issue.record("inputs do not open"); return }
        #expect(inputs.reads == made.reads)
    }

    @Test func `when the disk fails, recording fails closed`() async throws {
        let recorder = try fixture.recorder()
        try FileManager.default.removeItem(atPath: fixture.directory)
        // A file where the directory should be: no segment can be made, whoever runs the test.
        try Data().write(to: URL(fileURLWithPath: fixture.directory))
        let asker = fixture.asker()
        await #expect(throws: Fault("decisions.stopped", .ourselves, "")) {
            try await recorder.recordDurably(fixture.decision(asker, enforcement: .mandatory))
        }
        #expect(try await fixture.eventually { recorder.statistics.failure != nil })
        #expect(recorder.statistics.failure?.code == "storage.file")
        #expect(recorder.record(fixture.decision(asker, enforcement: .mandatory)) == .overflowed)
        #expect(recorder.record(fixture.decision(asker)) == .lost)
        await recorder.stop()
    }

    @Test func `a durable record is on disk when it is answered, and nothing is taken after the end`() async throws {
        let recorder = try fixture.recorder { $0.flushInterval = .seconds(60) }
        let asker = fixture.asker(), one = fixture.decision(asker), two = fixture.decision(asker)
        try await recorder.recordDurably(one)
        #expect(try fixture.log.find(one.id, tenant: fixture.tenant)?.id == one.id)
        try await recorder.recordDurably(two)
        #expect(try fixture.log.find(two.id, tenant: fixture.tenant)?.fold == nil)
        #expect(recorder.statistics.durable >= 1)
        await recorder.stop()
        await #expect(throws: Fault("decisions.stopped", .ourselves, "")) { try await recorder.recordDurably(one) }
        #expect(recorder.record(fixture.decision(asker, enforcement: .mandatory)) == .overflowed)
    }

    @Test func `more durable records than may wait are refused`() async throws {
        let recorder = try fixture.recorder { $0.urgentLimit = 0 }
        await #expect(throws: Fault("decisions.overloaded", .ourselves, "")) {
            try await recorder.recordDurably(fixture.decision(fixture.asker()))
        }
        await recorder.stop()
    }
}
