import Authorization
import Foundation
import Storage
import Testing
import Vocabulary

/// Reads of every kind, as an answer of the index hands them over.
@Suite struct EvaluatedReadsTests {
    let fixture = DecisionFixture()
    let now = Timestamp(seconds: 1_700_000_000)
    let index: PolicyIndex
    let standing: Standing
    let resources: ResourceDirectory
    let request: DecisionRequest

    init() throws {
        let conditions: [AttributeValue] = [
            ["equals": ["resource.owner": ["ref": "subject.id"]]], ["equals": ["resource.kind": "memo"]],
            ["less_than": ["resource.size": 10]], ["equals": ["resource.draft": false]],
            ["greater_than": ["resource.weight": 0.5]], ["contains": ["resource.tags": "a"]],
            ["contains": ["resource.summary": "x"]], ["equals": ["resource.colour": "blue"]],
            ["contains": ["context.note": "x"]], ["equals": ["context.place.zone": "corp"]],
            ["less_than": ["context.score": 1.5]], ["less_than": ["context.risk": 50]],
            ["equals": ["context.mfa": true]],
            ["equals": ["context.channel": "web"]], ["equals": ["context.a_long_name_one": 1]],
            ["equals": ["context.a_long_name_two": 2]], ["equals": ["resource.id": "d-1"]],
            ["equals": ["resource.type": "document"]],
            ["any": [["equals": ["context.missing": 1]], ["equals": ["context.mfa": true]]]],
        ]
        let policies = (0..<10).map { number -> AttributeValue in
            [
                "id": .string("p\(number)"), "effect": "allow", "subjects": "any", "actions": ["read"],
                "resources": ["types": ["document"]], "when": ["all": .list(conditions)],
            ]
        }
        index = try Self.index(["version": 1, "policies": .list(policies)])
        standing = try index.standing(of: SubjectFacts(id: "zoe"))
        resources = try ResourceDirectory(
            [
                ResourceFacts(
                    type: "document", id: "d-1",
                    attributes: [
                        "owner": "zoe", "kind": "memo", "size": 3, "draft": false, "weight": 0.75, "tags": ["b", "a"],
                        "summary": .string(String(repeating: "y", count: 300) + "x"),
                    ])
            ], index: index)
        request = try DecisionRequest(
            action: "read", resourceType: "document", resourceID: "d-1",
            resourceAttributes: ["owner": "mallory", "colour": "blue"],
            context: [
                "note": .string(String(repeating: "ä", count: 200) + "x"), "place": ["zone": "corp"], "score": 1.25,
                "risk": -7, "mfa": true, "channel": "web", "a_long_name_two": 2, "a_long_name_one": 1,
            ])
    }

    private static func index(_ document: AttributeValue) throws -> PolicyIndex {
        try PolicyIndex(
            policies: PolicyDocument(document).policies,
            stamp: IndexStamp(generation: 1, policyDigest: [1], roleDigest: [2]))
    }

    private func recorded(
        _ decision: Decision, basis: RecordedBasis, _ origin: RecordedOrigin
    ) async throws -> StoredDecision {
        let recorder = try fixture.recorder()
        let id = recorder.nextID(at: now)
        #expect(
            recorder.record(
                decision, id: id, at: now, request: request, standing: standing, resources: resources,
                asker: fixture.asker(), basis: basis, factsPosition: 42, origin: origin) == .recorded)
        await recorder.stop()
        return try #require(try fixture.log.find(id, tenant: fixture.tenant))
    }

    // S4-64.
    @Test func `values of every kind are recorded as they were read, and more rules than eight by name`() async throws {
        let decision = index.decide(request, standing: standing, resources: resources, now: now)
        #expect(decision.isPermitted && decision.determining.count == 10)
        let found = try await recorded(
            decision, basis: RecordedBasis(DecisionFixture.basis.facts, index: index),
            RecordedOrigin(caller: nil, protocol: "authzen", request: "Req:1._-z9", trace: "not a token"))
        #expect(found.determining == decision.determining.map(\.description))
        #expect(found.origin.request == "Req:1._-z9" && found.origin.trace == nil)
        guard case .read(let inputs) = found.inputs else { Issue.record("inputs do not open"); return }
        let reads = index.reads(of: decision, request, standing: standing, resources: resources)
        #expect(reads.count == 20)
        #expect(inputs.reads.map(\.name) == reads.map(\.path.description))
        #expect(inputs.reads.map(\.source) == reads.map(\.source.rawValue))
        #expect(inputs.reads.map(\.value) == reads.map { $0.value.map(RecordedRead.Value.value) ?? .absent })
    }

    @Test func `of another index, rules are recorded by name and no attribute is read by its numbers`() async throws {
        let decision = index.decide(request, standing: standing, resources: resources, now: now)
        let other = try Self.index(["version": 1, "policies": []])
        let found = try await recorded(
            decision, basis: RecordedBasis(DecisionFixture.basis.facts, index: other),
            RecordedOrigin(caller: nil, protocol: "authzen"))
        #expect(found.reason == decision.reason.rawValue)
        #expect(found.determining == decision.determining.map(\.description))
        guard case .read(let inputs) = found.inputs else { Issue.record("inputs do not open"); return }
        #expect(inputs.resourceID == "d-1" && inputs.reads.isEmpty)
    }
}
