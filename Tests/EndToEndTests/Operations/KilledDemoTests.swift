import Foundation
import Testing

/// What `gatehouse demo` starts (a directory, nginx with its workers) ends with it, even when it is killed.
@Suite("A demo that is killed leaves nothing running")
struct KilledDemoTests {
    /// In a folder of its own, short enough for the sockets in it, for a killed demo removes nothing.
    private let folder = "/tmp/gatehouse-\(UInt32.random(in: .min ... .max))"

    /// A process and who started it, as /proc/PID/stat tells (proc(5)): the fourth field, after the name in brackets.
    private static func parents() -> [Int32: Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.reduce(into: [:]) { parents, identifier in
            guard let stat = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
                let end = stat.lastIndex(of: ")")
            else { return }
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            guard fields.count > 1, fields[0] != "Z", let parent = Int32(fields[1]) else { return }
            parents[identifier] = parent
        }
    }

    private static func descendants(of root: Int32) -> Set<Int32> {
        let parents = parents()
        var found: Set<Int32> = [root]
        while true {
            let more = parents.filter { found.contains($0.value) && !found.contains($0.key) }.keys
            if more.isEmpty { return found.subtracting([root]) }
            found.formUnion(more)
        }
    }

    private static func name(_ identifier: Int32) -> String {
        let text = try? String(contentsOfFile: "/proc/\(identifier)/comm", encoding: .utf8)
        return (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func start() async throws -> Process {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let said = folder + "/said.txt"
        _ = FileManager.default.createFile(atPath: said, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: GatehouseProgram.path)
        process.arguments = ["demo"]
        process.environment = GatehouseProgram.environment(["TMPDIR": folder])
        process.standardOutput = FileHandle(forWritingAtPath: said)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, process.isRunning {
            if let text = try? String(contentsOfFile: said, encoding: .utf8), text.contains("Authority ") {
                return process
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.terminate()
        throw CancellationError()
    }

    @Test func itsChildrenEndWithIt() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let demo = try await start()
        let children = Self.descendants(of: demo.processIdentifier)
        let names = Set(children.map(Self.name))
        #expect(names.isSuperset(of: ["nginx", "slapd"]), "\(names)")
        #expect(children.count { Self.name($0) == "nginx" } >= 2, "the master and its worker")
        kill(demo.processIdentifier, SIGKILL)
        demo.waitUntilExit()
        func left() -> Set<Int32> { children.intersection(Self.parents().keys) }
        let deadline = ContinuousClock.now + .seconds(20)
        while !left().isEmpty, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        let survivors = left()
        #expect(survivors.isEmpty, "\(survivors.map(Self.name))")
        for survivor in survivors { kill(survivor, SIGKILL) }
    }
}
