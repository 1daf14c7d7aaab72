import Fixtures
import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Nothing acknowledged is lost, however the process ends", .serialized)
struct CrashTests {
    /// Two hundred and twenty kills in all, on two directories at once.
    @Test func twoHundredKillsBehindADiskThatForgets() async throws {
        let disk = try ForgetfulDisk()
        defer { disk.remove() }
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for lane in 0..<2 { group.addTask { try await Lane(disk: disk, seed: UInt64(lane)).run(kills: 100) } }
            for try await outcome in group {
                #expect(outcome.missing == 0, "of \(outcome.acknowledged) acknowledged events")
                #expect(outcome.acknowledged > 1_000)
                #expect(outcome.changesLost > 0)
                #expect(outcome.findings == [])
                print(
                    "100 kills: \(outcome.acknowledged) events acknowledged,"
                        + " \(outcome.changesLost) unsynced writes lost"
                )
            }
        }
    }

    @Test func killsOnAnOrdinaryDisk() async throws {
        let outcome = try await Lane(disk: nil, seed: 7).run(kills: 20)
        #expect(outcome.missing == 0 && outcome.acknowledged > 100)
        #expect(outcome.findings == [])
    }

    /// Were the disk not forgetful, the test above would prove nothing.
    @Test func withoutSyncingTheSameDiskLosesWhatWasAcknowledged() async throws {
        let disk = try ForgetfulDisk()
        defer { disk.remove() }
        let outcome = try await Lane(disk: disk, seed: 9, isUnsafe: true).run(kills: 3)
        #expect(outcome.missing > 0)
    }

    struct Outcome {
        var acknowledged = 0
        var missing = 0
        var changesLost = 0
        var findings: [StoreFinding] = []
    }
}

/// The shim of `Tests/Tools/lose_unsynced.c`, compiled for this run.
struct ForgetfulDisk {
    let library: String
    let rollback: String

    func remove() {
        for path in [library, rollback] { try? FileManager.default.removeItem(atPath: path) }
    }

    init() throws {
        let base = NSTemporaryDirectory() + "gatehouse-disk-\(UUID().uuidString)"
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/lose_unsynced.c").path
        (library, rollback) = (base + ".so", base + ".rollback")
        let shared = try runProgram(["cc", "-O1", "-shared", "-fPIC", "-o", library, source])
        #expect(shared.status == 0, "\(shared.output)")
        let program = try runProgram(["cc", "-O1", "-DROLLBACK", "-o", rollback, source])
        #expect(program.status == 0, "\(program.output)")
    }
}

/// One directory, written to by one child after another.
private struct Lane {
    let disk: ForgetfulDisk?
    let seed: UInt64
    var isUnsafe = false
    let bench: Bench
    private var log: String { bench.directory + ".log" }

    init(disk: ForgetfulDisk?, seed: UInt64, isUnsafe: Bool = false) throws {
        (self.disk, self.seed, self.isUnsafe) = (disk, seed, isUnsafe)
        bench = try Bench()
        try FileManager.default.createDirectory(atPath: bench.directory, withIntermediateDirectories: true)
    }

    func run(kills: Int) async throws -> CrashTests.Outcome {
        var outcome = CrashTests.Outcome()
        var acknowledged: Set<String> = []
        var random = Seeded(seed)
        for _ in 0..<kills {
            let delay = UInt32(random.next() % 40_000)
            acknowledged.formUnion(try await Task.detached { try killOneChild(after: delay) }.value)
            if let disk {
                let kept = random.next() % 2 == 0 ? 0 : random.next() % 30
                let result = try runProgram([disk.rollback, log, String(kept)])
                #expect(result.status == 0, "\(result.output)")
                outcome.changesLost += Int(result.output.split(separator: "\n").first ?? "0") ?? 0
                try? FileManager.default.removeItem(atPath: log)
            }
        }
        let store = try await bench.open()
        outcome.acknowledged = acknowledged.count
        let present = try await store.read { connection in
            Set(try connection.query("SELECT event FROM journal_event").map { (try $0.id(0) as EventID).description })
        }
        outcome.missing = acknowledged.subtracting(present).count
        outcome.findings = try await store.check()
        return outcome
    }

    private func killOneChild(after delay: UInt32) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/\(ProcessInfo.processInfo.processIdentifier)/exe")
            .resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "crashChildWritesForEver"]
        var environment = ProcessInfo.processInfo.environment
        environment[CrashChild.directoryVariable] = bench.directory
        if isUnsafe { environment[CrashChild.unsafeVariable] = "1" }
        if let disk {
            environment["LD_PRELOAD"] = disk.library
            environment["LOSE_DIR"] = bench.directory
            environment["LOSE_LOG"] = log
        }
        // A sanitizer that has something to say starts a program that reads symbols for it, and that one would get the shim.
        if environment["TSAN_OPTIONS"] != nil { environment["TSAN_OPTIONS"] = "report_bugs=0" }
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var output = Data()
        // From the first answer on, so that most kills meet a busy writer.
        while output.range(of: Data("ack ".utf8)) == nil {
            let piece = pipe.fileHandleForReading.availableData
            if piece.isEmpty { break }
            output += piece
        }
        usleep(delay)
        kill(process.processIdentifier, SIGKILL)
        output += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // A last line cut short was not heard by anybody.
        let whole = output[..<(output.lastIndex(of: 0x0A) ?? output.startIndex)]
        let acknowledged = String(decoding: whole, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("ack ") }.map { String($0.dropFirst(4)) }
        #expect(!acknowledged.isEmpty, "a child opened the store and wrote: \(String(decoding: output, as: UTF8.self))")
        return acknowledged
    }
}
