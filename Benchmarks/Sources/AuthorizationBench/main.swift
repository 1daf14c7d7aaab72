import Authorization
import Foundation
import Vocabulary

// Measures decisions per second on one core, from texts to a decision with all determining rules; no result is cached.
// AuthorizationBench [workload.json …]   without a file: worlds of its own, by another seed. Exits 1 below a bar.

/// One request as a caller has it: names and values.
struct Question {
    let person: String
    let request: DecisionRequest
    let expected: Bool
    let determining: [String]
}

func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func isRight(_ decision: Decision, _ question: Question) -> Bool {
    let ids = decision.determining.map { rule in if case .policy(let id, _) = rule { id } else { rule.description } }
    return decision.isPermitted == question.expected && ids.sorted() == question.determining.sorted()
}

func measure(_ name: String, _ world: World, bar: Double) throws -> Bool {
    let stamp = IndexStamp(generation: 1, policyDigest: [], roleDigest: [])
    let index = try PolicyIndex(policies: PolicyDocument(world.document).policies, stamp: stamp)
    let people = try SubjectDirectory(world.subjects, index: index)
    let resources = try ResourceDirectory(world.resources, index: index)
    let questions = try world.requests.map { request in
        Question(
            person: request.u,
            request: try DecisionRequest(
                action: request.a, resourceType: "doc", resourceID: request.d, context: Attributes(request.c)),
            expected: request.expected, determining: request.determining)
    }
    let now = Timestamp(seconds: 1_700_000_000)
    var wrong = 0
    for question in questions {
        guard let standing = people.standing(of: question.person) else { continue }
        let decision = index.decide(question.request, standing: standing, resources: resources, now: now)
        if !isRight(decision, question) { wrong += 1 }
    }
    // As a caller holds them, so that the loop measures decisions and not copies of `Question`.
    let (names, requests) = (questions.map(\.person), questions.map(\.request))
    var best = 0.0
    var named = 0
    for _ in 0..<15 {
        let start = threadSeconds()
        for _ in 0..<10 {
            for question in questions {
                guard let standing = people.standing(of: question.person) else { continue }
                named +=
                    index.decide(question.request, standing: standing, resources: resources, now: now).determining.count
            }
        }
        best = max(best, Double(questions.count * 10) / (threadSeconds() - start))
    }
    let verdict = wrong == 0 && best >= bar ? "ok" : "BELOW"
    print(
        "\(name): \(Int(best)) decisions/s on one core, \(Int(1e9 / best)) ns each; "
            + "\(questions.count - wrong)/\(questions.count) answers and rules right; bar \(Int(bar)): \(verdict) [\(named)]"
    )
    return verdict == "ok"
}

var isGood = true
let files = CommandLine.arguments.dropFirst()
for file in files {
    let world = try JSONDecoder().decode(World.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    isGood = try measure(file, world, bar: 1_000_000) && isGood
}
if files.isEmpty {
    let small = World.Size(people: 1_000, groups: 100, documents: 500, policies: 200, requests: 10_000)
    isGood = try measure("200 policies", .make(small, seed: 20_261_121), bar: 1_000_000) && isGood
    let large = World.Size(people: 100_000, groups: 2_000, documents: 50_000, policies: 2_000, requests: 10_000)
    isGood = try measure("2,000 policies", .make(large, seed: 20_261_122), bar: 500_000) && isGood
}
exit(isGood ? 0 : 1)
