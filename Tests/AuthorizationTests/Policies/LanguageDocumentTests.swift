import Authorization
import Foundation
import Testing
import Vocabulary

@Suite struct LanguageDocumentTests {
    /// The examples of the language's documentation: the blocks marked `json`.
    private func examples() throws -> [PolicyDocument] {
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/policy-language.md")
        let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```json\n").dropFirst()
        return try parts.map { part in
            let text = try #require(part.components(separatedBy: "```").first)
            return try PolicyDocument(JSONDecoder().decode(AttributeValue.self, from: Data(text.utf8)))
        }
    }

    @Test func everyExampleLoadsAndItsCasesPass() throws {
        let examples = try examples()
        #expect(examples.count == 4)
        #expect(examples.map(\.tests.count) == [2, 2, 0, 2])
        let names = ["Reviewer", "Operator"]
        let roles = try RoleGraph(
            names.enumerated().map { RoleDefinition(id: roleID(UInt64($0.offset + 1)), name: $0.element) })
        for example in examples {
            #expect(PolicyLint.findings(example.policies, known: KnownNames(roles: Set(names))).isEmpty)
            let index = try PolicyIndex(policies: example.policies, roles: roles, stamp: stamp())
            for test in example.tests { #expect(test.run(on: index, now: noon) == .passed, "\(test.name)") }
        }
    }
}
