import Foundation
@_spi(SAMLDebugging) import SAML
import Testing

@testable import gatehouse

@Suite("The corpus of SAML messages")
struct SAMLCorpusTests {
    static let manifest = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Corpus/saml/manifest.json").path

    private func outcomes(_ policy: SAMLPolicyName) throws -> [SAMLBatch.Outcome] {
        try SAMLBatch(manifest: Self.manifest, policy: policy).outcomes()
    }

    @Test("Every verdict is right when old algorithms are believed, and every name is the one that is meant")
    func legacy() throws {
        let outcomes = try outcomes(.legacy)
        #expect(outcomes.count == 175)
        for outcome in outcomes where outcome.item.verdict != "policy" {
            #expect(outcome.verdict == outcome.item.verdict, "\(outcome.item.id): \(outcome.finding?.refusals ?? [])")
            guard outcome.verdict == "accept", let name = outcome.item.expectNameid else { continue }
            #expect(outcome.finding?.nameID?.value == name, "\(outcome.item.id)")
        }
    }

    @Test("Nothing is accepted that should not be under the service's own policy")
    func strict() throws {
        for outcome in try outcomes(.strict) where outcome.item.verdictStrict != "policy" {
            #expect(
                outcome.verdict == outcome.item.verdictStrict, "\(outcome.item.id): \(outcome.finding?.refusals ?? [])")
        }
    }

    @Test("Each refusal has a reason that its message deserves")
    func reasons() throws {
        var strange: [String] = []
        for outcome in try outcomes(.legacy) where outcome.item.verdict == "reject" {
            let expected = Set(outcome.item.reasons ?? [])
            if expected.isDisjoint(with: outcome.reasons) {
                strange.append("\(outcome.item.id): \(outcome.reasons), and not \(expected.sorted())")
            }
        }
        #expect(strange == [])
    }

    @Test("The policy of old algorithms is named by the command line only")
    func confinement() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            guard try String(contentsOf: file, encoding: .utf8).contains("@_spi(SAMLDebugging) import") else {
                continue
            }
            let target = file.path.dropFirst(sources.path.count + 1).split(separator: "/")[0]
            found.insert(String(target))
        }
        #expect(found == ["gatehouse"])
    }
}
