import Authorization
import Foundation
import Testing
import Vocabulary

/// The published workload: every answer and every set of determining rules.
@Suite struct WorkloadTests {
    struct Workload: Decodable {
        struct Person: Decodable { let groups: [String]; let attrs: [String: AttributeValue] }
        struct Document: Decodable { let project: String; let attrs: [String: AttributeValue] }
        struct Rule: Decodable {
            let id: String
            let effect: String
            let group: String?
            let actions: [String]
            let project: String?
            let when: [[AttributeValue]]
        }
        struct Request: Decodable {
            let u: String
            let a: String
            let d: String
            let c: [String: AttributeValue]
            let expected: Bool
            let determining: [String]
        }
        let groups: [String: [String]]
        let users: [String: Person]
        let docs: [String: Document]
        let policies: [Rule]
        let requests: [Request]

        func closure(_ direct: [String]) -> [String] {
            var found: Set<String> = []
            var pending = direct
            while let next = pending.popLast() { if found.insert(next).inserted { pending += groups[next] ?? [] } }
            return found.sorted()
        }
    }

    private static let operators = [
        "==": "equals", "!=": "not_equals", "<": "less_than", "<=": "less_than_or_equal", ">": "greater_than",
        ">=": "greater_than_or_equal", "in": "in",
    ]

    private func path(_ name: String) -> String {
        name == "principal.type" ? "subject.employment" : name.replacingOccurrences(of: "principal.", with: "subject.")
    }

    private func policy(_ source: Workload.Rule) throws -> AttributeValue {
        var parts = try source.when.map { part -> AttributeValue in
            let (left, name, right) = (try #require(part[0].string), try #require(part[1].string), part[2])
            let isReference = right.string?.hasPrefix("$") ?? false
            let operand: AttributeValue =
                isReference ? ["ref": .string(path(String(try #require(right.string).dropFirst())))] : right
            return .object([try #require(Self.operators[name]): .object([path(left): operand])])
        }
        if let project = source.project { parts.append(["equals": ["resource.project": .string(project)]]) }
        return rule(
            source.id,
            [
                "effect": source.effect == "forbid" ? "deny" : "allow",
                "actions": .list(source.actions.map(AttributeValue.string)),
                "subjects": source.group.map { .object(["groups": [.string($0)]]) } ?? "any",
                "when": ["all": .list(parts)],
            ])
    }

    @Test func allTenThousandAnswersAndDeterminingRulesAreRight() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/authz/workload.json")
        let work = try JSONDecoder().decode(Workload.self, from: Data(contentsOf: file))
        let index = try compiled(work.policies.map(policy))
        let people = try SubjectDirectory(
            work.users.map { id, person in
                var attributes = person.attrs
                attributes["employment"] = attributes.removeValue(forKey: "type")
                return SubjectFacts(id: id, groups: work.closure(person.groups), attributes: Attributes(attributes))
            }, index: index)
        let documents = try ResourceDirectory(
            work.docs.map { id, document in
                let attributes = document.attrs.merging(["project": .string(document.project)]) { old, _ in old }
                return ResourceFacts(type: "doc", id: id, attributes: Attributes(attributes))
            }, index: index)
        #expect(work.requests.count == 10_000)
        var wrong: [Int] = []
        for (number, question) in work.requests.enumerated() {
            let standing = try #require(people.standing(of: question.u))
            let decision = index.decide(
                try request(question.a, "doc", question.d, context: Attributes(question.c)), standing: standing,
                resources: documents, now: noon)
            if decision.isPermitted != question.expected || decision.ids.sorted() != question.determining.sorted()
                || !decision.erred.isEmpty
            {
                wrong.append(number)
            }
        }
        #expect(wrong.isEmpty)
    }
}
