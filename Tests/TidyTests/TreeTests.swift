import Foundation
import Testing

@Suite("The shape of the tree")
struct TreeTests {
    let house = House.here

    static let topLevel: Set<String> = [
        "Package.swift", "Package.resolved", "Sources", "Tests", "config", "certs", "README.md", "Makefile", "docs",
        "CHANGELOG.md", "Benchmarks", "Fuzz", ".ci", ".editorconfig", ".swift-format", ".gitignore", ".gitattributes",
    ]

    @Test("The top level holds what a newcomer expects and nothing else")
    func topLevelEntries() throws {
        let mine = try house.topLevel().filter {
            ![".git", ".swiftpm", "var"].contains($0) && !$0.hasPrefix(".build") && !$0.hasSuffix(".profraw")
        }
        #expect(Set(mine).subtracting(Self.topLevel).sorted() == [])
        #expect(Self.topLevel.subtracting(mine + ["Package.resolved", ".gitattributes"]).sorted() == [])
    }

    @Test("Folders are features, not layers or drawers")
    func folderNames() {
        let layers: Set<String> = [
            "Models", "Model", "Services", "Controllers", "Views", "Helpers", "Helper", "Utils", "Util", "Utilities",
            "Common", "Misc", "Extensions", "Protocols", "Types", "Managers", "Interfaces", "Core", "Base",
        ]
        let paths = house.files(under: "Sources") + house.files(under: "Tests")
        let folders = Set(paths.flatMap { $0.split(separator: "/").dropLast().map(String.init) })
        #expect(folders.intersection(layers).sorted() == [])
    }

    @Test("Every test folder mirrors a folder of its target")
    func testsMirror() {
        let free: Set<String> = ["EndToEndTests", "TidyTests", "Tools", "Corpus", "Conformance", "Interop"]
        // Of targets too small for tests of their own: they stand with the target that uses them most.
        let guests: Set<String> = ["GatehouseClientTests/Demo", "GatehouseClientTests/Nginx", "LDAPTests/Fixture"]
        var strays: [String] = []
        for target in house.folders(in: "Tests") where !free.contains(target) {
            let source = "Sources/" + target.dropLast("Tests".count)
            guard target.hasSuffix("Tests"), house.exists(source) else { strays.append("Tests/\(target)"); continue }
            strays += house.folders(in: "Tests/\(target)")
                .filter {
                    !["Support", "Corpus", "Fixtures", "Crash"].contains($0) && !house.exists("\(source)/\($0)")
                }
                .map { "\(target)/\($0)" }.filter { !guests.contains($0) }.map { "Tests/" + $0 }
        }
        #expect(strays == [])
    }

    @Test("No placeholder is left in a target")
    func noPlaceholders() {
        let files = house.files(under: "Sources", endingWith: ".swift")
        #expect(files.filter { $0.hasSuffix("/Placeholder.swift") } == [])
    }

    @Test("No file names a path of somebody's machine")
    func noMachinePaths() throws {
        // Put together here, so that this file does not name them either.
        let patterns = ["/wo" + "rk/", "/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", "/tmp/ro" + "om"]
        var found: [String] = []
        for path in productFiles() {
            guard let text = try? house.text(path) else { continue }
            let code = text.replacing("ProtectHo" + "me", with: "")
            found += patterns.filter { code.contains($0) }.map { "\(path): \($0)" }
        }
        #expect(found == [])
    }

    private func productFiles() -> [String] {
        let folders = ["Sources", "Tests", "config", "docs", "Benchmarks", "Fuzz"]
        let binary = [".png", ".bin", ".gz", ".zip"]
        return
            (["Makefile", "README.md", "CHANGELOG.md", "Package.swift", ".ci/run"]
            + folders.flatMap { house.files(under: $0) })
            .filter { path in !binary.contains { path.hasSuffix($0) } }
    }
}
