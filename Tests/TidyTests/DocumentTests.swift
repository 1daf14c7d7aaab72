import Foundation
import Testing

@Suite("The documents tell the truth")
struct DocumentTests {
    let house = House.here

    @Test("Every relative link leads somewhere")
    func links() throws {
        let pages = ["README.md", "CHANGELOG.md", "certs/README.md"] + house.files(under: "docs", endingWith: ".md")
        var broken: [String] = []
        for page in pages {
            let folder = (page as NSString).deletingLastPathComponent
            for target in Self.relativeLinks(in: try house.text(page)) {
                let path = (folder as NSString).appendingPathComponent(target)
                if !house.exists(path) { broken.append("\(page): \(target)") }
            }
        }
        #expect(broken == [])
    }

    @Test("The README shows the two commands on its first screen")
    func readme() throws {
        let first = try house.text("README.md").components(separatedBy: "\n").prefix(40).joined(separator: "\n")
        #expect(first.contains("make run") && first.contains("make test"))
    }

    @Test("Decision pages are numbered without a gap and have their three parts")
    func decisions() throws {
        let pages = house.files(under: "docs/decisions", endingWith: ".md").map { ($0 as NSString).lastPathComponent }
        #expect(!pages.isEmpty)
        for (index, page) in pages.enumerated() {
            #expect(page.hasPrefix(String(format: "%04d-", index + 1)), "\(page)")
            let text = try house.text("docs/decisions/\(page)")
            for part in ["## Context", "## Decision", "## Consequences"] {
                #expect(text.contains(part), "\(page) has no \(part)")
            }
        }
    }

    @Test("A requirement that is said to work names a test that exists")
    func requirements() throws {
        let rows = Requirement.rows(in: try house.text("docs/requirements.md"))
        let tests = try house.sources(under: "Tests").map { $0.lines.joined(separator: "\n") }
        #expect(rows.filter { !$0.isProved(by: tests) }.map(\.id) == [])
    }

    @Test("There is one row for each requirement, in a state that means something")
    func requirementRows() throws {
        let rows = Requirement.rows(in: try house.text("docs/requirements.md"))
        let expected = [("S0", 83), ("S1", 80), ("S2", 38), ("S3", 52), ("S4", 79)].flatMap { seed, count in
            (1...count).map { String(format: "%@-%02d", seed, $0) }
        }
        #expect(rows.map(\.id) == expected)
        #expect(rows.filter { !Requirement.states.contains($0.state) }.map(\.id) == [])
    }

    @Test("A row without a real test is not believed")
    func unprovedRow() {
        let page = "| S0-01 | a | works | a person signs in |\n| S0-02 | b | works | |\n| S0-03 | c | not built | |\n"
        let rows = Requirement.rows(in: page)
        #expect(rows.map { $0.isProved(by: ["@Test(\"a person signs in\")"]) } == [true, false, true])
        #expect(!rows[0].isProved(by: ["@Test(\"somebody else\")"]))
    }

    @Test("A broken link would be found")
    func brokenLink() {
        let text = "[a](b.md#part) [c](https://example.org/d) [e](#f) ![g](h.png) `[not](a.link)`"
        #expect(Self.relativeLinks(in: text) == ["b.md", "h.png"])
    }

    static func relativeLinks(in markdown: String) -> [String] {
        let text = markdown.replacing(#/```[\s\S]*?```|`[^`\n]*`/#, with: "")
        return text.matches(of: #/\]\(([^)\s]+)\)/#).compactMap { match in
            let target = String(match.1.prefix { $0 != "#" })
            return target.isEmpty || target.contains("://") || target.hasPrefix("mailto:") ? nil : target
        }
    }
}

/// A row of docs/requirements.md: `| id | what | state | test |`, the last a test's name or function, several by `;`.
struct Requirement {
    let id: String
    let state: String
    let tests: [String]

    static let states: Set<String> = ["works", "partly", "not built"]

    static func rows(in markdown: String) -> [Requirement] {
        markdown.components(separatedBy: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 6, cells[1].wholeMatch(of: #/S[0-4]-\d\d/#) != nil else { return nil }
            let tests = cells[4].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces.union(["`"])) }
            return Requirement(id: cells[1], state: cells[3], tests: tests.filter { !$0.isEmpty })
        }
    }

    /// What claims to work, even partly, needs a test, and each test it names has to exist.
    func isProved(by sources: [String]) -> Bool {
        if state == "not built" { return tests.isEmpty }
        return !tests.isEmpty && tests.allSatisfy { name in sources.contains { $0.contains(name) } }
    }
}
