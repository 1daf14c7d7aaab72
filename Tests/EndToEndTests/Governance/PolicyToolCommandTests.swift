import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("The command line judges and tries policies")
struct PolicyToolCommandTests {
    private static let draft = """
        name: Archives
        rules:
          - { id: archives, effect: deny, actions: [write], resources: { types: [file], ids: ["archive/*"] } }
        tests:
          - { name: archive, action: write, resource: { type: file, id: archive/1 }, expect: deny, rule: archives }
        """

    @Test(
        "S3-34 S3-35 S4-47 a document of every style is judged and tried without a gateway, and the exit status tells")
    func offline() async throws {
        let installed = try await Installed()
        let good = try installed.file("good.yaml", Self.draft)
        let held = try await installed.judge("policy", "test", good)
        #expect(held.status == 0 && held.output.contains("✓  archive"), "\(held)")
        let wrong = try installed.file(
            "wrong.yaml", Self.draft.replacingOccurrences(of: "expect: deny", with: "expect: permit"))
        let failed = try await installed.judge("policy", "test", wrong)
        #expect(
            failed.status == 1 && failed.output.contains("✗  archive")
                && failed.output.contains("expected permit, got deny"))
        let broken = try installed.file(
            "broken.yaml", Self.draft.replacingOccurrences(of: "effect: deny", with: "effect: dney"))
        let judged = try await installed.judge("policy", "lint", broken)
        #expect(judged.status == 1 && judged.error.contains("broken.yaml:3: rules[0].effect"), "\(judged.error)")
        let analysed = try await installed.judge("policy", "analyze", "--offline", "--file", good)
        #expect(analysed.status == 0 && analysed.output.contains("Nothing was found"), "\(analysed)")
        let wide = try installed.file("wide.yaml", "id: wide\neffect: allow")
        let found = try await installed.judge("policy", "analyze", "--offline", "--file", wide)
        #expect(found.status == 1 && found.output.contains("over_broad"))
        let empty = try installed.file("empty.yaml", "name: x\nrules: []")
        #expect(try await installed.judge("policy", "test", empty).status == 1)
    }

    @Test(
        "S3-35 S3-36 S3-37 S3-46 S3-47 S3-48 a draft is simulated, replayed, asked for everybody, exported, imported and made of a template"
    )
    func withGateway() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let draft = try installed.file("draft.yaml", Self.draft)
            let questions = try installed.file(
                "questions.yaml", "questions: [{ action: write, resource: { type: file, id: archive/1 } }]")
            try await installed.done("user", "add", "ada")
            try await installed.done("role", "add", "Clerk", "--permission", "*:file")
            try await installed.done("role", "assign", "Clerk", "ada")
            try await installed.done("decide", "ada", "write", "file:archive/1")
            let simulated = try await installed.done(
                "policy", "simulate",
                try installed.file(
                    "clerk.yaml", "{ person: ada, action: write, resource: { type: file, id: archive/1 } }"),
                "--file", draft)
            #expect(
                simulated.contains("≠") && simulated.contains("denied_by_rule")
                    && simulated.contains("1 answered otherwise"), "\(simulated)")
            let impact = try await installed.done("policy", "impact", questions, "--file", draft)
            #expect(impact.contains("1 answered otherwise") && impact.contains("archive/1"), "\(impact)")
            var replayed = ""
            for _ in 0..<100 where !replayed.contains("1 answered otherwise") {
                replayed = try await installed.done(
                    "policy", "backtest", "--from", "2026-01-01T00:00:00Z", "--file", draft)
            }
            #expect(replayed.contains("1 answered otherwise") && replayed.contains("PERSON"), "\(replayed)")
            let made = try await installed.done("policy", "import", draft)
            #expect(made.hasPrefix("Drafted Archives, 1 rules: "))
            let bundle = installed.folder + "/bundle.json"
            #expect(try await installed.done("policy", "export", "--output", bundle).contains("Wrote 1 policies"))
            #expect(try await installed.done("policy", "import", bundle).hasPrefix("Drafted Archives"))
            #expect(try await installed.done("policy", "template", "list").contains("password-length"))
            let filled = try await installed.done("policy", "template", "fill", "password-length", "length=14")
            #expect(filled.contains("\"context.length\":14"), "\(filled)")
            #expect(try await installed.run("policy", "template", "fill", "password-length", "length=7").status == 1)
            let stored = try await installed.done("policy", "template", "fill", "password-length", "--draft")
            #expect(stored.hasPrefix("Drafted policy "))
            let id = try #require(
                made.firstMatch(of: /rules: ([0-9a-f-]{36})\n/).map { String($0.output.1) }, "\(made)")
            #expect(try await installed.done("policy", "cases", "run", id).contains("✓  archive"))
            #expect(try await installed.done("policy", "lint", draft).contains("has no faults"))
        }
    }
}

extension Installed {
    /// Writes a file beside the installation and answers its path.
    fileprivate func file(_ name: String, _ text: String) throws -> String {
        let path = folder + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Runs a command that is told of no configuration, and so of no gateway.
    fileprivate func judge(_ arguments: String...) async throws -> GatehouseProgram.Outcome {
        try await GatehouseProgram.run(arguments, folder: folder)
    }
}
