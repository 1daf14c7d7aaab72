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
        let names = Requirement.testNames(in: tests)
        #expect(rows.filter { !$0.isProved(by: names) }.map(\.id) == [])
    }

    /// So that a row which names a test of something else is noticed where it is written.
    @Test("A requirement that is said to work is named by a test")
    func namedRequirements() throws {
        let rows = Requirement.rows(in: try house.text("docs/requirements.md"))
        let tests = try house.sources(under: "Tests").filter { !$0.path.contains("TidyTests/") }
        let named = Set(
            tests.flatMap { $0.lines.flatMap { line in line.matches(of: #/S[0-4]-\d\d/#).map { String($0.output) } } })
        #expect(named.count > 200)
        #expect(rows.filter { $0.state == "works" && !named.contains($0.id) }.map(\.id) == [])
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

    @Test("A row without a real test is not believed, and neither is half a name")
    func unprovedRow() {
        let page = """
            | S0-01 | a | works | a person signs in |
            | S0-02 | b | works | |
            | S0-03 | c | not built | |
            | S0-04 | d | partly | whole(name:of:) ; `in ticks` |
            | S0-05 | e | works | a person signs |
            | S0-06 | f | works | whole(name: |
            | S0-07 | g | works | and out again |
            """
        let rows = Requirement.rows(in: page)
        let tests = [
            """
            @Test("S0-01 S0-09 a person signs in; and out again") func signs() {}
            @Test func whole(
                name: String, of length: Int) {}
            @Test func `in ticks`() {}
            """
        ]
        let names = Requirement.testNames(in: tests)
        #expect(rows.map { $0.isProved(by: names) } == [true, false, true, true, false, false, true])
        #expect(!rows[0].isProved(by: Requirement.testNames(in: ["@Test(\"somebody else\")", "// a person signs in"])))
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
    func isProved(by names: Set<String>) -> Bool {
        if state == "not built" { return tests.isEmpty }
        return !tests.isEmpty && tests.allSatisfy(names.contains)
    }

    /// What tests are called in these sources: by what they say of themselves without the requirements in front, or a
    /// clause of it between semicolons; by their functions, with labels or without.
    static func testNames(in sources: [String]) -> Set<String> {
        var names: Set<String> = []
        for source in sources {
            for match in source.matches(of: #/@(?:Test|Suite)\(\s*"((?:[^"\\]|\\.)*)"/#) {
                let said = match.1.replacing("\\\"", with: "\"").replacing(#/^(?:S\d-\d\d[ ,]*)+/#, with: "")
                names.insert(String(said))
                for clause in said.split(separator: ";") { names.insert(clause.trimmingCharacters(in: .whitespaces)) }
            }
            for match in source.matches(of: #/func (`[^`]+`|\w+)\s*\(([^)]*)\)/#) {
                let name = match.1.trimmingCharacters(in: ["`"])
                let labels = match.2.matches(of: #/(?:^|,)\s*(\w+)(?: \w+)?:/#).map { "\($0.1):" }
                names.formUnion([name, "\(name)(\(labels.joined()))"])
            }
        }
        return names
    }
}
