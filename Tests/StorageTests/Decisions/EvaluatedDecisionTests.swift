import Authorization
import Foundation
import Storage
import Testing
import Vocabulary

@Suite struct EvaluatedDecisionTests {
    let fixture = DecisionFixture()
    let now = Timestamp(seconds: 1_700_000_000)
    let index: PolicyIndex
    let standing: Standing

    init() throws {
        let document: AttributeValue = [
            "version": 1,
            "policies": [
                [
                    "id": "own-documents", "effect": "allow", "enforcement": "recommended", "subjects": "any",
                    "actions": ["read"], "resources": ["types": ["document"]],
                    "when": [
                        "all": [
                            ["equals": ["resource.owner": ["ref": "subject.id"]]],
                            ["less_than": ["context.risk": 50]],
                        ]
                    ],
                ]
            ],
        ]
        index = try PolicyIndex(
            policies: PolicyDocument(document).policies,
            stamp: IndexStamp(generation: 1, policyDigest: [1], roleDigest: [2]))
        standing = try index.standing(of: SubjectFacts(id: "zoe", attributes: ["department": "legal"]))
    }

    private func evaluated(_ id: DecisionID, owner: AttributeValue?, risk: AttributeValue?) throws -> Evaluated {
        let request = try DecisionRequest(
            action: "read", resourceType: "document", resourceID: "d-1",
            resourceAttributes: Attributes(owner.map { ["owner": $0] } ?? [:]),
            context: Attributes(risk.map { ["risk": $0] } ?? [:]))
        return Evaluated(
            id: id, request: request, decision: index.decide(request, standing: standing, now: now),
            asker: fixture.asker(), basis: RecordedBasis(DecisionFixture.basis.facts, index: index))
    }

    /// An answer with what it was made of.
    private struct Evaluated {
        var id: DecisionID
        let request: DecisionRequest
        let decision: Decision
        let asker: RecordedAsker
        let basis: RecordedBasis
    }

    private func record(_ made: Evaluated, with recorder: DecisionRecorder) -> RecordResult {
        recorder.record(
            made.decision, id: made.id, at: now, request: made.request, standing: standing, asker: made.asker,
            basis: made.basis, factsPosition: 42,
            origin: RecordedOrigin(caller: nil, protocol: "authzen", request: "req-1"))
    }

    // S4-64.
    @Test(arguments: [("zoe", 10), ("zoe", nil), ("ada", 10), (nil, 10), ("zoe", 99)] as [(String?, Int64?)])
    func `what an answer of the index rests on is recorded as it was read`(owner: String?, risk: Int64?) async throws {
        let recorder = try fixture.recorder()
        let id = recorder.nextID(at: now)
        let made = try evaluated(id, owner: owner.map { .string($0) }, risk: risk.map { .integer($0) })
        #expect(record(made, with: recorder) == .recorded)
        await recorder.stop()
        let found = try #require(try fixture.log.find(id, tenant: fixture.tenant))
        #expect(found.at == now && found.id == id && found.factsPosition == 42)
        #expect(found.outcome == (made.decision.isPermitted ? .permit : .deny))
        #expect(found.enforcement == RecordedDecision.Enforcement(made.decision.enforcement))
        #expect(found.reason == made.decision.reason.rawValue)
        #expect(found.determining == made.decision.determining.map(\.description))
        #expect(found.erred.map(\.rule) == made.decision.erred.map(\.rule.description))
        #expect(found.erred.map(\.code) == made.decision.erred.map(\.code.rawValue))
        #expect(found.origin.request == "req-1")
        guard case .read(let inputs) = found.inputs else { Issue.record("inputs do not open"); return }
        #expect(inputs.action == "read" && inputs.resourceType == "document" && inputs.resourceID == "d-1")
        let reads = index.reads(of: made.decision, made.request, standing: standing)
        #expect(!reads.isEmpty)
        #expect(inputs.reads.map(\.name) == reads.map(\.path.description))
        #expect(inputs.reads.map(\.source) == reads.map(\.source.rawValue))
        #expect(inputs.reads.map(\.value) == reads.map { $0.value.map(RecordedRead.Value.value) ?? .absent })
    }

    @Test func `every id handed out for a fold leads to its record, over several shards and full folds`() async throws {
        let recorder = try fixture.recorder { $0.flushInterval = .seconds(60) }
        var made = try evaluated(recorder.nextID(at: now), owner: "zoe", risk: 10)
        #expect(made.decision.isPermitted)
        let count = 40_000
        let ids = (0..<count).map { recorder.nextID(at: now + .microseconds(Int64($0) * 100)) }
        for id in ids {
            made.id = id
            #expect(record(made, with: recorder) == .recorded)
        }
        await recorder.stop()
        #expect(Set(ids).count == count)
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.compactMap(\.fold?.count).reduce(0, +) == Int64(count))
        #expect(page.decisions.count > 1 && page.decisions.count < 10)
        for id in [ids[0], ids[1], ids[count / 2], ids[count - 2], ids[count - 1]] {
            #expect(try fixture.log.find(id, tenant: fixture.tenant)?.fold != nil)
        }
        #expect(try fixture.log.find(recorder.nextID(at: now), tenant: fixture.tenant) == nil)
    }
}
