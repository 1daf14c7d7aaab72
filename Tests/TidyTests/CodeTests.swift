import Foundation
import Testing

@Suite("What a linter cannot see in the code")
struct CodeTests {
    let house = House.here

    @Test("No file is longer than 500 lines")
    func fileLength() throws {
        let files = try house.sources() + house.sources(under: "Tests")
        let long = files.filter { $0.lines.count > 501 }.map { "\($0.path): \($0.lines.count - 1) lines" }
        #expect(long == [])
    }

    @Test("Every @unchecked Sendable says beside it what guards it")
    func uncheckedSendable() throws {
        #expect(try house.sources().flatMap(Rules.unexplainedUnchecked) == [])
    }

    @Test("No input reaches a trap: no forced try or cast, no fatalError, no precondition failure")
    func noTraps() throws {
        #expect(try house.sources().flatMap(Rules.traps) == [])
    }

    @Test("Only the command line prints")
    func noPrinting() throws {
        let files = try house.sources().filter { $0.target != "gatehouse" }
        #expect(files.flatMap { $0.places(of: Rules.printing, near: ["print", "Print", "dump"]) } == [])
    }

    @Test("Nothing is left to do in a comment")
    func nothingLeft() throws {
        #expect(try (house.sources() + house.sources(under: "Tests")).flatMap(Rules.leftovers) == [])
    }

    @Test(
        "Pure targets read no clock and draw no randomness",
        arguments: ["Vocabulary", "Authorization", "Governance", "Identity", "OAuth"])
    func pureTargets(target: String) throws {
        let files = try house.sources(under: "Sources/\(target)")
        #expect(files.flatMap(Rules.impurities) == [])
    }

    @Test("Public types and functions say what they promise")
    func documented() throws {
        let missing = try house.sources().flatMap(Rules.undocumented)
        #expect(missing == [], "\(missing.count) public declarations without a doc comment")
    }

    @Test("Each rule finds what it is for")
    func rulesBite() {
        func file(_ text: String) -> SourceFile { SourceFile(path: "Sources/Identity/A.swift", text: text) }
        #expect(Rules.unexplainedUnchecked(file("let a = 1\nfinal class B: @unchecked Sendable {}\n")).count == 1)
        #expect(
            Rules.unexplainedUnchecked(file("// Guarded by `lock`.\nfinal class B: @unchecked Sendable {}\n")) == [])
        #expect(Rules.traps(file("try! a()\nb as! C\nfatalError()\npreconditionFailure(\"no\")\n")).count == 4)
        #expect(Rules.traps(file("// try! a()\nlet s = \"fatalError()\"\n")) == [])
        #expect(Rules.leftovers(file("a() // " + "TO" + "DO: later\n")).count == 1)
        #expect(Rules.impurities(file("let now = Date()\nlet c = ContinuousClock()\nlet u = UUID()\n")).count == 3)
        #expect(Rules.undocumented(file("public struct A {\n    public func b() {}\n}\n")).count == 2)
        #expect(
            Rules.undocumented(file("/// A.\n@frozen\npublic struct A {\n    /// B.\n    public func b() {}\n}\n"))
                == []
        )
        #expect(file("print(1)").places(of: Rules.printing, near: ["print", "dump"]) == ["Sources/Identity/A.swift:1"])
        #expect(file("blueprint(1)\n// print(1)").places(of: Rules.printing, near: ["print", "dump"]) == [])
    }
}

/// Each rule answers with `path:line` of what breaks it.
enum Rules {
    static var printing: Regex<Substring> { #/(?:^|[^\w.])(?:print|debugPrint|dump)\(/# }

    static func traps(_ file: SourceFile) -> [String] {
        file.places(
            of: #/\btry!|\bas!|\bfatalError\(|\bpreconditionFailure\(/#,
            near: ["try!", "as!", "fatalError", "preconditionFailure"])
    }

    static func leftovers(_ file: SourceFile) -> [String] {
        // Written apart, so that this line does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        let parts: [StaticString] = ["DO", "ME", "XX", "CK"]
        return file.lines.indices.filter { index in
            guard parts.contains(where: { file.lines[index].has($0) }) else { return false }
            let tokens = file.lines[index].split { !$0.isLetter }.map(String.init)
            return tokens.contains { words.contains($0) }
        }.map { "\(file.path):\($0 + 1)" }
    }

    static func unexplainedUnchecked(_ file: SourceFile) -> [String] {
        file.code.indices.filter { index in
            guard file.code[index].has("@unchecked Sendable") else { return false }
            let near = file.lines[max(0, index - 3)...index]
            return !near.contains { $0.contains("//") }
        }.map { "\(file.path):\($0 + 1)" }
    }

    /// `Timestamp.now` and `.random(at:)` may be defined here, because the shell calls them; they may not be called.
    static func impurities(_ file: SourceFile) -> [String] {
        file.places(
            of:
                #/(?:^|\W)(?:Date\(\)|UUID\(\)|ContinuousClock\(|SuspendingClock\(|clock_gettime\(|gettimeofday\(|Timestamp\.now\b|Task\.sleep)/#,
            near: ["Date()", "UUID()", "Clock(", "clock_gettime", "gettimeofday", "Timestamp.now", "Task.sleep"]
        )
    }

    static func undocumented(_ file: SourceFile) -> [String] {
        file.code.indices.filter { index in
            guard file.code[index].has("public"), file.code[index].contains(declaration),
                !isSelfExplaining(file.code[index])
            else { return false }
            return !isDocumented(file, before: index)
        }.map { "\(file.path):\($0 + 1) \(file.lines[$0].trimmingCharacters(in: .whitespaces))" }
    }

    private static var declaration: Regex<Substring> {
        #/^\s*public\s+(?:(?:static|final|indirect|mutating|convenience|required|nonisolated|override)\s+)*(?:struct|class|enum|actor|protocol|func|subscript)\b/#
    }

    /// Operators and other requirements of the standard library promise what their protocol promises.
    private static func isSelfExplaining(_ line: String) -> Bool {
        line.contains(
            #/func (?:==|<|hash\(into|encode\(to)|var (?:description|debugDescription|customMirror|hashValue|rawValue|id|code|errorDescription)\b/#
        )
    }

    private static func isDocumented(_ file: SourceFile, before index: Int) -> Bool {
        var above = index - 1
        while above >= 0, file.lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
        if file.lines[index].contains("///") || file.lines[index].contains(" // ") { return true }
        guard above >= 0 else { return false }
        let line = file.lines[above].trimmingCharacters(in: .whitespaces)
        return line.hasPrefix("///") || line.hasSuffix("*/")
    }
}
