import Authorization
import BenchTable
import Foundation
import Storage
import Vocabulary

/// One world's questions, put to the engine: first for the answers, then for the time, then with the recorder on.
struct DecisionRun {
    let index: PolicyIndex
    let people: SubjectDirectory
    let resources: ResourceDirectory
    /// As a caller holds them: names and values.
    let names: [String]
    let requests: [DecisionRequest]
    let expected: [(isPermitted: Bool, rules: [String])]
    let now = Timestamp(seconds: 1_700_000_000)

    init(_ world: World) throws {
        let stamp = IndexStamp(generation: 1, policyDigest: [1], roleDigest: [2])
        index = try PolicyIndex(policies: PolicyDocument(world.document).policies, stamp: stamp)
        people = try SubjectDirectory(world.subjects, index: index)
        resources = try ResourceDirectory(world.resources, index: index)
        names = world.requests.map(\.u)
        requests = try world.requests.map { request in
            try DecisionRequest(
                action: request.a, resourceType: "doc", resourceID: request.d, context: Attributes(request.c))
        }
        expected = world.requests.map { ($0.expected, $0.determining.sorted()) }
    }

    func measure(_ name: String, bar: Double, _ table: BenchTable) async throws {
        table.exact("\(name): answers and determining rules right", right(), requests.count)
        say("\(name): \(Int(1e9 / bare())) ns per decision before it is recorded")
        try await RecordedRun(self).measure(name, bar: bar, table)
    }

    private func right() -> Int {
        requests.indices.count { number in
            guard let standing = people.standing(of: names[number]) else { return false }
            let decision = index.decide(requests[number], standing: standing, resources: resources, now: now)
            let ids = decision.determining.map { rule in
                if case .policy(let id, _) = rule { id } else { rule.description }
            }
            return decision.isPermitted == expected[number].isPermitted && ids.sorted() == expected[number].rules
        }
    }

    /// Decisions per second, nothing recorded.
    private func bare() -> Double {
        var best = 0.0
        var named = 0
        for _ in 0..<10 {
            let start = Processor.threadSeconds
            for _ in 0..<10 {
                for number in requests.indices {
                    guard let standing = people.standing(of: names[number]) else { continue }
                    named +=
                        index.decide(requests[number], standing: standing, resources: resources, now: now)
                        .rules.count
                }
            }
            best = max(best, Double(requests.count * 10) / (Processor.threadSeconds - start))
        }
        // Used, so that the compiler cannot leave the loop out.
        return named > 0 ? best : 0
    }
}
