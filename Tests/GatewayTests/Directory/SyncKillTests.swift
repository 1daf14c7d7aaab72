import Foundation
import Identity
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// The process that gets killed: this test binary again, told by its environment where its store is.
@Suite("The directory job that is killed")
struct SyncKillChild {
    static let variable = "TEST_SYNC_KILL_DIRECTORY"
    static var directory: String? { ProcessInfo.processInfo.environment[variable] }
    static let people = 400

    static func bench(_ directory: String) async throws -> SyncBench {
        let master = try MasterKey(bytes: [UInt8](repeating: 9, count: 32))
        let bench = try await SyncBench(directory: directory, master: master, batchBudget: .microseconds(1))
        bench.fill(people)
        bench.source.groups.append(GroupRecord(key: "h", name: "keepers"))
        bench.source.memberships += (0..<people).map { ("h", "k\($0)") }
        return bench
    }

    /// Runs the job, and says after each chunk how far it has come; the store's answer came before.
    @Test(.enabled(if: directory != nil, "only runs inside the test that kills it"))
    func syncKillChildRuns() async throws {
        let bench = try await Self.bench(try #require(Self.directory))
        _ = try await bench.service.run(bench.target(), trigger: "manual", by: bench.administrator) { progress in
            guard case .applying(let done, _) = progress else { return }
            FileHandle.standardOutput.write(Data("step \(done)\n".utf8))
        }
    }
}

@Suite("A directory job whose process dies")
struct SyncKillTests {
    // kill -9 while people are written, and while their memberships are.
    @Test(
        "Killed anywhere, it is finished by the next run: everybody once, and every grant", arguments: [37, 240, 401])
    func killed(at step: Int) async throws {
        let directory = NSTemporaryDirectory() + "sync-kill-\(UUID().uuidString)"
        let done = try Self.kill(at: step, directory)
        #expect(done >= step)
        let bench = try await SyncKillChild.bench(directory)
        let before = try await bench.eventTypes()
        #expect(before["sync_run.applied"] == nil)
        // Whoever is there has no group yet: the switch was not thrown.
        #expect(try await bench.groups("p0").isEmpty)
        await bench.service.recover([bench.target()])
        let closed = try await bench.service.list(in: bench.tenant)
        #expect(closed.map(\.failure) == ["sync.interrupted"])
        bench.advance(.seconds(1))
        let report = try await bench.run()
        #expect(report.state == .done)
        #expect(report.counts.people["add", default: 0] == SyncKillChild.people - (before["person.created"] ?? 0))
        #expect(report.counts.skipped == 0)
        let after = try await bench.eventTypes()
        #expect(after["person.created"] == SyncKillChild.people)
        #expect(after["group.created"] == 2)
        for person in [0, 1, SyncKillChild.people / 2, SyncKillChild.people - 1] {
            #expect(try await bench.groups("p\(person)") == ["everyone", "keepers"])
        }
        #expect(try await bench.run().plan.isEmpty)
        #expect(try await bench.store.check().isEmpty)
    }

    /// Answers how far the child had come when it was killed.
    private static func kill(at step: Int, _ directory: String) throws -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/\(ProcessInfo.processInfo.processIdentifier)/exe")
            .resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "syncKillChildRuns"]
        process.environment = ProcessInfo.processInfo.environment.merging([SyncKillChild.variable: directory]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var output = Data()
        var done = 0
        while done < step {
            let piece = pipe.fileHandleForReading.availableData
            guard !piece.isEmpty else { break }
            output += piece
            let whole = output[..<(output.lastIndex(of: 0x0A) ?? output.startIndex)]
            done =
                String(decoding: whole, as: UTF8.self).split(separator: "\n").last { $0.hasPrefix("step ") }
                .flatMap { Int($0.dropFirst(5)) } ?? done
        }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return done
    }
}
