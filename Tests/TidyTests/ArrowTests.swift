import Testing

@Suite("The arrows between targets")
struct ArrowTests {
    let house = House.here

    private func table() throws -> ArrowTable {
        ArrowTable(markdown: try house.text("docs/architecture.md"))
    }

    @Test("No file imports a target that the table does not allow")
    func importsFollowTheTable() throws {
        let files = try house.sources()
        #expect(files.count > 10, "the sources were not found")
        #expect(try table().forbidden(in: files) == [])
    }

    @Test("The table and the folders under Sources name the same targets")
    func tableNamesWhatExists() throws {
        let folders = house.folders(in: "Sources").filter { $0 != "System" } + house.folders(in: "Sources/System")
        #expect(Set(try table().allowed.keys) == Set(folders))
    }

    @Test("The arrows have no circle")
    func noCircle() throws {
        #expect(try table().circle() == nil)
    }

    @Test("Package.swift depends on what the table allows, no more and no less")
    func manifestEqualsTable() throws {
        let allowed = try table().allowed
        let manifest = Manifest(swift: try house.text("Package.swift"), targets: Set(allowed.keys))
        #expect(Set(manifest.dependencies.keys) == Set(allowed.keys))
        for (target, names) in allowed.sorted(by: { $0.key < $1.key }) {
            #expect(manifest.dependencies[target] == names, "\(target) in Package.swift")
        }
    }

    @Test(
        "A planted import is found, however it is written",
        arguments: [
            "import Storage", "@testable import Storage", "public import Storage", "  import struct Storage.Row",
            "@preconcurrency import Storage", "/* why */ import Storage",
        ])
    func plantedImport(line: String) throws {
        let planted = SourceFile(
            path: "Sources/Authorization/Index/Planted.swift", text: "import Vocabulary\n\(line)\n")
        let expected = "Sources/Authorization/Index/Planted.swift: Authorization may not import Storage"
        #expect(try table().forbidden(in: [planted]) == [expected])
    }

    @Test(
        "What is no import is not taken for one",
        arguments: [
            "// import Storage", "let text = \"import Storage\"", "/*\nimport Storage\n*/",
            "\"\"\"\nimport Storage\n\"\"\"",
        ])
    func noImport(text: String) throws {
        let file = SourceFile(path: "Sources/Authorization/Index/Quoted.swift", text: text)
        #expect(try table().forbidden(in: [file]) == [])
    }

    @Test("A target the table does not know is reported")
    func unknownTarget() throws {
        let file = SourceFile(path: "Sources/Utilities/Things.swift", text: "")
        #expect(try table().forbidden(in: [file]).count == 1)
    }

    @Test("A circle is found")
    func plantedCircle() {
        let table = ArrowTable(markdown: "| A | one | B |\n| B | two | C |\n| C | three | A |\n")
        #expect(table.circle() == ["A", "B", "C", "A"])
    }

    @Test("A dependency added to the manifest is seen")
    func plantedDependency() {
        let text = #"library("LDAP", ["CLDAP", "Vocabulary", .product(name: "Storage", package: "x")])"#
        let manifest = Manifest(swift: text, targets: ["LDAP", "CLDAP", "Vocabulary", "Storage"])
        #expect(manifest.dependencies == ["LDAP": ["CLDAP", "Vocabulary"]])
    }
}
